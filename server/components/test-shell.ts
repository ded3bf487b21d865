/**
 * A machine for tests: commands run on this one, by a real shell, so that they are to keep to a
 * folder of the test. It remembers commands by name until it is `rebooted`, as a real one does.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandOutcome, GuestCommand, GuestShell, Halt } from './guest-shell.ts';

export class TestShell implements GuestShell {
  readonly #folder: string;
  readonly #begun = new Map<string, Promise<CommandOutcome>>();
  /** Names of the commands that were begun, in order. */
  readonly ran: string[] = [];
  reboots = 0;
  #isHalted = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run(command: GuestCommand): Promise<CommandOutcome> {
    const begun = this.#begun.get(command.id) ?? this.#begin(command);
    this.#begun.set(command.id, begun);
    const outcome = await begun;
    if (outcome.kind === 'ended') command.onOutput?.(outcome.stdout);
    return outcome;
  }

  async halt(): Promise<Halt> {
    this.#isHalted = true;
    return { restart: true, clean: true };
  }

  async restart(): Promise<void> {
    if (!this.#isHalted) return;
    this.#isHalted = false;
    this.reboots += 1;
    this.#begun.clear();
  }

  async #begin({ id, argv, input, timeoutSeconds }: GuestCommand): Promise<CommandOutcome> {
    this.ran.push(id);
    const file = path.join(this.#folder, `input-${id}`);
    await writeFile(file, input ?? '');
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      cwd: this.#folder,
      env: { PATH: '/usr/bin:/bin', IMAGO_INPUT: file },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: timeoutSeconds && timeoutSeconds * 1000,
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) =>
        resolve(exitCode === null ? { kind: 'late' } : { kind: 'ended', exitCode, stdout }),
      );
    });
  }
}

/**
 * The machine of a build as the run of a component has it: commands go by the host to the guest's
 * agent. A silent agent is waited for (its guest may be booting), for as long as the instance runs.
 */

import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CommandOutcome,
  GuestCommand,
  GuestShell,
  Halt,
} from '../../components/guest-shell.ts';
import { HostTimeoutError } from '../../host/time-limits.ts';
import { MachineAbsentError, NoAgentError } from '../../hypervisor/hypervisor.ts';
import { haltStep, restartStep } from '../reboot.ts';
import { type RunContext, TaskFailure, type TaskServices } from '../task.ts';

/** An emulated guest takes minutes until its agent answers; then it never is silent so long. */
const usualSilenceMaxMs = 15 * 60_000;
const silencePollMs = 500;
const pollMinMs = 20;
const pollMaxMs = 1000;
/** What a command writes lies in the guest's memory. */
const outputMaxBytes = 16 * 1024 * 1024;
/** More than components may refer to. */
const stdoutKeptChars = 256 * 1024;
const errorsKeptChars = 2000;

export interface ShellOptions {
  instanceId: string;
  /** Where commands run. */
  folder: string;
  /** For how long the agent may be silent. */
  silenceMaxMs?: number;
}

export class MachineShell implements GuestShell {
  readonly #context: RunContext;
  readonly #options: ShellOptions;

  constructor(context: RunContext, options: ShellOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Resolves when the guest's agent answers. */
  async ready(): Promise<void> {
    await this.#asked((host, instanceId) =>
      host.commandState(instanceId, 'none', { stdout: 0, stderr: 0 }),
    );
  }

  async run({ onOutput, ...command }: GuestCommand): Promise<CommandOutcome> {
    const { id, argv, input, timeoutSeconds = Number.POSITIVE_INFINITY } = command;
    const { folder } = this.#options;
    await this.#asked((host, instanceId) =>
      host.beginCommand(instanceId, {
        ...{ id, argv, folder },
        ...(input !== undefined && { input: Buffer.from(input) }),
      }),
    );
    const told = new Told(onOutput);
    for (let waitMs = pollMinMs; ; waitMs = Math.min(waitMs * 1.5, pollMaxMs)) {
      const look = await this.#asked((host, instanceId) =>
        host.commandState(instanceId, id, told.position),
      );
      if (look.state === 'unknown') return { kind: 'rebooted' };
      if (told.hear(look)) {
        if (told.bytes > outputMaxBytes) return this.#end(id, 'too-much');
        waitMs = pollMinMs;
        continue;
      }
      if (look.state === 'ended') {
        const { stdout, lastError } = told;
        return { kind: 'ended', exitCode: look.exitCode ?? -1, stdout, lastError };
      }
      if (look.elapsedSeconds >= timeoutSeconds) return this.#end(id, 'late');
      await delay(waitMs, undefined, { signal: this.#context.signal });
    }
  }

  /** As RebootInstances does it: the guest shuts down, and boots in the same machine. */
  async halt(): Promise<Halt> {
    return haltStep.run({ ...this.#context, input: this.#reboot, outputs: {} });
  }

  async restart(halt: Halt): Promise<void> {
    await restartStep().run({ ...this.#context, input: this.#reboot, outputs: { halt } });
    await this.ready();
  }

  get #reboot() {
    return { instanceId: this.#options.instanceId, reboot: true };
  }

  async #end(id: string, kind: 'late' | 'too-much'): Promise<CommandOutcome> {
    await this.#asked((host, instanceId) => host.endCommand(instanceId, id));
    return { kind };
  }

  async #asked<T>(ask: (host: TaskServices['host'], instanceId: string) => Promise<T>): Promise<T> {
    const { services, signal } = this.#context;
    const { instanceId, silenceMaxMs = usualSilenceMaxMs } = this.#options;
    const sinceMs = services.clock.monotonicMs();
    for (;;) {
      signal.throwIfAborted();
      try {
        return await ask(services.host, instanceId);
      } catch (error) {
        if (!isSilence(error)) throw error;
        await this.#checkRuns();
        if (services.clock.monotonicMs() - sinceMs > silenceMaxMs) throw silent(instanceId, error);
      }
      await delay(silencePollMs, undefined, { signal });
    }
  }

  async #checkRuns(): Promise<void> {
    const { instanceId } = this.#options;
    const { catalog } = this.#context.services;
    const instance = await catalog.read(({ instances }) => instances.get(instanceId));
    if (instance?.state === 'running' || instance?.state === 'pending') return;
    const code = 'Client.InstanceEnded';
    throw new TaskFailure(code, `${code}: the instance ${instanceId} of the build does not run.`);
  }
}

function isSilence(error: unknown): boolean {
  return (
    error instanceof NoAgentError ||
    error instanceof MachineAbsentError ||
    error instanceof HostTimeoutError
  );
}

function silent(instanceId: string, error: unknown): TaskFailure {
  const code = 'Client.NoGuestAgent';
  const why = error instanceof NoAgentError ? error.message : 'it does not answer';
  return new TaskFailure(
    code,
    `${code}: the QEMU guest agent in ${instanceId}, by which components run, is not there: ${why}. The parent image has to have it installed and enabled, or install it by user data.`,
  );
}

/** What a command has written so far. */
class Told {
  readonly #onOutput: ((text: string) => void) | undefined;
  readonly #texts = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  position = { stdout: 0, stderr: 0 };
  stdout = '';
  #errors = '';

  constructor(onOutput: ((text: string) => void) | undefined) {
    this.#onOutput = onOutput;
  }

  get lastError(): string | undefined {
    return this.#errors.trimEnd().split('\n').at(-1)?.trim() || undefined;
  }

  get bytes(): number {
    return Math.max(this.position.stdout, this.position.stderr);
  }

  /** Answers whether there was anything. */
  hear(look: { stdout: Buffer; stderr: Buffer }): boolean {
    const { stdout, stderr } = look;
    const text = this.#texts.stdout.write(stdout);
    const errors = this.#texts.stderr.write(stderr);
    this.#errors = (this.#errors + errors).slice(-errorsKeptChars);
    if (this.stdout.length < stdoutKeptChars) this.stdout += text;
    if (text + errors !== '') this.#onOutput?.(text + errors);
    this.position = {
      stdout: this.position.stdout + stdout.length,
      stderr: this.position.stderr + stderr.length,
    };
    return stdout.length + stderr.length > 0;
  }
}

/**
 * The Imago that the quickstart runs for itself: a home of its own, `imago serve` as a child
 * process, and an end that leaves nothing: no guest, no process, no file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Home } from '../../server/foundations/home.ts';
import { recordOf } from '../../server/foundations/process-record.ts';
import { CommandError } from '../command-error.ts';
import { endProcess, endProcesses } from './end-processes.ts';

/** Includes probing KVM by booting something. */
const readyTimeoutMs = 60_000;
const shownLogLines = 12;
const folderPrefix = 'imago-quickstart-';

export class OwnImago {
  readonly home: Home;
  #child: ChildProcess | undefined;

  private constructor(folder: string) {
    this.home = new Home(folder);
  }

  static make(): OwnImago {
    return new OwnImago(newFolder());
  }

  /** One that was kept by an earlier quickstart. */
  static at(folder: string): OwnImago {
    if (!path.basename(folder).startsWith(folderPrefix) || !existsSync(folder)) {
      throw new CommandError(
        `${folder} was not made by the quickstart.`,
        'Its `--keep` says the folder at the end.',
      );
    }
    return new OwnImago(path.resolve(folder));
  }

  get logFile(): string {
    return path.join(this.home.folder, 'imago.log');
  }

  /**
   * Resolves when it answers. The child is no part of the terminal's process group: Ctrl-C is ours
   * to handle.
   */
  async start(): Promise<void> {
    const child = spawn(
      process.execPath,
      [
        ...[path.join(import.meta.dirname, '../main.ts'), 'serve', '--json'],
        ...['--home', this.home.folder, '--listen', '127.0.0.1:0'],
      ],
      { detached: true, stdio: ['ignore', 'pipe', openSync(this.logFile, 'a')] },
    );
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(this.#failure('was not ready in time')),
        readyTimeoutMs,
      );
      child.stdout?.once('data', () => {
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(this.#failure(`ended with ${code}`));
      });
    });
  }

  /** Lets it live on after this process. */
  release(): void {
    this.#child?.stdout?.destroy();
    this.#child?.unref();
  }

  async remove(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child ?? {};
    // It may have been stopped before it was on record.
    if (pid && exitCode === null && signalCode === null) await endProcess(recordOf(pid));
    // The data plane outlives the server on purpose, and so do guests that could not be terminated.
    await endProcesses(this.home);
    rmSync(this.home.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** The newest of what it logged as gone wrong: the log itself goes with the home. */
  get complaints(): string[] {
    const log = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
    const lines = log.split('\n').filter((line) => line && !line.includes('"level":"info"'));
    return lines.slice(-shownLogLines);
  }

  #failure(what: string): CommandError {
    return new CommandError(`Imago ${what}.`, 'See `imago doctor`.');
  }
}

/**
 * On a disk rather than in a RAM file system, with a short path (unix sockets), passable for QEMU's
 * unprivileged identity.
 */
function newFolder(): string {
  const parent = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  const folder = mkdtempSync(path.join(parent, folderPrefix));
  chmodSync(folder, 0o711);
  return folder;
}

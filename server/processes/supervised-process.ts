/**
 * A process beside the control plane, which outlives it: started or adopted, started again whenever
 * it dies, ended and started again when it hangs, and replaced when Imago's code is another.
 *
 *   absent --spawn--> up --dies--> absent (back-off) --spawn--> up
 *                     up --silent--> killed: dies
 *                     up --close--> left alone, or ended
 *
 * It holds no state about what the process does: that is in files which the process reads.
 */
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Log } from '../foundations/log.ts';
import {
  type Allowance,
  asIdentity,
  type UnprivilegedIdentity,
} from '../foundations/unprivileged.ts';
import { codeDigest } from './code-digest.ts';
import {
  type CallOptions,
  ControlError,
  callControlSocket,
  type Method,
  type ProcessStatus,
  watchControlSocket,
} from './control-socket.ts';
import type { ProcessFiles } from './process-files.ts';
import {
  endProcess,
  findRecorded,
  killRecorded,
  recordProcess,
  spawnRecorded,
} from './recorded-process.ts';

export interface SupervisedProcessOptions extends ProcessFiles {
  /** What it is called in the log. */
  name: string;
  mainFile: string;
  argv: readonly string[];
  log: Log;
  /** Whom it runs as, where Imago is root. */
  identity?: UnprivilegedIdentity;
  /** All that it may do beyond what anybody may; needs an identity. */
  capability?: Allowance['capability'];
  /** Tells a process that has just been started what it cannot read anywhere. */
  started?: () => Promise<void>;
  /** Lets a process of other code end by itself; otherwise it is ended. */
  drain?: (running: ProcessStatus) => Promise<void>;
  nodePath?: string;
  /** In place of the digest of its code. */
  version?: string;
  pulse?: Pulse;
}

/** How a process that hangs is told from one that works. */
export interface Pulse {
  intervalMs: number;
  limitMs: number;
  silencesMax: number;
}

/** A process that hangs is killed after 13.5 s at most, so that another serves after 15. */
const defaultPulse: Pulse = { intervalMs: 3_500, limitMs: 3_000, silencesMax: 3 };
/** A loaded host with many guests may need far longer than the usual second. */
const startTimeoutMs = 30_000;
const startPollMs = 20;
/** Between two starts of a process that dies at once, doubled each time. */
const firstRestartMs = 100;
const lastRestartMs = 5_000;
/** One that lived so long is not dying at once. */
const healthyMs = 30_000;
/** A call made while the process is being started again waits for it this long. */
const callPatienceMs = 45_000;

export class SupervisedProcess {
  readonly #options: SupervisedProcessOptions;
  readonly #version: string;
  readonly #pulse: Pulse;
  #unwatch: (() => void) | undefined;
  #closed = false;
  /** The restart that is under way; it resolves when the process is up or this closed. */
  #restart: Promise<void> | undefined;
  #restartMs = firstRestartMs;
  #upSinceMs = 0;
  #beating: NodeJS.Timeout | undefined;

  constructor(options: SupervisedProcessOptions) {
    this.#options = options;
    // Told otherwise it is another too.
    const digest = options.version ?? codeDigest(options.mainFile);
    this.#version = [digest, ...options.argv].join(' ');
    this.#pulse = options.pulse ?? defaultPulse;
  }

  async start(): Promise<void> {
    const { log, name, folder, recordFile, identity, drain } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (identity) await chown(folder, identity.uid, identity.gid);
    const running = await this.#readStatus();
    if (running?.version === this.#version) {
      // Whoever started it may have been killed before it was on record.
      await recordProcess(recordFile, running.pid);
      log.info(`${name} adopted`, { pid: running.pid });
      this.#watch();
      return;
    }
    if (running && drain) await drain(running);
    else await endProcess(recordFile);
    await this.#spawn();
  }

  /** Waits for a process that is being started again. */
  async call(method: Method, resource: string, options?: CallOptions): Promise<unknown> {
    const deadlineMs = performance.now() + callPatienceMs;
    for (;;) {
      try {
        return await callControlSocket(this.#options.socketPath, method, resource, options);
      } catch (error) {
        if (error instanceof ControlError || this.#closed) throw error;
        if (performance.now() > deadlineMs) throw error;
        await (this.#restart ?? sleep(startPollMs));
      }
    }
  }

  async close({ keepServing }: { keepServing: boolean }): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#beating);
    this.#unwatch?.();
    await this.#restart;
    if (!keepServing) await endProcess(this.#options.recordFile);
  }

  async #readStatus(timeoutMs?: number): Promise<ProcessStatus | undefined> {
    const { socketPath } = this.#options;
    const answer = await callControlSocket(socketPath, 'GET', '/status', { timeoutMs }).catch(
      () => undefined,
    );
    const status = answer as Partial<ProcessStatus> | null | undefined;
    const isWhole = Number.isSafeInteger(status?.pid) && typeof status?.version === 'string';
    return isWhole ? (status as ProcessStatus) : undefined;
  }

  async #spawn(): Promise<void> {
    const { name, log, logFile, recordFile, mainFile, argv, identity } = this.#options;
    const { nodePath = process.execPath } = this.#options;
    const program = [nodePath, mainFile, '--version', this.#version, ...argv];
    const prefix = await privilegesOf(this.#options, nodePath);
    // Where the identity may not read the code, the process loads it first and drops to it then.
    if (identity && prefix.length === 0) {
      program.push('--uid', String(identity.uid), '--gid', String(identity.gid));
    }
    const record = await spawnRecorded([...prefix, ...program], { recordFile, logFile });
    const deadlineMs = performance.now() + startTimeoutMs;
    while ((await this.#readStatus())?.pid !== record.pid) {
      const alive = findRecorded(recordFile) !== undefined;
      if (!alive || performance.now() > deadlineMs) {
        const reason = (await readFile(logFile, 'utf8')).trimEnd().split('\n').at(-1);
        throw new Error(`the ${name} does not start (${logFile}): ${reason}`);
      }
      await sleep(startPollMs);
    }
    log.info(`${name} started`, { pid: record.pid });
    this.#watch();
    await this.#options.started?.();
  }

  #watch(): void {
    const { name, log, socketPath } = this.#options;
    this.#upSinceMs = performance.now();
    this.#unwatch = watchControlSocket(socketPath, () => {
      clearTimeout(this.#beating);
      this.#unwatch = undefined;
      if (this.#closed) return;
      log.error(`${name} died, starting it again`);
      this.#restart = this.#keepRestarting().finally(() => {
        this.#restart = undefined;
      });
    });
    this.#listenForPulse(0);
  }

  /** Its death is seen at once (watch); this is for one that lives and does nothing. */
  #listenForPulse(silences: number): void {
    const { name, log, recordFile } = this.#options;
    const { intervalMs, limitMs, silencesMax } = this.#pulse;
    if (this.#closed) return;
    const asked = this.#unwatch;
    this.#beating = setTimeout(async () => {
      const beats = (await this.#readStatus(limitMs)) !== undefined;
      // It has died meanwhile: the next one has a pulse of its own.
      if (this.#unwatch !== asked) return;
      const silent = beats ? 0 : silences + 1;
      if (silent >= silencesMax) {
        log.error(`${name} does not answer, ending it`);
        killRecorded(recordFile);
      }
      this.#listenForPulse(silent % silencesMax);
    }, intervalMs);
    this.#beating.unref();
  }

  async #keepRestarting(): Promise<void> {
    if (performance.now() - this.#upSinceMs > healthyMs) this.#restartMs = firstRestartMs;
    while (!this.#closed) {
      try {
        await sleep(this.#restartMs);
        if (this.#closed) return;
        await endProcess(this.#options.recordFile);
        await this.#spawn();
        return;
      } catch (error) {
        this.#options.log.error(`${this.#options.name} is not up`, { error });
      } finally {
        this.#restartMs = Math.min(this.#restartMs * 2, lastRestartMs);
      }
    }
  }
}

/**
 * Prefix that makes the process an unprivileged one from its first instruction. Empty where Imago
 * itself is an ordinary user, and where that user could not read the code.
 */
async function privilegesOf(
  { identity, capability, mainFile }: SupervisedProcessOptions,
  nodePath: string,
): Promise<string[]> {
  if (!identity) return [];
  const prefix = asIdentity(identity, { capability });
  const [program = '', ...argv] = prefix;
  const test = [...argv, 'test', '-r', mainFile, '-a', '-x', nodePath];
  const mayRead = await promisify(execFile)(program, test).then(
    () => true,
    () => false,
  );
  if (mayRead) return prefix;
  if (capability) throw new Error(`${mainFile} cannot be read by uid ${identity.uid}`);
  return [];
}

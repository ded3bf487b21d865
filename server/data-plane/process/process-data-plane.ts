/**
 * The data plane as a process of its own, seen from the control plane: starts it or adopts the one that runs, starts it again
 * whenever it dies, and hands it the guests by their files. It outlives the control plane; the next one adopts it.
 *
 *   absent --spawn--> up --dies--> absent (back-off) --spawn--> up          up --close--> left alone, or ended
 *
 * It deliberately holds no state about guests: that is in their files, so a process that comes back knows them.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import {
  ControlError,
  callControlSocket,
  controlSocketPath,
  type DataPlaneStatus,
  watchControlSocket,
} from '../control-socket.ts';
import type { DataPlane, GuestAttachment } from '../data-plane.ts';
import { removeGuestFile, writeGuestFile } from '../guest-file.ts';
import { endProcess, findRecorded, recordProcess, spawnRecorded } from './recorded-process.ts';

export interface ProcessDataPlaneOptions {
  home: Home;
  log: Log;
  /** What the process drops to; needs root. */
  identity?: UnprivilegedIdentity;
  nodePath?: string;
  /** Another version's process is replaced at the next start. */
  version?: string;
}

/** Node and its imports take 0.3 s here; a loaded host with many guests may need far longer. */
const startTimeoutMs = 30_000;
const startPollMs = 20;
/** Between two starts of a process that dies at once, doubled each time. */
const firstRestartMs = 100;
const lastRestartMs = 5_000;
/** One that lived so long is not dying at once. */
const healthyMs = 30_000;
/** A call made while the process is being started again waits for it this long. */
const callPatienceMs = 45_000;

export function createProcessDataPlane(options: ProcessDataPlaneOptions): DataPlane {
  return new ProcessDataPlane(options);
}

class ProcessDataPlane implements DataPlane {
  readonly #options: ProcessDataPlaneOptions;
  readonly #version: string;
  readonly #socketPath: string;
  readonly #recordFile: string;
  #unwatch: (() => void) | undefined;
  #closed = false;
  /** The restart that is under way; it resolves when the process is up or the data plane closed. */
  #restart: Promise<void> | undefined;
  #restartMs = firstRestartMs;
  #upSinceMs = 0;

  constructor(options: ProcessDataPlaneOptions) {
    this.#options = options;
    this.#version = options.version ?? packageVersion();
    this.#socketPath = controlSocketPath(options.home);
    this.#recordFile = path.join(options.home.runFolder, 'data-plane.pid');
  }

  async start(): Promise<void> {
    const running = await this.#readStatus();
    // Whoever started it may have been killed before it was on record.
    if (running) await recordProcess(this.#recordFile, running.pid);
    if (running?.version === this.#version) {
      this.#options.log.info('data plane adopted', { pid: running.pid });
      this.#watch();
      return;
    }
    await this.#spawn();
  }

  async attach(folder: string, attachment: GuestAttachment): Promise<void> {
    this.#checkFolder(folder, attachment.instanceId);
    await writeGuestFile(folder, attachment, this.#options.identity);
    await this.#call('PUT', attachment.instanceId);
  }

  async detach(folder: string, instanceId: string): Promise<void> {
    this.#checkFolder(folder, instanceId);
    await removeGuestFile(folder);
    await this.#call('DELETE', instanceId);
  }

  async close({ keepServing }: { keepServing: boolean }): Promise<void> {
    this.#closed = true;
    this.#unwatch?.();
    await this.#restart;
    if (!keepServing) await endProcess(this.#recordFile);
  }

  async #readStatus(): Promise<DataPlaneStatus | undefined> {
    return callControlSocket(this.#socketPath, 'GET', '/status').then(
      (status) => status as DataPlaneStatus,
      () => undefined,
    );
  }

  /** Ends what is on record first: another version, or one that hangs. */
  async #spawn(): Promise<void> {
    const { home, log, identity, nodePath = process.execPath } = this.#options;
    await endProcess(this.#recordFile);
    const argv = [mainFile, '--home', home.folder, '--version', this.#version];
    if (identity) argv.push('--uid', String(identity.uid), '--gid', String(identity.gid));
    const logFile = path.join(home.runFolder, 'data-plane.log');
    const record = await spawnRecorded(nodePath, argv, { recordFile: this.#recordFile, logFile });
    const deadlineMs = performance.now() + startTimeoutMs;
    while ((await this.#readStatus())?.pid !== record.pid) {
      const alive = findRecorded(this.#recordFile) !== undefined;
      if (!alive || performance.now() > deadlineMs) {
        const reason = (await readFile(logFile, 'utf8')).trimEnd().split('\n').at(-1);
        throw new Error(`the data plane does not start (${logFile}): ${reason}`);
      }
      await sleep(startPollMs);
    }
    log.info('data plane started', { pid: record.pid });
    this.#watch();
  }

  #watch(): void {
    this.#upSinceMs = performance.now();
    this.#unwatch = watchControlSocket(this.#socketPath, () => {
      if (this.#closed) return;
      this.#options.log.error('data plane died, starting it again');
      this.#restart = this.#keepRestarting().finally(() => {
        this.#restart = undefined;
      });
    });
  }

  async #keepRestarting(): Promise<void> {
    if (performance.now() - this.#upSinceMs > healthyMs) this.#restartMs = firstRestartMs;
    while (!this.#closed) {
      try {
        await sleep(this.#restartMs);
        if (!this.#closed) await this.#spawn();
        return;
      } catch (error) {
        this.#options.log.error('data plane is not up', { error });
      } finally {
        this.#restartMs = Math.min(this.#restartMs * 2, lastRestartMs);
      }
    }
  }

  /** The guest's file is written already, so a process that starts meanwhile takes it up: the call only makes sure. */
  async #call(method: 'PUT' | 'DELETE', instanceId: string): Promise<void> {
    const deadlineMs = performance.now() + callPatienceMs;
    for (;;) {
      try {
        await callControlSocket(this.#socketPath, method, `/guests/${instanceId}`);
        return;
      } catch (error) {
        if (error instanceof ControlError || this.#closed) throw error;
        if (performance.now() > deadlineMs) throw error;
        await (this.#restart ?? sleep(startPollMs));
      }
    }
  }

  /** The process finds machines by their ids in the home folder. */
  #checkFolder(folder: string, instanceId: string): void {
    if (path.resolve(folder) !== this.#options.home.machineFolder(instanceId)) {
      throw new RangeError(`${folder} is not the folder of ${instanceId}`);
    }
  }
}

/** Beside this file, with the same ending: TypeScript in a checkout, JavaScript where it was built. */
const mainFile = path.join(import.meta.dirname, `../main${path.extname(import.meta.filename)}`);

function packageVersion(): string {
  const file = findPackageJSON(import.meta.url);
  if (!file) throw new Error('package.json of Imago is missing');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

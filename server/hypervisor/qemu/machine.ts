/**
 * One machine that runs: its process and its QMP connection, kept for as long as the process lives.
 *
 *   held back -> running (begin)
 *   running <-> paused
 *   running -> io-error -> running (resume)
 *   running -> shutdown -> running (reset)
 *   any -> absent (the process has ended)
 *
 * It does not start or end processes (qemu-hypervisor.ts) and knows no disks (layers.ts).
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { socketsFolder } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import type { MachineStatus } from '../hypervisor.ts';
import { qmpSocket } from './command-line.ts';
import { isAlive, type MachineProcess } from './process.ts';
import { QmpClient, type QmpEvent } from './qmp.ts';

/** Far above what it takes, also for many at once on slow cores. */
const connectLimitMs = 30_000;

/**
 * A machine that stopped on a disk error may stop again at once: QEMU tries to reach the data plane
 * at growing intervals, up to 16 s apart. So `resume` tries for longer than that, and believes what
 * lasts.
 */
const resumeLimitMs = 20_000;
const resumeRetryMs = 500;
const steadyMs = 1000;

const resetLimitMs = 10_000;

/** Guest events after which the status may be another. */
const statusEvents = new Set(['STOP', 'RESUME', 'SHUTDOWN', 'RESET', 'BLOCK_IO_ERROR']);

const resumable = new Set<MachineStatus>(['io-error', 'disk-full', 'paused']);

/** QEMU's run states; those that are not named are transitions in which the guest does not run. */
const statuses: Record<string, MachineStatus> = {
  running: 'running',
  'io-error': 'io-error',
  shutdown: 'shutdown',
  // Only a reset leads out of these, as out of a shutdown.
  'internal-error': 'shutdown',
  'guest-panicked': 'shutdown',
};

export interface MachineOptions {
  instanceId: string;
  folder: string;
  process: MachineProcess;
  log: Log;
  onChange(status: MachineStatus): void;
}

export class QemuMachine {
  readonly process: MachineProcess;
  readonly folder: string;
  readonly #options: MachineOptions;
  #qmp: QmpClient;
  #closed = false;
  #reported: MachineStatus = 'running';
  #eventListeners = new Set<(event: QmpEvent) => void>();

  private constructor(options: MachineOptions, qmp: QmpClient) {
    this.#options = options;
    this.process = options.process;
    this.folder = options.folder;
    this.#qmp = qmp;
    this.#listen();
  }

  /** Connects to a process that is starting or was adopted. */
  static async connect(options: MachineOptions): Promise<QemuMachine> {
    const machine = new QemuMachine(options, await connectQmp(options));
    machine.#reported = await machine.status();
    return machine;
  }

  /** Where its sockets are, and what paths that it is told are relative to. */
  get workFolder(): string {
    return socketsFolder(this.folder, this.process.layout);
  }

  get qmp(): QmpClient {
    return this.#qmp;
  }

  get alive(): boolean {
    return isAlive(this.#options.instanceId, this.process);
  }

  async status(): Promise<MachineStatus> {
    if (!this.alive) return 'absent';
    const { status } = (await this.#qmp.execute('query-status')) as { status: string };
    if (status === 'io-error' && (await this.#lacksRoom())) return 'disk-full';
    return statuses[status] ?? 'paused';
  }

  /** Of the devices that stopped the guest QEMU remembers why, until it goes on. */
  async #lacksRoom(): Promise<boolean> {
    const devices = (await this.#qmp.execute('query-block')) as { 'io-status'?: string }[];
    return devices.some((device) => device['io-status'] === 'nospace');
  }

  /** Whether its guest has been held back since it was started (`-S`). */
  async isHeldBack(): Promise<boolean> {
    const { status } = (await this.#qmp.execute('query-status')) as { status: string };
    return status === 'prelaunch';
  }

  /** Lets a guest begin that is held back; that is no change of its own to report. */
  async begin(): Promise<void> {
    this.#reported = 'running';
    await this.#qmp.execute('cont');
  }

  async reset(): Promise<void> {
    const before = await this.status();
    const done = this.#nextEvent(({ event }) => event === 'RESET', 'RESET', resetLimitMs);
    await this.#qmp.execute('system_reset');
    await done;
    if (before !== 'running') await this.#qmp.execute('cont');
  }

  async resume(): Promise<boolean> {
    const deadline = performance.now() + resumeLimitMs;
    for (;;) {
      const status = await this.status();
      if (!resumable.has(status)) return status === 'running';
      await this.#qmp.execute('cont');
      await sleep(steadyMs);
      if ((await this.status()) === 'running') return true;
      if (performance.now() >= deadline) return false;
      await sleep(resumeRetryMs);
    }
  }

  /** Whether QEMU reports within this time that the guest has let go of a device. */
  async untilDeviceGone(device: string, limitMs: number): Promise<boolean> {
    const isThat = ({ event, data }: QmpEvent) =>
      event === 'DEVICE_DELETED' && data.device === device;
    return this.#nextEvent(isThat, 'DEVICE_DELETED', limitMs).then(
      () => true,
      () => false,
    );
  }

  /** Ends the process in order; resolves with whether QEMU took it up. Reports nothing of it. */
  async quit(limitMs: number): Promise<boolean> {
    this.#closed = true;
    const taken = this.#qmp.execute('quit', {}, limitMs).then(
      () => true,
      () => false,
    );
    return taken.finally(() => this.#qmp.close());
  }

  /** No more reports; the machine goes on running. */
  close(): void {
    this.#closed = true;
    this.#qmp.close();
  }

  #listen(): void {
    this.#qmp.onEvent((event) => this.#take(event));
    this.#qmp.onClose(() => void this.#reconnect());
  }

  #take(event: QmpEvent): void {
    if (event.event === 'BLOCK_IO_ERROR') {
      const { device, 'node-name': node, operation, reason, action } = event.data;
      const { instanceId } = this.#options;
      this.#options.log.warn('disk error', {
        instanceId,
        device,
        node,
        operation,
        reason,
        action,
      });
    }
    for (const listener of this.#eventListeners) listener(event);
    if (statusEvents.has(event.event)) void this.#report();
    // Of a device's own parts QEMU tells without their ids.
    const isDeviceGone = event.event === 'DEVICE_DELETED' && event.data.device !== undefined;
    if (isDeviceGone && !this.#closed) this.#options.onChange(this.#reported);
  }

  async #report(): Promise<void> {
    // When the connection is lost meanwhile, #reconnect reports.
    const status = await this.status().catch(() => undefined);
    if (status === undefined || status === this.#reported || this.#closed) return;
    this.#reported = status;
    this.#options.onChange(status);
  }

  /**
   * The connection ends with the process, and otherwise only by an accident: then it is made again.
   */
  async #reconnect(): Promise<void> {
    while (!this.#closed && this.alive) {
      try {
        this.#qmp = await connectQmp(this.#options);
        if (this.#closed) this.#qmp.close();
        else this.#listen();
        break;
      } catch (error) {
        const { instanceId, log } = this.#options;
        // A process that is ending has closed its monitor already.
        if (this.alive) log.warn('QEMU does not answer', { instanceId, error: error as Error });
      }
    }
    await this.#report();
  }

  #nextEvent(isThat: (event: QmpEvent) => boolean, name: string, limitMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const listener = (event: QmpEvent) => {
      if (isThat(event)) resolve();
    };
    const timer = setTimeout(
      () => reject(new Error(`QEMU did not report ${name} within ${limitMs} ms`)),
      limitMs,
    );
    this.#eventListeners.add(listener);
    promise
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer);
        this.#eventListeners.delete(listener);
      });
    return promise;
  }
}

function connectQmp({ instanceId, folder, process }: MachineOptions): Promise<QmpClient> {
  const socket = path.join(socketsFolder(folder, process.layout), qmpSocket);
  return QmpClient.connect(socket, connectLimitMs, () => isAlive(instanceId, process));
}

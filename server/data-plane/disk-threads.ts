/**
 * Guests' disks in threads, each with an event loop of its own: a guest is given the thread that
 * serves the fewest, and stays there. A thread that ends, or does not answer, is started again, with
 * its guests, which connect again; those of other threads notice nothing. Started when there is a
 * guest for it.
 *
 *   absent --serve--> up --ends--> absent (back-off) --> up
 *                     up --silent--> ended
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Place, SharedBlocksParts } from '../blocks/shared-blocks.ts';
import type { Log } from '../foundations/log.ts';
import type { DiskServers, GuestDisks } from './disk-servers.ts';
import type { FromThread, Order, ToThread } from './disk-thread.ts';
import type { FailedRead } from './disks-here.ts';
import type { WantedBlock } from './guest-blocks.ts';

export interface DiskThreadsOptions {
  threads: number;
  memory: SharedBlocksParts;
  find(instanceId: string, wanted: WantedBlock): Promise<Place>;
  onFailedRead(failed: FailedRead): void;
  /** A thread that cannot be ended: the process has to. */
  onStuck(): void;
  log: Log;
  /** How one that hangs is told from one that works. */
  pulse?: { intervalMs: number; silencesMax: number };
  file?: URL;
}

/** One that hangs is ended after 10 s, so that another serves well before 15. */
const defaultPulse = { intervalMs: 2_500, silencesMax: 4 };
/** Between two starts of a thread that ends at once, doubled each time. */
const firstRestartMs = 100;
const lastRestartMs = 5_000;
/** One that lived so long is not ending at once. */
const healthyMs = 30_000;
/** What it makes for a request is gone by the next: more room for it would only be memory. */
const maxYoungGenerationSizeMb = 4;
/** JavaScript is ended at once. */
const endMs = 3_000;

export class DiskThreads implements DiskServers {
  readonly #threads: DiskThread[];

  constructor(options: DiskThreadsOptions) {
    this.#threads = Array.from({ length: options.threads }, () => new DiskThread(options));
  }

  serve(disks: GuestDisks): Promise<void> {
    const { instanceId } = disks;
    const has = this.#threads.find(({ guests }) => guests.has(instanceId));
    const thread = has ?? this.#threads.reduce((a, b) => (b.guests.size < a.guests.size ? b : a));
    thread.guests.set(instanceId, disks);
    return thread.tell({ kind: 'serve', disks });
  }

  async drop(instanceId: string): Promise<void> {
    const thread = this.#threads.find(({ guests }) => guests.has(instanceId));
    if (!thread?.guests.delete(instanceId)) return;
    await thread.tell({ kind: 'drop', instanceId });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Call extends PromiseWithResolvers<void> {
  order: Order;
}

class DiskThread {
  readonly guests = new Map<string, GuestDisks>();
  readonly #options: DiskThreadsOptions;
  /** What it has been told and has not done yet; whoever follows it is told again. */
  readonly #calls = new Map<number, Call>();
  #worker: Worker | undefined;
  #lastCall = 0;
  #upSinceMs = 0;
  #restartMs = firstRestartMs;
  #restarting = false;
  #beating: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DiskThreadsOptions) {
    this.#options = options;
  }

  tell(order: Order): Promise<void> {
    const call: Call = { order, ...Promise.withResolvers<void>() };
    this.#calls.set(++this.#lastCall, call);
    if (this.#worker) this.#post({ kind: 'order', call: this.#lastCall, order });
    else if (!this.#restarting) this.#start();
    return call.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#beating);
    await this.#worker?.terminate();
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  /** Whatever an earlier one has left is told again. */
  #start(): void {
    const { memory, file = new URL('./disk-thread.ts', import.meta.url) } = this.#options;
    const worker = new Worker(file, {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb },
      workerData: memory,
    });
    this.#worker = worker;
    this.#upSinceMs = performance.now();
    let failure: unknown;
    worker.on('message', (message: FromThread) => this.#heard(worker, message));
    worker.once('error', (error) => {
      failure = error;
    });
    worker.once('exit', () => void this.#ended(failure));
    for (const [call, { order }] of this.#calls) this.#post({ kind: 'order', call, order });
    this.#listenForPulse(worker);
  }

  #heard(worker: Worker, message: FromThread): void {
    if (message.kind === 'find') {
      const { call, instanceId, wanted } = message;
      this.#options.find(instanceId, wanted).then(
        (place) => worker.postMessage({ kind: 'found', call, place } satisfies ToThread),
        ({ message }: Error) =>
          worker.postMessage({ kind: 'lost', call, message } satisfies ToThread),
      );
    } else if (message.kind === 'failed-read') {
      const { instanceId, exportName, message: text } = message;
      this.#options.onFailedRead({ instanceId, exportName, error: new Error(text) });
    } else if (message.kind === 'done') {
      const done = this.#calls.get(message.call);
      this.#calls.delete(message.call);
      if (message.failure === undefined) done?.resolve();
      else done?.reject(new Error(message.failure));
    }
  }

  #listenForPulse(worker: Worker): void {
    const { intervalMs, silencesMax } = this.#options.pulse ?? defaultPulse;
    let silences = 0;
    worker.on('message', () => {
      silences = 0;
    });
    this.#beating = setInterval(() => {
      if (silences++ < silencesMax) {
        this.#post({ kind: 'beat' });
        return;
      }
      clearInterval(this.#beating);
      this.#options.log.error('a thread that serves disks does not answer, ending it');
      const stuck = setTimeout(() => this.#options.onStuck(), endMs);
      void worker.terminate().finally(() => clearTimeout(stuck));
    }, intervalMs).unref();
  }

  async #ended(error: unknown): Promise<void> {
    clearInterval(this.#beating);
    this.#worker = undefined;
    if (this.#closed) return;
    const { log } = this.#options;
    log.error('a thread that serves disks ended, starting it again', {
      guests: this.guests.size,
      error,
    });
    this.#restarting = true;
    if (performance.now() - this.#upSinceMs > healthyMs) this.#restartMs = firstRestartMs;
    await sleep(this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, lastRestartMs);
    this.#restarting = false;
    if (this.#closed) return;
    this.#serveAgain();
    this.#start();
  }

  #serveAgain(): void {
    const told = new Set<string>();
    for (const { order } of this.#calls.values()) {
      if (order.kind === 'serve') told.add(order.disks.instanceId);
    }
    for (const [instanceId, disks] of this.guests) {
      if (told.has(instanceId)) continue;
      const call: Call = { order: { kind: 'serve', disks }, ...Promise.withResolvers<void>() };
      this.#calls.set(++this.#lastCall, call);
      call.promise.catch((error) =>
        this.#options.log.error('the disks of a guest are not served', { instanceId, error }),
      );
    }
  }
}

/**
 * The lease of a host: only its holder drives what is on the host. One process holds it, tells the
 * catalog so again and again, and checks in each of its transactions that it still does; so one
 * that was taken for dead, and is not, changes no row any more.
 *
 *   free --take--> held --renew--> held ... --release--> free
 *                   \--until is past, or its process is known dead--> free
 *
 * Two processes on one machine are kept apart by the lock of their home besides, which the kernel
 * gives back at a death: there the wait is short. A holder on another machine is waited for until
 * its time is over.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Catalog, CatalogTransaction } from '../catalog/catalog.ts';
import type { Clock } from '../domain/identity.ts';
import type { Log } from '../foundations/log.ts';
import {
  isOfThisBoot,
  isRunning,
  type ProcessRecord,
  recordOf,
} from '../foundations/process-record.ts';

/** A holder that is silent for so long is taken for dead. */
const leaseMs = 10_000;
const renewEveryMs = 3_000;
const pollMs = 250;

export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
  constructor(hostId: string) {
    super(`another process drives host ${hostId}`);
  }
}

export interface LeaseOptions {
  catalog: Catalog;
  hostId: string;
  clock: Clock;
  log: Log;
  /** This process, unless a test says otherwise. */
  owner?: ProcessRecord;
}

export class HostLease {
  /** Resolves when another process has it. */
  readonly lost: Promise<void>;
  readonly #options: LeaseOptions;
  readonly #owner: string;
  readonly #epoch: number;
  readonly #lose: () => void;
  readonly #renewing: NodeJS.Timeout;

  /** Waits until nobody else has it. */
  static async take(options: LeaseOptions): Promise<HostLease> {
    const owner = JSON.stringify(options.owner ?? recordOf(process.pid));
    for (let waits = 0; ; waits++) {
      const epoch = await options.catalog.write((transaction) =>
        takeIfFree(transaction, options, owner),
      );
      if (epoch !== undefined) return new HostLease(options, owner, epoch);
      if (waits === 0)
        options.log.info('waiting for the lease of the host', { host: options.hostId });
      await delay(pollMs);
    }
  }

  private constructor(options: LeaseOptions, owner: string, epoch: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#lose = resolve;
    this.#options = options;
    this.#owner = owner;
    this.#epoch = epoch;
    this.#renewing = setInterval(() => void this.#renew(), renewEveryMs).unref();
  }

  /**
   * The catalog for driver and tasks: each of its transactions is of the holder or does not happen.
   */
  get catalog(): Catalog {
    const { catalog } = this.#options;
    return {
      read: (work) => catalog.read(work),
      write: (work) =>
        catalog.write(async (transaction) => {
          await this.#check(transaction);
          return work(transaction);
        }),
      close: () => catalog.close(),
    };
  }

  async release(): Promise<void> {
    clearInterval(this.#renewing);
    await this.#write(new Date(0)).catch(() => {});
  }

  async #renew(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await this.#write(untilOf(clock));
    } catch (error) {
      // Whoever holds it may go on as long as nobody else took it.
      log.error('the lease of the host could not be renewed', { error });
    }
  }

  #write(until: Date): Promise<unknown> {
    const { catalog } = this.#options;
    return catalog.write(async (transaction) => {
      const row = await this.#check(transaction);
      await transaction.leases.update({ ...row, until: until.toISOString() });
    });
  }

  async #check({ leases }: CatalogTransaction) {
    const { hostId } = this.#options;
    const row = await leases.get(hostId);
    if (row?.owner === this.#owner && row.epoch === this.#epoch) return row;
    clearInterval(this.#renewing);
    this.#lose();
    throw new LeaseLostError(hostId);
  }
}

async function takeIfFree(
  { leases }: CatalogTransaction,
  { hostId, clock }: LeaseOptions,
  owner: string,
): Promise<number | undefined> {
  const row = await leases.get(hostId);
  const next = { id: hostId, owner, until: untilOf(clock).toISOString() };
  if (!row) {
    await leases.insert({ ...next, epoch: 1 });
    return 1;
  }
  const isOver = Date.parse(row.until) <= clock.now().getTime();
  if (row.owner !== owner && !isOver && !isKnownDead(row.owner)) return undefined;
  await leases.update({ ...row, ...next, epoch: row.epoch + 1 });
  return row.epoch + 1;
}

function untilOf(clock: Clock): Date {
  return new Date(clock.now().getTime() + leaseMs);
}

/** Of a process on this machine the kernel knows; of others only time tells. */
function isKnownDead(owner: string): boolean {
  const record: ProcessRecord = JSON.parse(owner);
  return isOfThisBoot(record) && !isRunning(record);
}

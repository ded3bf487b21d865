/**
 * Drives every instance to where its row says it should be, and watches the running ones. The row's
 * state is the record:
 *
 *   pending         make layers, attach the data plane, start the machine
 *                   -> running | stopped | shutting-down
 *   running         watch: guest powered off, process gone, disk error; keep ports and metadata as
 *                   the groups say
 *   stopping        press the power button, after a grace time (or by force) end the machine
 *                   -> stopped
 *   shutting-down   where a volume outlives it press the power button first, as above; end the
 *                   machine, release its volumes, delete those that go with it
 *                   -> terminated
 *   terminated      an hour later: remove folder and row
 *
 * It looks at an instance when a row was written that says something about it, when its machine
 * changed by itself, when an earlier look asked for another, and from time to time. A look does
 * what is missing, so that a restart of Imago is nothing special. It takes no input but rows and
 * machines; what a look does is in instance-steps.ts.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Query } from '../catalog/catalog.ts';
import type { Changes } from '../catalog/changes.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { drivenStates } from '../domain/instances.ts';
import { Limit } from '../foundations/limit.ts';
import { deleteVolumes } from './delete-volumes.ts';
import { lookAt, type Told, terminatedShownMs } from './instance-steps.ts';
import { instanceLock } from './locks.ts';
import type { DriverServices } from './services.ts';

export interface InstanceDriver {
  /** Resolves when every machine that runs is found again; drives on from there. */
  start(): Promise<void>;
  /** Looks at the instances that these rows are about; returns at once. */
  wake(changes: Changes): void;
  /** Waits for the round and the looks under way; machines go on running. */
  stop(): Promise<void>;
}

/** For what no event tells. */
const roundMs = 15_000;
const retryMinMs = 500;
const retryMaxMs = 30_000;
/**
 * Each reads rows and asks the host: so many at a time, however many instances there are. Starts
 * are not among them: the machines of one launch begin together, and the last would wait for the
 * first.
 */
const looksAtOnce = 16;
/**
 * SQLite and simulated machines answer at once: in one turn of the event loop so many looks begin.
 */
const beginningsAtOnce = 16;

export function createInstanceDriver(services: DriverServices): InstanceDriver {
  return new Driver(services);
}

interface Driven {
  told: Told;
  /** Its row had nothing to drive at the last look. */
  atRest?: boolean;
  looking?: Promise<void>;
  again: boolean;
  timer?: NodeJS.Timeout;
  failures: number;
}

class Driver implements InstanceDriver {
  readonly #services: DriverServices;
  readonly #driven = new Map<string, Driven>();
  readonly #looks = new Limit(looksAtOnce);
  readonly #beginnings = new Limit(beginningsAtOnce);
  /** Rounds and readings of changes under way. */
  readonly #reading = new Set<Promise<void>>();
  #nextRound?: NodeJS.Timeout;
  #stopped = false;

  constructor(services: DriverServices) {
    this.#services = services;
  }

  async start(): Promise<void> {
    const { host, log } = this.#services;
    host.onChange((instanceId) => {
      // What it was told may not be so any more: a guest can let go of a disk.
      const driven = this.#driven.get(instanceId);
      if (driven) driven.told.spec = undefined;
      this.#look(instanceId);
    });
    const found: Promise<unknown>[] = [];
    await this.#each(await this.#drivenIds(), (instanceId) => {
      const status = this.#looks.run(() => host.status(instanceId));
      const told = (error: unknown) =>
        log.error('a machine could not be found again yet', { instanceId, error });
      found.push(status.catch(told));
    });
    await Promise.all(found);
    this.#beginRound();
  }

  wake(changes: Changes): void {
    if (!this.#stopped) this.#read(this.#lookAtChanged(changes));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#nextRound);
    await Promise.all(this.#reading);
    for (const { timer } of this.#driven.values()) clearTimeout(timer);
    await Promise.all([...this.#driven.values()].map(({ looking }) => looking));
  }

  #read(work: Promise<void>): void {
    const { log } = this.#services;
    const reading = work
      .catch((error) => log.error('instances could not be read', { error }))
      .finally(() => this.#reading.delete(reading));
    this.#reading.add(reading);
  }

  get #hostId(): string {
    return this.#services.site.hostId;
  }

  async #lookAtChanged(changes: Changes): Promise<void> {
    // Each once: a second look at a launch would sync what it need not sync yet.
    const ids = new Set(changes.get('instances'));
    const volumeIds = [...(changes.get('volumes') ?? [])];
    const groupIds = changes.get('securityGroups');
    const { catalog } = this.#services;
    if (volumeIds.length > 0) {
      const rows = await catalog.read(({ volumes }) => volumes.list({ where: { id: volumeIds } }));
      for (const { attachment } of rows) if (attachment) ids.add(attachment.instanceId);
      const deleted = rows.filter(({ state }) => state === 'deleting').map(({ id }) => id);
      if (deleted.length > 0) await deleteVolumes(this.#services, deleted);
    }
    for (const id of ids) this.#look(id);
    if (!groupIds) return;
    const where = { state: 'running', group: [...groupIds], host: this.#hostId };
    const members = (await this.#idsOf(where)).filter((id) => !ids.has(id));
    await this.#each(members, (id) => this.#look(id));
  }

  #beginRound(): void {
    const next = () => {
      if (!this.#stopped) this.#nextRound = setTimeout(() => this.#beginRound(), roundMs).unref();
    };
    this.#read(this.#round().finally(next));
  }

  /** Everything that is driven, and what is left of the others. */
  async #round(): Promise<void> {
    const { clock, log } = this.#services;
    try {
      const driven = await this.#drivenIds();
      const before = new Date(clock.now().getTime() - terminatedShownMs).toISOString();
      const due = await this.#idsOf(
        { state: 'terminated', host: this.#hostId },
        ({ terminatedAt = '' }) => terminatedAt <= before,
      );
      await this.#each([...driven, ...due], (id) => this.#look(id));
      if (!this.#stopped) await deleteVolumes(this.#services);
    } catch (error) {
      log.error('instances could not be looked at', { error });
    }
  }

  /** State by state: of one state an index has the rows in the order in which they are read. */
  async #drivenIds(): Promise<string[]> {
    const ids: string[][] = [];
    for (const state of drivenStates) ids.push(await this.#idsOf({ state, host: this.#hostId }));
    return ids.flat();
  }

  /** However many there are, they are read a few at a time. */
  #idsOf(
    where: Query<'instances'>['where'],
    isMeant: (row: InstanceRow) => boolean = () => true,
  ): Promise<string[]> {
    return this.#services.catalog.read(async ({ instances }) => {
      const ids: string[] = [];
      for await (const row of instances.scan({ where })) if (isMeant(row)) ids.push(row.id);
      return ids;
    });
  }

  /**
   * One after the other, each when the looks before it are nearly done: others have their turn, and
   * what is to be looked at at once waits for a few and not for all of these.
   */
  async #each(ids: readonly string[], begin: (id: string) => void): Promise<void> {
    for (const id of ids) {
      if (this.#stopped) return;
      begin(id);
      await this.#looks.run(() => turn());
    }
  }

  #look(id: string): void {
    if (this.#stopped) return;
    const driven = this.#driven.get(id) ?? { told: {}, again: false, failures: 0 };
    this.#driven.set(id, driven);
    clearTimeout(driven.timer);
    if (driven.looking) {
      driven.again = true;
      return;
    }
    driven.looking = this.#lookUntilRest(id, driven);
  }

  /** Never rejects. */
  async #lookUntilRest(id: string, driven: Driven): Promise<void> {
    let pauseMs: number | undefined;
    do {
      driven.again = false;
      pauseMs = await this.#lookOnce(id, driven);
    } while (!this.#stopped && (driven.again || pauseMs === 0));
    // At once, so that nobody's `again` comes too late.
    driven.looking = undefined;
    if (this.#stopped) return;
    if (pauseMs === undefined) {
      // What it was told is forgotten with it: there is no guest.
      if (driven.atRest) this.#driven.delete(id);
      return;
    }
    driven.timer = setTimeout(() => this.#look(id), pauseMs).unref();
  }

  async #lookOnce(id: string, driven: Driven): Promise<number | undefined> {
    const { catalog, locks, log } = this.#services;
    try {
      const look = async () => {
        const instance = await this.#beginnings.run(async () => {
          await turn();
          return catalog.read(({ instances }) => instances.get(id));
        });
        driven.atRest = !drivenStates.some((state) => state === instance?.state);
        if (instance?.host !== this.#hostId) return undefined;
        const drive = () => lookAt(this.#services, instance, driven.told);
        return instance.state === 'pending' ? drive() : this.#looks.run(drive);
      };
      const pauseMs = await locks.hold(instanceLock(id), look);
      driven.failures = 0;
      return pauseMs;
    } catch (error) {
      driven.failures++;
      const pauseMs = Math.min(retryMaxMs, retryMinMs * 2 ** (driven.failures - 1));
      log.error('instance could not be driven; it is tried again', {
        instanceId: id,
        pauseMs,
        error,
      });
      return pauseMs;
    }
  }
}

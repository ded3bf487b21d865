/**
 * Drives every instance to where its row says it should be, and watches the running ones. The row's state is the record:
 *
 *   pending         make layers, attach the data plane, start the machine       -> running | stopped | shutting-down
 *   running         watch: guest powered off, process gone, disk error; keep ports and metadata as the groups say
 *   stopping        press the power button, after a grace time (or by force) end the machine     -> stopped
 *   shutting-down   end the machine, release its volumes, delete those that go with it           -> terminated
 *   terminated      an hour later: remove folder and row
 *
 * It looks at an instance when it is woken (a request wrote a row), when its machine changed by itself, when an earlier look
 * asked for another, and from time to time. A look does what is missing, so that a restart of Imago is nothing special.
 * It deliberately takes no input but rows and machines; what a look does is in instance-steps.ts.
 */
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { drivenStates } from '../domain/instances.ts';
import { deleteVolumes } from './delete-volumes.ts';
import { lookAt, type Told, terminatedShownMs } from './instance-steps.ts';
import { instanceLock } from './locks.ts';
import type { DriverServices } from './services.ts';

export interface InstanceDriver {
  /** Resolves when every machine that runs is found again; drives on from there. */
  start(): Promise<void>;
  /** Rows may have changed: looks, and returns at once. */
  wake(): void;
  /** Waits for the looks under way; machines go on running. */
  stop(): Promise<void>;
}

/** For what no event tells. */
const roundMs = 15_000;
const retryMinMs = 500;
const retryMaxMs = 30_000;
/** States that a request or a look has just written. */
const movingStates = ['pending', 'stopping', 'shutting-down'] as const;

export function createInstanceDriver(services: DriverServices): InstanceDriver {
  return new Driver(services);
}

interface Driven {
  told: Told;
  looking?: Promise<void>;
  again: boolean;
  timer?: NodeJS.Timeout;
  failures: number;
}

class Driver implements InstanceDriver {
  readonly #services: DriverServices;
  readonly #driven = new Map<string, Driven>();
  #rounds?: NodeJS.Timeout;
  #scanning?: Promise<void>;
  #scanAgain = false;
  #stopped = false;
  /** Security groups as the running instances last got them. */
  #groups = '';

  constructor(services: DriverServices) {
    this.#services = services;
  }

  async start(): Promise<void> {
    const { catalog, host, log } = this.#services;
    host.onChange((instanceId) => this.#look(instanceId));
    const rows = await catalog.read(({ instances }) =>
      instances.list({ where: { state: drivenStates } }),
    );
    await Promise.all(
      rows.map(({ id: instanceId }) =>
        host
          .status(instanceId)
          .catch((error) =>
            log.error('a machine could not be found again yet', { instanceId, error }),
          ),
      ),
    );
    await this.#round();
    this.#rounds = setInterval(() => void this.#round(), roundMs).unref();
  }

  wake(): void {
    if (this.#stopped) return;
    if (this.#scanning) {
      this.#scanAgain = true;
      return;
    }
    this.#scanning = this.#scan()
      .catch((error) => this.#services.log.error('instances could not be read', { error }))
      .finally(() => {
        this.#scanning = undefined;
        if (this.#scanAgain) {
          this.#scanAgain = false;
          this.wake();
        }
      });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#rounds);
    for (const { timer } of this.#driven.values()) clearTimeout(timer);
    await this.#scanning;
    await Promise.all([...this.#driven.values()].map(({ looking }) => looking));
  }

  async #scan(): Promise<void> {
    const { moving, groups } = await this.#services.catalog.read(async (reader) => ({
      moving: await reader.instances.list({ where: { state: movingStates } }),
      groups: JSON.stringify(await reader.securityGroups.list()),
    }));
    for (const { id } of moving) this.#look(id);
    if (groups === this.#groups) return;
    this.#groups = groups;
    await this.#lookAtAll(['running']);
  }

  /** Everything that is driven, and what is left of the others. */
  async #round(): Promise<void> {
    const { catalog, clock, log } = this.#services;
    try {
      await this.#lookAtAll(drivenStates);
      const before = new Date(clock.now().getTime() - terminatedShownMs).toISOString();
      const terminated = await catalog.read(({ instances }) =>
        instances.list({ where: { state: 'terminated' } }),
      );
      for (const { id, terminatedAt } of terminated) {
        if ((terminatedAt ?? '') <= before) this.#look(id);
      }
      await deleteVolumes(this.#services);
    } catch (error) {
      log.error('instances could not be looked at', { error });
    }
  }

  async #lookAtAll(state: readonly InstanceRow['state'][]): Promise<void> {
    const rows = await this.#services.catalog.read(({ instances }) =>
      instances.list({ where: { state } }),
    );
    for (const { id } of rows) this.#look(id);
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
    if (pauseMs === undefined || this.#stopped) return;
    driven.timer = setTimeout(() => this.#look(id), pauseMs).unref();
  }

  async #lookOnce(id: string, driven: Driven): Promise<number | undefined> {
    const { catalog, locks, log } = this.#services;
    try {
      const pauseMs = await locks.hold(instanceLock(id), async () => {
        const instance = await catalog.read(({ instances }) => instances.get(id));
        if (instance) return lookAt(this.#services, instance, driven.told);
        this.#driven.delete(id);
        return undefined;
      });
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

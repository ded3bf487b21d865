/**
 * All guests of this home. Each stands for itself: one whose file or socket is broken is logged and
 * left out, and the others are served. Changes of one guest run one after the other.
 */
import type { Home } from '../foundations/home.ts';
import type { LinkStatus, LinkTraffic } from '../network/network.ts';
import { Guest, type GuestServices } from './guest.ts';
import type { GuestBlocks } from './guest-blocks.ts';
import { instanceIdPattern, readGuestFile } from './guest-file.ts';
import type { RegionBlocks } from './region-blocks.ts';
import type { SerialConsole } from './serial-console.ts';

export interface GuestsServices extends GuestServices {
  regions: Pick<RegionBlocks, 'of'>;
  blocks: GuestBlocks;
}

export class Guests {
  readonly #home: Home;
  readonly #services: GuestsServices;
  readonly #guests = new Map<string, Guest>();
  readonly #changes = new Map<string, Promise<void>>();

  constructor(home: Home, services: GuestsServices) {
    this.#home = home;
    this.#services = services;
  }

  async loadAll(instanceIds: string[]): Promise<void> {
    await Promise.all(
      instanceIds.map((instanceId) =>
        this.load(instanceId).catch((error) =>
          this.#services.log.error('guest is not served', { instanceId, error }),
        ),
      ),
    );
  }

  /** Makes the guest what its file says now; without a file it is not served. */
  load(instanceId: string): Promise<void> {
    if (!instanceIdPattern.test(instanceId)) {
      return Promise.reject(new RangeError(`not an instance id: ${instanceId}`));
    }
    return this.#change(instanceId, async () => {
      const folder = this.#home.machineFolder(instanceId);
      const attachment = await readGuestFile(folder, instanceId);
      if (!attachment) return this.#drop(instanceId);
      const { regions, blocks } = this.#services;
      blocks.readFrom(instanceId, await regions.of(attachment.metadata.region));
      const guest = this.#guests.get(instanceId);
      if (guest) return guest.update(attachment);
      const sockets = this.#home.machineSocketsFolder(instanceId, attachment.layout ?? 1);
      const folders = { records: folder, sockets };
      this.#guests.set(instanceId, await Guest.serve(folders, attachment, this.#services));
    });
  }

  unload(instanceId: string): Promise<void> {
    return this.#change(instanceId, () => this.#drop(instanceId));
  }

  /** Undefined where its machine has none that takes input. */
  console(instanceId: string): SerialConsole | undefined {
    return this.#guests.get(instanceId)?.console;
  }

  /** False, too, where it is no guest of a drill. */
  async answersSsh(instanceId: string): Promise<boolean> {
    return (await this.#guests.get(instanceId)?.answersSsh()) ?? false;
  }

  status(): { instanceId: string; link: LinkStatus }[] {
    return [...this.#guests.values()].map((guest) => guest.status());
  }

  traffic(): Record<string, LinkTraffic> {
    return Object.fromEntries([...this.#guests].map(([id, guest]) => [id, guest.traffic()]));
  }

  async #drop(instanceId: string): Promise<void> {
    const guest = this.#guests.get(instanceId);
    this.#guests.delete(instanceId);
    await guest?.close();
    this.#services.blocks.forget(instanceId);
  }

  #change(instanceId: string, work: () => Promise<void>): Promise<void> {
    const earlier = this.#changes.get(instanceId) ?? Promise.resolve();
    const change = earlier.catch(() => {}).then(work);
    this.#changes.set(instanceId, change);
    const forget = () => {
      if (this.#changes.get(instanceId) === change) this.#changes.delete(instanceId);
    };
    change.then(forget, forget);
    return change;
  }
}

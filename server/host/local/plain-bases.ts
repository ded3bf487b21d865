/**
 * Which machines read plain bases (plain-files.ts): what a guest reads of a snapshot comes from the
 * host's disk then, and not through the data plane.
 *
 *   made      at once where somebody ordered it (`keep`), or quietly (plain-rounds.ts)
 *   given     to a machine at its start, or while it runs; it reads the same bytes elsewhere
 *   dropped   once all machines have gone back to the data plane, so that the room is really free
 *
 * Never of a sealed base: nothing plain of it may be on the host's disk. Whatever fails here is told
 * in the log, and the data plane serves.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlockStores } from '../../blocks/block-stores.ts';
import { type Home, socketsFolder } from '../../foundations/home.ts';
import { Limit } from '../../foundations/limit.ts';
import type { Log } from '../../foundations/log.ts';
import { type Hypervisor, NoDiskError } from '../../hypervisor/hypervisor.ts';
import { reservedDiskBytes } from '../disk-reserve.ts';
import {
  type DiskMeasures,
  type GuestSpec,
  type PlainBase,
  type PlainBaseFile,
  PlainRoomError,
  plainBytesOf,
  type UploadOptions,
} from '../host.ts';
import { type PlainFileStatus, PlainFiles } from './plain-files.ts';

const restShare = 2;

export interface PlainBasesServices {
  home: Home;
  blocks: BlockStores;
  hypervisor: Hypervisor;
  measure(): Promise<DiskMeasures>;
  log: Log;
}

interface Making extends Pick<UploadOptions, 'onProgress' | 'signal'> {
  rest(elapsedMs: number): Promise<void>;
  /** What stays free at least, in reserves of the disk (domain/capacity.ts). */
  spareReserves: number;
  /** Of all that nobody ordered; absent: it was ordered. */
  limitBytes?: number;
}

interface Guest {
  folder: string;
  sinceMs: number;
  disks: { volumeId: string; encrypted: boolean; base: PlainBase }[];
}

/** Root -> the file that a machine reads in place of the export. */
export type PlainPaths = ReadonlyMap<string, string>;

export class PlainBases {
  readonly #services: PlainBasesServices;
  readonly #files: PlainFiles;
  readonly #guests = new Map<string, Guest>();
  /** Instance id -> the last of what is done with what it reads. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Roots that are being given to machines: they stay; and those that are going: none gets them. */
  readonly #pins = new Map<string, number>();
  readonly #going = new Set<string>();
  readonly #writers = new Limit(1);
  /** What is being written although nobody ordered it, which makes way for what somebody does. */
  #quiet?: AbortController;

  constructor(services: PlainBasesServices) {
    this.#services = services;
    this.#files = new PlainFiles(services.home.basesFolder);
  }

  /** Never rejects. */
  start(): Promise<void> {
    const told = (error: unknown) =>
      this.#services.log.warn('halves of plain bases are left', { error });
    return this.#files.removeHalves().catch(told);
  }

  /** Those used least lately first. */
  list(): Promise<PlainFileStatus[]> {
    return this.#files.list();
  }

  /** What was ordered and is not there. */
  async missing(): Promise<PlainBaseFile[]> {
    const roots = new Set((await this.#files.list()).map(({ root }) => root));
    const missing = (await this.#files.orders()).filter((root) => !roots.has(root));
    return missing.map((root) => ({ root, storedBytes: 0, kept: true, isThere: false }));
  }

  has({ root, sizeBytes }: PlainBase): Promise<boolean> {
    return this.#files.has(root, sizeBytes);
  }

  /** Bases of the guests' disks, with the moment since when each guest is known. */
  *wanted(): Iterable<{ base: PlainBase; sinceMs: number }> {
    for (const { sinceMs, disks } of this.#guests.values()) {
      for (const { base } of disks) yield { base, sinceMs };
    }
  }

  /** Makes a guest's machine what `work` makes it, with the files that are there for its disks. */
  during<T>(spec: GuestSpec, work: (paths: PlainPaths) => Promise<T>): Promise<T> {
    const { instanceId } = spec;
    const guest = this.#guestOf(spec);
    return this.#inTurn(instanceId, () =>
      this.#pinned(guest, async () => {
        const paths = await this.#give(guest);
        const result = await work(paths);
        this.#guests.set(instanceId, guest);
        await this.#move(instanceId, guest, paths);
        return result;
      }),
    );
  }

  /** Its machine is gone. */
  async forget(instanceId: string): Promise<void> {
    await this.#inTurn(instanceId, async () => {
      this.#guests.delete(instanceId);
      const { home } = this.#services;
      for (const layout of [1, 2]) {
        const folder = home.machineSocketsFolder(instanceId, layout);
        await this.#files.takeBack(folder, new Set());
      }
    });
  }

  async keep(base: PlainBase, options: UploadOptions = {}): Promise<void> {
    await this.#files.keep(base.root);
    this.stopQuiet();
    await this.#make(base, { rest: async () => {}, spareReserves: 2, ...options });
  }

  /** Made in a third of the time, the rest is the guests', as long as there is plenty of room. */
  async makeQuietly(base: PlainBase, limitBytes: number): Promise<void> {
    const abort = new AbortController();
    this.#quiet = abort;
    const rest = (elapsedMs: number) => sleep(elapsedMs * restShare);
    const { signal } = abort;
    await this.#make(base, { rest, signal, spareReserves: 4, limitBytes });
  }

  stopQuiet(): void {
    this.#quiet?.abort();
  }

  release(root: string): Promise<void> {
    return this.#files.release(root);
  }

  async #make(base: PlainBase, making: Making): Promise<void> {
    const { blocks, log } = this.#services;
    const { root, sizeBytes, region } = base;
    const checkRoom = (bytes: number) => this.#checkRoom(bytes, making);
    const writing = { reader: blocks.of(region), root, sizeBytes, checkRoom, ...making };
    await this.#writers.run(async () => {
      making.signal?.throwIfAborted();
      if (await this.#files.has(root, sizeBytes)) return;
      await this.#files.write(writing);
      log.info('a base is a plain file', { root, sizeBytes });
    });
    for (const [instanceId, guest] of this.#guests) {
      if (guest.disks.some((disk) => disk.base.root === root)) await this.#settle(instanceId);
    }
  }

  /** Of what nobody ordered and no machine reads, the oldest make way. */
  async #checkRoom(
    bytes: number,
    { spareReserves, limitBytes }: Pick<Making, 'spareReserves' | 'limitBytes'>,
  ): Promise<void> {
    const hasRoom = async () => {
      const measures = await this.#services.measure();
      const spareBytes = spareReserves * reservedDiskBytes(measures);
      if (measures.freeDiskBytes - bytes < spareBytes) return false;
      const automatic = (await this.#files.list()).filter(({ kept }) => !kept);
      return limitBytes === undefined || plainBytesOf(automatic) + bytes <= limitBytes;
    };
    if (bytes <= (limitBytes ?? Number.POSITIVE_INFINITY)) {
      const idle = (await this.#files.list()).filter(({ kept, links }) => !kept && links === 0);
      for (const file of [undefined, ...idle]) {
        if (file) await this.drop(file.root);
        if (await hasRoom()) return;
      }
    }
    throw new PlainRoomError(bytes);
  }

  /** Machines go back to the data plane first. Resolves with whether it is gone. */
  async drop(root: string): Promise<boolean> {
    if (this.#pins.has(root) || this.#going.has(root)) return false;
    this.#going.add(root);
    try {
      for (const [instanceId, { disks }] of this.#guests) {
        if (disks.some(({ base }) => base.root === root)) await this.#settle(instanceId);
      }
      const file = (await this.#files.list()).find((each) => each.root === root);
      if (!file) return true;
      // A machine that is not known yet, or did not let go: it would keep the room.
      if (file.links > 0) return false;
      await this.#files.remove(root);
      this.#services.log.info('a plain base made way', { ...file });
      return true;
    } finally {
      this.#going.delete(root);
    }
  }

  #settle(instanceId: string): Promise<void> {
    return this.#inTurn(instanceId, async () => {
      const guest = this.#guests.get(instanceId);
      if (!guest) return;
      await this.#pinned(guest, async () => this.#move(instanceId, guest, await this.#give(guest)));
    });
  }

  /** Never throws: without a file the data plane serves. */
  async #give({ folder, disks }: Guest): Promise<Map<string, string>> {
    const paths = new Map<string, string>();
    for (const { root, sizeBytes } of disks.map(({ base }) => base)) {
      if (this.#going.has(root) || paths.has(root)) continue;
      try {
        if (!(await this.#files.has(root, sizeBytes))) continue;
        paths.set(root, await this.#files.give(root, folder));
      } catch (error) {
        this.#services.log.warn('a plain base could not be given', { root, error });
      }
    }
    return paths;
  }

  /** Never throws. What a machine could not be moved from it keeps. */
  async #move(
    instanceId: string,
    { folder, disks }: Guest,
    paths: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { hypervisor, log } = this.#services;
    const kept = new Set(paths.keys());
    for (const { volumeId, encrypted, base } of disks) {
      const { root, sizeBytes } = base;
      const file = paths.get(root);
      try {
        const to = { exportName: root, sizeBytes, ...(file !== undefined && { file }) };
        await hypervisor.moveBase(instanceId, volumeId, to, { encrypted });
      } catch (error) {
        if (error instanceof NoDiskError) continue;
        kept.add(root);
        log.warn('a machine reads its base from where it did', { instanceId, volumeId, error });
      }
    }
    await this.#files.takeBack(folder, kept).catch((error) => {
      log.warn('a machine keeps names of plain bases', { instanceId, error });
    });
  }

  #guestOf({ instanceId, machine, disks, metadata }: GuestSpec): Guest {
    const { home } = this.#services;
    const plain: Guest['disks'] = [];
    for (const { volumeId, base, encryption, leaves } of disks) {
      if (!base || base.encryption || leaves) continue;
      const { root, sizeBytes } = base;
      plain.push({
        volumeId,
        encrypted: encryption !== undefined,
        base: { root, sizeBytes, region: metadata.region },
      });
    }
    return {
      folder: socketsFolder(home.machineFolder(instanceId), machine.layout ?? 1),
      sinceMs: this.#guests.get(instanceId)?.sinceMs ?? performance.now(),
      disks: plain,
    };
  }

  async #pinned<T>({ disks }: Guest, work: () => Promise<T>): Promise<T> {
    const roots = disks.map(({ base }) => base.root);
    for (const root of roots) this.#pins.set(root, (this.#pins.get(root) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const root of roots) {
        const left = (this.#pins.get(root) ?? 1) - 1;
        if (left > 0) this.#pins.set(root, left);
        else this.#pins.delete(root);
      }
    }
  }

  #inTurn<T>(instanceId: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#turns.get(instanceId) ?? Promise.resolve()).then(work);
    this.#turns.set(
      instanceId,
      result.catch(() => {}),
    );
    return result;
  }
}

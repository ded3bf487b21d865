/**
 * Opens the disks of images to be looked into, for requests: blocks through one memory for all, and
 * each look within a budget and a time, whatever the bytes say. What was made of an image is kept
 * under the digests of its disks (`kept-results.ts`).
 */
import type { Digest } from '../blocks/block-store.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import { BlockMemory, CachedBlockReader } from '../blocks/cached-block-reader.ts';
import type { SealKey } from '../blocks/sealed-block.ts';
import type { Sealing } from '../blocks/sealed-blocks.ts';
import { budgets, UnreadableContents } from '../contents/bounded-reader.ts';
import { type DiskPart, openDisks } from '../contents/disk-contents.ts';
import { systemTree } from '../contents/mount-points.ts';
import type { SystemTree } from '../contents/system-tree.ts';
import type { Disk } from '../disk/disk.ts';
import type { OpenLayers } from '../disk/open-layers.ts';
import { openSnapshotDisk, type SnapshotDisk } from '../disk/snapshot-disk.ts';
import type { Home } from '../foundations/home.ts';
import { Limit } from '../foundations/limit.ts';
import { namedByBlocks } from './block-names.ts';
import { type ComparedDisk, ComparedDisks, changedBlocks } from './changed-blocks.ts';
import type { SameBlocks } from './compare-trees.ts';
import { KeptResults } from './kept-results.ts';

/** What lies beside what is read is mostly read next. */
const memoryBytes = 64 * 1024 ** 2;
/** They share the processors with everybody else. */
const looksAtOnce = 4;
/** Above what going through every file of a large system takes. */
const lookMs = 60_000;

/** A disk of an image by its map. */
export interface MappedDisk {
  root: Digest;
  region: string;
  /** Where its blocks are sealed. */
  key?: SealKey;
}

export interface OpenedSystem {
  tree: SystemTree;
  /** Of all its disks. */
  parts: DiskPart[];
}

export interface OpenedImage extends OpenedSystem {
  disks: SnapshotDisk[];
  /** One of them at least is read by a key. */
  isSealed: boolean;
}

/** A volume that may be written. */
export interface LiveDisk {
  base?: MappedDisk;
  layers: OpenLayers;
}

type MakeOfBoth<T> = (before: OpenedSystem, after: OpenedSystem, blocks: SameBlocks) => Promise<T>;

type Work<T> = (tree: SystemTree, image: OpenedImage) => Promise<T>;

export class Inspector {
  readonly #blocks: BlockStores;
  readonly #sealing: Sealing | undefined;
  readonly #memory = new BlockMemory(memoryBytes);
  readonly #readers = new Map<object, CachedBlockReader>();
  readonly #looks = new Limit(looksAtOnce);

  readonly #results: KeptResults;

  constructor({ blocks, sealing, home }: { blocks: BlockStores; sealing?: Sealing; home: Home }) {
    this.#blocks = blocks;
    this.#sealing = sealing;
    this.#results = new KeptResults(home.contentsFolder);
  }

  /** Of disks, the root's first. Throws UnreadableContents, also where it takes too long. */
  look<T>(disks: readonly MappedDisk[], work: Work<T>): Promise<T> {
    return this.#looks.run(async () => {
      const image = await this.open(disks);
      image.tree.endAt(performance.now() + lookMs);
      return work(image.tree, image);
    });
  }

  /** What `make` makes of the disks, once for those that have the same bytes. */
  kept<T>(kind: string, disks: readonly MappedDisk[], make: Work<T>): Promise<T> {
    const roots = disks.map(({ root }) => root);
    // What was read by a key is nowhere in plain but in memory.
    const inMemory = disks.some(({ key }) => key !== undefined);
    return this.#results.get([kind, ...roots], { inMemory }, () => this.look(disks, make));
  }

  /** What `make` makes of one file, once for those of all images that lie in the same blocks. */
  async keptOfFile<T>(
    kind: string,
    image: OpenedImage,
    path: string,
    make: () => Promise<T>,
  ): Promise<T> {
    const name = image.isSealed ? undefined : await namedByBlocks(image, path);
    if (name === undefined) return make();
    return this.#results.get([kind, name], { inMemory: false }, make);
  }

  /** What `make` makes of two, in that order; their blocks are compared first. */
  keptOfBoth<T>(
    kind: string,
    [one, other]: readonly [readonly MappedDisk[], readonly MappedDisk[]],
    make: MakeOfBoth<T>,
  ): Promise<T> {
    const roots = [one, other].map((disks) => disks.map(({ root }) => root).join());
    const inMemory = [...one, ...other].some(({ key }) => key !== undefined);
    return this.#results.get([kind, ...roots], { inMemory }, () =>
      this.#looks.run(async () => {
        const [before, after] = [await this.open(one), await this.open(other)];
        const disks: ComparedDisk[] = [];
        for (const [index, disk] of before.disks.entries()) {
          const newer = after.disks[index];
          if (!newer) break;
          const changed = await changedBlocks(disk.map, newer.map);
          disks.push({ before: disk, after: newer, changed });
        }
        for (const { tree } of [before, after]) tree.endAt(performance.now() + lookMs);
        return make(before, after, new ComparedDisks([...before.parts, ...after.parts], disks));
      }),
    );
  }

  /** The same of an image and of volumes that were made of it, which may be written meanwhile. */
  compareLive<T>(
    pairs: readonly { disk: MappedDisk; live: LiveDisk }[],
    make: MakeOfBoth<T>,
  ): Promise<T> {
    return this.#looks.run(async () => {
      const before = await this.open(pairs.map(({ disk }) => disk));
      const compared: (ComparedDisk | undefined)[] = [];
      const disks: Disk[] = [];
      for (const [index, { live }] of pairs.entries()) {
        const base = live.base && (await this.#disk(live.base));
        const disk = live.layers.over(base);
        disks.push(disk);
        const image = before.disks[index] as SnapshotDisk;
        const changed = base && (await changedBlocks(image.map, base.map, disk.sizeBytes));
        if (changed) for await (const range of live.layers.allocated()) changed.addRange(range);
        compared.push(changed && { before: image, after: disk, changed });
      }
      const after = { ...(await openSystem(disks)), disks };
      for (const { tree } of [before, after]) tree.endAt(performance.now() + lookMs);
      return make(before, after, new ComparedDisks([...before.parts, ...after.parts], compared));
    });
  }

  /** What is kept in files is. */
  settled(): Promise<void> {
    return this.#results.settled();
  }

  /** Beyond a call, such as for a stream, whose reader has its own time. */
  async open(mapped: readonly MappedDisk[]): Promise<OpenedImage> {
    const disks: SnapshotDisk[] = [];
    for (const each of mapped) disks.push(await this.#disk(each));
    const isSealed = mapped.some(({ key }) => key !== undefined);
    return { ...(await openSystem(disks)), disks, isSealed };
  }

  async #disk({ root, region, key }: MappedDisk): Promise<SnapshotDisk> {
    const store = this.#blocks.of(region);
    const reader =
      this.#readers.get(store) ?? new CachedBlockReader(store, { memory: this.#memory });
    this.#readers.set(store, reader);
    return openSnapshotDisk(reader, root, key && reader.opened(key, this.#sealing));
  }
}

async function openSystem(disks: readonly Disk[]): Promise<OpenedSystem> {
  const parts = await openDisks(disks, budgets.walk);
  const tree = await systemTree(parts);
  if (tree) return { tree, parts };
  const [why = 'there is nothing on its disks'] = parts.flatMap(({ refused = [] }) => refused);
  throw new UnreadableContents(why);
}

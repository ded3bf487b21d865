/** For tests: an Imago's snapshots and sealed catalogs, and second stores of them, by a clock of the test's. */
import assert from 'node:assert/strict';
import type { Digest } from '../blocks/block-store.ts';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { fsck } from '../blocks/fsck.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { noticeChanges } from '../catalog/changes.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { snapshot } from '../catalog/test-rows.ts';
import { collectBlocks, collectTwice } from '../collection/collector.ts';
import { Pace } from '../collection/pace.ts';
import { Scrubber } from '../collection/scrubber.ts';
import { noDrafts } from '../collection/test-rows.ts';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import type { Files } from '../files/files.ts';
import { silentLog } from '../foundations/log.ts';
import { Archives } from '../transfers/archives.ts';
import { writeStoredImage } from '../transfers/stored-image.ts';
import { sealedCatalogRoots } from './catalog-record.ts';
import { StoreCopy } from './store-copy.ts';
import { seal } from './test-sealed.ts';

let elapsedMs = 0;
/** In which all of a second store is verified, and more than a round of the clock is. */
export const allMs = 10 * 60_000;
const clock = { now: () => new Date(), monotonicMs: () => elapsedMs };

export function passTime(ms: number): void {
  elapsedMs += ms;
}

export class World {
  readonly store = new MemoryBlockStore();
  readonly catalog: Catalog;
  readonly archiveFiles = new CrashingFiles({ seed: 1 });
  readonly archives = new Archives(this.archiveFiles, { own: '/archive', level: 1 });
  reads = 0;
  isHere = true;
  /** After so many looks it is away. */
  awayIn = Number.POSITIVE_INFINITY;
  readonly #copies: StoreCopy[] = [];
  #blocks = 0;

  constructor() {
    const under = createMemoryCatalog();
    const counted: Catalog = {
      ...{ write: (work) => under.write(work), close: () => under.close() },
      read: (work) => {
        this.reads++;
        return under.read(work);
      },
    };
    this.catalog = noticeChanges(counted, (changes) => {
      for (const copy of this.#copies) copy.noticed(changes);
    });
  }

  /** Of so many blocks of its own, and one that all have. */
  async snapshot(id: string, count: number): Promise<Digest> {
    const changes = new Map([[0, await storeBlock(this.store, Buffer.alloc(2 ** 19, 'shared'))]]);
    for (let i = 1; i <= count; i++) {
      const block = Buffer.alloc(2 ** 19);
      block.write(`of its own: ${++this.#blocks}`);
      changes.set(i, await storeBlock(this.store, block));
    }
    const { root } = await storeMap(this.store, { sizeBytes: 2 ** 30, changes });
    await this.catalog.write(({ snapshots }) => snapshots.insert(snapshot(id, { root })));
    await seal(this.store, this.catalog);
    return root;
  }

  /** As archive-snapshot does, and then its blocks are collected. */
  async archive(id: string): Promise<void> {
    const row = await this.catalog.read(({ snapshots }) => snapshots.get(id));
    assert.ok(row?.root);
    const { root, ...rest } = row;
    await this.archives.write(id, async (file) => {
      let at = 0;
      const append = async (bytes: Buffer) => {
        await file.write(bytes, at);
        at += bytes.length;
      };
      await writeStoredImage(append, {}, [{ reader: this.store, root }], { level: 1 });
    });
    const sizeBytes = await this.archives.publish(id);
    const archive = { map: root, host: 'h-1', sizeBytes };
    await this.catalog.write(({ snapshots }) => snapshots.update({ ...rest, archive }));
    await seal(this.store, this.catalog);
    const services = { blocks: this.store, catalog: this.catalog, drafts: noDrafts, clock };
    await collectTwice(services, { graceMs: 0, pace: new Pace(0) });
    assert.equal(await this.store.has(root), false);
  }

  copyTo(files: Files, bytesPerSecond?: number, lastMs?: number, pace = new Pace(0)): StoreCopy {
    const copy = new StoreCopy({
      folder: '/second',
      checkHere: async () => {
        if (!this.isHere || --this.awayIn <= 0) throw new Error('the store is not in /second now');
      },
      open: () => FsBlockStore.open('/second', { files }),
      catalog: this.catalog,
      blocks: oneBlockStore(this.store),
      archives: this.archives,
      settled: async () => void (await seal(this.store, this.catalog)),
      collect: (blocks, roots, signal) =>
        collectBlocks(
          { blocks, roots, catalog: this.catalog, drafts: noDrafts, clock },
          { graceMs: 0, pace, signal },
        ),
      verifier: (second, roots) =>
        new Scrubber(
          {
            blocks: oneBlockStore(second),
            others: () => [this.store],
            ...{ catalog: this.catalog, clock, log: silentLog, roots },
          },
          { days: allMs / 86_400_000 },
        ),
      clock,
      log: silentLog,
      bytesPerSecond,
      lastMs,
      collectEveryMs: 0,
    });
    this.#copies.push(copy);
    return copy;
  }
}

/** What fsck finds wrong with all snapshots and sealed catalogs there. */
export async function damageOf(store: FsBlockStore, roots: readonly Digest[]): Promise<string[]> {
  const all = [...roots, ...(await sealedCatalogRoots(store))];
  const found = await Array.fromAsync(fsck({ store, roots: all }));
  return found.filter(({ kind }) => kind !== 'summary').map((finding) => JSON.stringify(finding));
}

export async function roundOf(copy: StoreCopy) {
  await copy.round();
  const state = copy.describe();
  assert.equal(state.problem, undefined);
  return state;
}

/** Its last byte. */
export async function overwrite(files: Files, file: string): Promise<void> {
  await using opened = await files.open(file, 'update');
  const { sizeBytes } = await opened.stat();
  await opened.write(Buffer.alloc(1, 'x'), sizeBytes - 1);
}

/**
 * Uploads a volume: puts the blocks that its layers changed (or all blocks of a disk) into the
 * store and writes the block map of the whole. It only adds to the store, so it can be run again at
 * any time and gives the same root. What it reads must not change meanwhile: that is the caller's
 * pivot. With a seal all of its blocks are put sealed; those of a base that is not under the same
 * key are put again. It writes no row. From its end until a row names the root nothing may be
 * collected, so the collection waits for the task that ordered the upload.
 */
import { availableParallelism } from 'node:os';
import { writeBlockMap } from '../blocks/block-map.ts';
import {
  type BlockStore,
  type BlockWriter,
  blockSizeBytes,
  type Digest,
  type PutResult,
  zeroBlock,
} from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { blockCountOf } from '../blocks/map-pages.ts';
import type { SealKey } from '../blocks/sealed-block.ts';
import { SealedBlockReader, SealedBlockWriter, type Sealing } from '../blocks/sealed-blocks.ts';
import type { Files } from '../files/files.ts';
import type { Disk } from './disk.ts';
import { LayeredDisk } from './layered-disk.ts';
import { openLayer, type Qcow2Layer } from './qcow2-layer.ts';
import { openSnapshotDisk, type SnapshotDisk } from './snapshot-disk.ts';

/** Blocks being read, hashed or written at a time: threads get several in a message. */
const blocksInFlight = 16 + 4 * availableParallelism();
/** A commit for so many blocks: bounds what a crash makes one do again, 512 MiB. */
const blocksPerCommit = 1024;
/**
 * Blocks of the base are read once each, in order; a few are held for the leaf pages of its map.
 */
const baseCacheBytes = 8 * blockSizeBytes;

export interface UploadResult {
  /** Root digest of the block map; everything that it names is durable. */
  root: Digest;
  /** Blocks that were read because something in them may have changed. */
  changedBlocks: number;
  /** Bytes newly written to the store, compressed, pages of the map included. */
  storedBytes: number;
  /**
   * Plain bytes of the captured volume that the store had already: from the base, or equal to other
   * blocks.
   */
  sharedBytes: number;
  /** Plain bytes of all blocks of the volume that are not zero. */
  fullSizeBytes: number;
}

export interface UploadOptions {
  store: BlockStore;
  /** Where layers are read from; this machine's files without it. */
  files?: Files;
  onProgress?: (doneBlocks: number, totalBlocks: number) => void;
  signal?: AbortSignal;
  /** What its blocks are sealed under; without it they are plain. */
  seal?: SealKey;
  /** In threads, where there are. */
  sealing?: Sealing;
}

export interface UploadLayersOptions extends UploadOptions {
  /** What lies under the lowest layer; without it zeros. */
  base?: { root: Digest; sizeBytes: number; key?: SealKey };
  /** Opens the layers, where they are encrypted. */
  secret?: string;
  /** Paths of qcow2 files, lowest first; nobody writes them any more. */
  layers: readonly string[];
  /** The layers may be smaller: of a volume that was made larger, and not used since. */
  sizeBytes: number;
}

/** Costs what the layers changed, not what the volume could hold. */
export async function uploadLayers(options: UploadLayersOptions): Promise<UploadResult> {
  const { store, base, sizeBytes, seal, secret } = options;
  if (!seal && (base?.key || secret !== undefined)) throw new TypeError('it would become plain');
  const opened: Qcow2Layer[] = [];
  try {
    for (const path of options.layers) opened.push(await openLayer(path, options.files, secret));
    const top = opened.at(-1);
    if (top && top.sizeBytes > sizeBytes) {
      throw new RangeError(`${top.path} has ${top.sizeBytes} bytes, the volume ${sizeBytes}`);
    }
    const indexes = new Set<number>();
    for (const layer of opened) await addChangedBlocks(layer, indexes);
    const cache = new CachedBlockReader(store, { capacityBytes: baseCacheBytes });
    const under = base && (await openSnapshotDisk(cache, base.root, openedBlocks(options)));
    if (under && under.sizeBytes !== base.sizeBytes) {
      throw new RangeError(`${base.root} has ${under.sizeBytes} bytes, not ${base.sizeBytes}`);
    }
    const isResealed = base !== undefined && base.key?.id !== seal?.id;
    if (isResealed && under) for (const index of await indexesOf(under)) indexes.add(index);
    const ascending = [...indexes].sort((a, b) => a - b);
    const disk = top ? new LayeredDisk(opened, under) : isResealed ? under : undefined;
    await using writer = store.begin();
    const changes = disk
      ? await putBlocks({ disk, indexes: ascending, under }, writer, options)
      : { digests: new Map<number, Digest | null>(), newBlocks: 0, storedBytes: 0 };
    return await finish(writer, sizeBytes, changes, isResealed ? undefined : base?.root);
  } finally {
    for (const layer of opened) await layer.close();
  }
}

/** The blocks of the base, where they are sealed. */
function openedBlocks({ store, base, sealing }: UploadLayersOptions) {
  if (!base?.key) return undefined;
  const reader = new SealedBlockReader(store, base.key, sealing);
  return new CachedBlockReader(reader, { capacityBytes: baseCacheBytes });
}

export interface UploadDiskOptions extends UploadOptions {
  disk: Disk;
  /** Of the blocks that may not be zero; without it those of which the disk does not say so. */
  indexes?: readonly number[];
  /** Root of a map that has the other blocks. */
  base?: Digest;
  /** Root of a map that the disk is perhaps a later version of: what is nearly equal takes less. */
  like?: Digest;
}

/** Uploads the blocks of a disk; zeros that it does not know of cost the reading. It stays open. */
export async function uploadDisk(options: UploadDiskOptions): Promise<UploadResult> {
  const { disk, store, like = options.base } = options;
  const indexes = options.indexes ?? (await indexesOf(disk));
  const cache = new CachedBlockReader(store, { capacityBytes: baseCacheBytes });
  const under = like === undefined ? undefined : await openSnapshotDisk(cache, like);
  await using writer = store.begin();
  const changes = await putBlocks({ disk, indexes, under }, writer, options);
  return await finish(writer, disk.sizeBytes, changes, options.base);
}

/** Of a range that is asked about at once. */
const extentsBytes = 2048 * blockSizeBytes;

async function indexesOf(disk: Disk): Promise<number[]> {
  const { sizeBytes } = disk;
  if (!disk.extents) return Array.from({ length: blockCountOf(sizeBytes) }, (_, i) => i);
  const indexes: number[] = [];
  for (let start = 0; start < sizeBytes; start += extentsBytes) {
    let at = start;
    for (const extent of await disk.extents(start, Math.min(extentsBytes, sizeBytes - start))) {
      const end = at + extent.length;
      const first = Math.max(Math.floor(at / blockSizeBytes), (indexes.at(-1) ?? -1) + 1);
      if (!extent.zero) for (let i = first; i * blockSizeBytes < end; i++) indexes.push(i);
      at = end;
    }
  }
  return indexes;
}

interface PutBlocks {
  digests: Map<number, Digest | null>;
  newBlocks: number;
  storedBytes: number;
}

async function addChangedBlocks(layer: Qcow2Layer, indexes: Set<number>): Promise<void> {
  for await (const range of layer.allocated()) addBlocksOf(range, indexes);
}

/** All that a range of bytes is in, be it in part. */
export function addBlocksOf(
  { offset, length }: { offset: number; length: number },
  indexes: Set<number>,
): void {
  const last = Math.floor((offset + length - 1) / blockSizeBytes);
  for (let i = Math.floor(offset / blockSizeBytes); i <= last; i++) indexes.add(i);
}

interface Source {
  disk: Disk;
  indexes: readonly number[];
  /** What the disk was, before: a block that changed is often nearly the one before. */
  under?: SnapshotDisk;
}

async function putBlocks(
  { disk, indexes, under }: Source,
  writer: BlockWriter,
  { onProgress, signal, seal, sealing }: UploadOptions,
): Promise<PutBlocks> {
  const blocks = seal ? new SealedBlockWriter(writer, seal, sealing) : writer;
  const result: PutBlocks = { digests: new Map(), newBlocks: 0, storedBytes: 0 };
  const rest = indexes.values();
  const spare: Buffer[] = [];
  let failed = false;
  const putRest = async () => {
    for (const index of rest) {
      signal?.throwIfAborted();
      if (failed) return;
      const replaces = seal ? undefined : await digestUnder(under, index);
      const put = await putBlock(disk, index, blocks, { replaces, spare });
      result.digests.set(index, put?.digest ?? null);
      if (put && put.storedBytes > 0) {
        result.storedBytes += put.storedBytes;
        result.newBlocks++;
      }
      if (result.digests.size % blocksPerCommit === 0) await writer.commit();
      onProgress?.(result.digests.size, indexes.length);
    }
  };
  const work = async () => {
    try {
      await putRest();
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  // All workers end before a failure is told: nobody reads on from files that the caller may
  // remove.
  const ends = await Promise.allSettled(Array.from({ length: blocksInFlight }, work));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
  return result;
}

/** Undefined for the zero block. */
async function putBlock(
  disk: Disk,
  index: number,
  blocks: BlockWriter,
  { replaces, spare }: { replaces?: Digest; spare: Buffer[] },
): Promise<PutResult | undefined> {
  const offset = index * blockSizeBytes;
  const length = Math.min(blockSizeBytes, disk.sizeBytes - offset);
  const place = blocks.putFrom && (await disk.placeOf?.(offset, length));
  if (place) return blocks.putFrom?.(place, { replaces });
  const block = spare.pop() ?? blocks.room();
  await readBlock(disk, index, block);
  if (!block.equals(zeroBlock)) return blocks.put(block, { given: true, replaces });
  spare.push(block);
  return undefined;
}

async function digestUnder(
  under: SnapshotDisk | undefined,
  index: number,
): Promise<Digest | undefined> {
  if (!under || index >= blockCountOf(under.sizeBytes)) return undefined;
  return (await under.digestAt(index)) ?? undefined;
}

/** Block `index`, whole: what lies beyond the end of the disk is zeros. */
async function readBlock(disk: Disk, index: number, target: Buffer): Promise<void> {
  const offset = index * blockSizeBytes;
  const length = Math.min(blockSizeBytes, disk.sizeBytes - offset);
  target.fill(0, length);
  if (disk.preadInto) await disk.preadInto(offset, target.subarray(0, length));
  else (await disk.pread(offset, length)).copy(target);
}

async function finish(
  writer: BlockWriter,
  sizeBytes: number,
  { digests, newBlocks, storedBytes }: PutBlocks,
  base?: Digest,
): Promise<UploadResult> {
  // Blocks first, then the pages that name them: a crash between leaves garbage, never a dangling
  // map.
  await writer.commit();
  const map = await writeBlockMap(writer, { sizeBytes, base, changes: digests });
  await writer.commit();
  return {
    root: map.root,
    changedBlocks: digests.size,
    storedBytes: storedBytes + map.storedBytes,
    sharedBytes: map.fullSizeBytes - newBlocks * blockSizeBytes,
    fullSizeBytes: map.fullSizeBytes,
  };
}

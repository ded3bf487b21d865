/**
 * Copies a snapshot from one block store into another: its blocks are read and verified there, and
 * put here. Its map comes out the same, root and all, unless it is to be under another key. Run again
 * it gives the same.
 */
import { readBlockMap } from '../blocks/block-map.ts';
import { type BlockReader, blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import type { SealKey } from '../blocks/sealed-block.ts';
import { SealedBlockReader } from '../blocks/sealed-blocks.ts';
import { SnapshotDisk } from './snapshot-disk.ts';
import { type UploadOptions, type UploadResult, uploadDisk } from './upload-layers.ts';

/** Blocks are read once each, in order; a few are held for the leaf pages of the map. */
const cacheBytes = 8 * blockSizeBytes;

export interface CopySnapshotOptions extends UploadOptions {
  from: BlockReader;
  root: Digest;
  /** What its blocks are sealed under there. */
  key?: SealKey;
}

export async function copySnapshot(options: CopySnapshotOptions): Promise<UploadResult> {
  const { from, root, key, seal, sealing } = options;
  if (key && !seal) throw new TypeError('it would become plain');
  const reader = new CachedBlockReader(from, { capacityBytes: cacheBytes });
  const blocks = key
    ? new CachedBlockReader(new SealedBlockReader(from, key, sealing), {
        capacityBytes: cacheBytes,
      })
    : reader;
  const map = await readBlockMap(reader, root);
  const indexes: number[] = [];
  for await (const { index } of map.entries()) indexes.push(index);
  const result = await uploadDisk({ ...options, disk: new SnapshotDisk(blocks, map), indexes });
  if (!seal && result.root !== root)
    throw new Error(`the copy of ${root} came out as ${result.root}`);
  return result;
}

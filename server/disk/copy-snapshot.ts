/**
 * Copies a snapshot from one block store into another: its blocks are read and verified there, and
 * put here. Its map comes out the same, root and all. Run again it gives the same.
 */
import { readBlockMap } from '../blocks/block-map.ts';
import { type BlockStore, blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { SnapshotDisk } from './snapshot-disk.ts';
import { type UploadOptions, type UploadResult, uploadDisk } from './upload-layers.ts';

/** Blocks are read once each, in order; a few are held for the leaf pages of the map. */
const cacheBytes = 8 * blockSizeBytes;

export interface CopySnapshotOptions extends UploadOptions {
  from: BlockStore;
  root: Digest;
}

export async function copySnapshot(options: CopySnapshotOptions): Promise<UploadResult> {
  const { from, root } = options;
  const reader = new CachedBlockReader(from, { capacityBytes: cacheBytes });
  const map = await readBlockMap(reader, root);
  const indexes: number[] = [];
  for await (const { index } of map.entries()) indexes.push(index);
  const result = await uploadDisk({ ...options, disk: new SnapshotDisk(reader, map), indexes });
  if (result.root !== root) throw new Error(`the copy of ${root} came out as ${result.root}`);
  return result;
}

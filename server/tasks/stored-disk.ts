/** A disk that is in a region's block store, for who reads a little of it. */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { openSnapshotDisk, type SnapshotDisk } from '../disk/snapshot-disk.ts';
import type { TaskServices } from './task.ts';

/** What is looked at lies together. */
const usualCacheBytes = 16 * blockSizeBytes;

export function openStored(
  { blocks }: Pick<TaskServices, 'blocks'>,
  region: string,
  root: string,
  cacheBytes = usualCacheBytes,
): Promise<SnapshotDisk> {
  const reader = new CachedBlockReader(blocks.of(region), { capacityBytes: cacheBytes });
  return openSnapshotDisk(reader, root);
}

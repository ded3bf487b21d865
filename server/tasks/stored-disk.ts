/** A disk that is in a region's block store, for tasks that read it. */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk, type SnapshotDisk } from '../disk/snapshot-disk.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
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

export interface LookAtStored {
  region: string;
  root: string;
  signal: AbortSignal;
}

/** Given up when no read of it ends. */
export function lookAtStored<T>(
  services: Pick<TaskServices, 'blocks' | 'silenceMs'>,
  { region, root, signal }: LookAtStored,
  look: (disk: Disk) => Promise<T>,
): Promise<T> {
  const { silenceMs = usualTimeLimits.silenceMs } = services;
  const silent = () => new Error('a look at a stored disk shows no progress');
  return unlessSilent(
    async ({ onProgress }) => {
      const disk = await openStored(services, region, root);
      return look({
        sizeBytes: disk.sizeBytes,
        async pread(offset, length) {
          onProgress();
          return disk.pread(offset, length);
        },
        close: () => disk.close(),
      });
    },
    { silenceMs, signal, silent },
  );
}

/** A disk that is in a region's block store, for tasks that read it. */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { type SealKey, sealKeyOf } from '../blocks/sealed-block.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk, type SnapshotDisk } from '../disk/snapshot-disk.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import type { TaskServices } from './task.ts';

/** What is looked at lies together. */
const usualCacheBytes = 16 * blockSizeBytes;

type StoreServices = Pick<TaskServices, 'blocks' | 'catalog' | 'masterKey' | 'sealing'>;

export interface Stored {
  region: string;
  root: string;
  /** How its blocks are opened; absent: they are plain. */
  encryption?: Encryption;
}

export async function openStored(
  services: StoreServices,
  { region, root, encryption }: Stored,
  cacheBytes = usualCacheBytes,
): Promise<SnapshotDisk> {
  const store = services.blocks.of(region);
  const reader = new CachedBlockReader(store, { capacityBytes: cacheBytes });
  const key = await sealKeyFor(services, encryption);
  return openSnapshotDisk(reader, root, key && reader.opened(key, services.sealing));
}

/** Of what a row names; nothing where it is plain. */
export async function sealKeyFor(
  services: Pick<TaskServices, 'catalog' | 'masterKey'>,
  encryption: Encryption | undefined,
): Promise<SealKey | undefined> {
  return encryption && sealKeyOf(await new VolumeKeys(services).blocks(encryption));
}

export interface LookAtStored extends Stored {
  signal: AbortSignal;
}

/** Given up when no read of it ends. */
export function lookAtStored<T>(
  services: StoreServices & Pick<TaskServices, 'silenceMs'>,
  { signal, ...stored }: LookAtStored,
  look: (disk: Disk) => Promise<T>,
): Promise<T> {
  const { silenceMs = usualTimeLimits.silenceMs } = services;
  const silent = () => new Error('a look at a stored disk shows no progress');
  return unlessSilent(
    async ({ onProgress }) => {
      const disk = await openStored(services, stored);
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

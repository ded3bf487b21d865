/**
 * The disks of an image, or that of a snapshot, for tasks that look into them: read from its
 * snapshots, opened by its keys.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { sealKeyOf } from '../blocks/sealed-block.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { type CompletedSnapshot, completed } from '../domain/snapshots.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { orFail, TaskFailure, type TaskServices } from './task.ts';

/** What is looked at lies together; inodes and names are asked for again between files. */
const cacheBytes = 64 * blockSizeBytes;

interface OpenedSnapshot {
  snapshotId: string;
  root: string;
  isRoot: boolean;
  encryption?: Encryption;
}

export interface DiskOfImage {
  snapshotId: string;
  isRoot: boolean;
  disk: Disk;
}

export interface Watch {
  onProgress(): void;
  signal: AbortSignal;
}

type Look<T> = (disks: DiskOfImage[], watch: Watch) => Promise<T>;

/** Given up when no read of it ends, as at the end of Imago. */
export async function withDisksOfImage<T>(
  services: TaskServices,
  imageId: string,
  signal: AbortSignal,
  look: Look<T>,
): Promise<T> {
  return withDisks(services, await readSnapshots(services, imageId), signal, look);
}

/** The same of disks that are snapshots of one region, that of the root first. */
export async function withDisksOfSnapshots<T>(
  services: TaskServices,
  rows: readonly CompletedSnapshot[],
  signal: AbortSignal,
  look: Look<T>,
): Promise<T> {
  const snapshots = rows.map(({ id: snapshotId, root, encryption }, index) => ({
    ...{ snapshotId, root, encryption, isRoot: index === 0 },
  }));
  return withDisks(services, { region: rows[0]?.region ?? '', snapshots }, signal, look);
}

async function withDisks<T>(
  services: TaskServices,
  { region, snapshots }: { region: string; snapshots: OpenedSnapshot[] },
  signal: AbortSignal,
  look: Look<T>,
): Promise<T> {
  const { blocks, silenceMs = usualTimeLimits.silenceMs } = services;
  const silent = () => new Error('the look into a backup shows no progress');
  return unlessSilent(
    async (watch) => {
      const reader = new CachedBlockReader(blocks.of(region), { capacityBytes: cacheBytes });
      const disks: DiskOfImage[] = [];
      for (const { snapshotId, root, isRoot, encryption } of snapshots) {
        const key = encryption && sealKeyOf(await new VolumeKeys(services).blocks(encryption));
        const disk = await openSnapshotDisk(reader, root, key && reader.opened(key));
        disks.push({ snapshotId, isRoot, disk: watched(disk, watch) });
      }
      return look(disks, watch);
    },
    { silenceMs, signal, silent },
  );
}

async function readSnapshots({ catalog }: TaskServices, imageId: string) {
  return catalog.read(async ({ images, snapshots }) => {
    const image = await images.get(imageId);
    if (!image) throw gone(imageId);
    const found: OpenedSnapshot[] = [];
    for (const { deviceName, ebs } of image.blockDeviceMappings) {
      if (ebs.snapshotId === undefined) continue;
      const snapshot = await snapshots.get(ebs.snapshotId);
      if (!snapshot) throw gone(imageId);
      const { id: snapshotId, root, encryption } = orFail(() => completed(snapshot));
      const isRoot = deviceName === image.rootDeviceName;
      found.push({ snapshotId, root, isRoot, encryption });
    }
    return { region: image.region, snapshots: found };
  });
}

function watched(disk: Disk, { onProgress, signal }: Watch): Disk {
  return {
    sizeBytes: disk.sizeBytes,
    async pread(offset, length) {
      signal.throwIfAborted();
      onProgress();
      return disk.pread(offset, length);
    },
    close: () => disk.close(),
  };
}

export function gone(imageId: string): TaskFailure {
  const code = 'Client.InvalidAMIID.NotFound';
  return new TaskFailure(code, `${code}: The image ${imageId} has been deregistered.`);
}

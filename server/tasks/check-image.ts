/**
 * Looks into the files of an image, which is not booted for it, and writes down with the image what
 * should not be there (contents/checks.ts says what).
 */

import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { type SealKey, sealKeyOf } from '../blocks/sealed-block.ts';
import type { ImageFinding, ImageScan } from '../catalog/rows/image.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import { checkDisk } from '../contents/checks.ts';
import { checks } from '../contents/findings.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { type CheckImageInput, withScan } from '../domain/image-findings.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { completed } from '../domain/snapshots.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { defineTask, orFail, TaskFailure, type TaskServices } from './task.ts';

/** What is looked at lies together. */
const cacheBytes = 16 * blockSizeBytes;

export interface CheckOutput {
  findings: number;
}

interface Outputs {
  check: CheckOutput;
}

export const checkImage = defineTask<CheckImageInput, Outputs>({
  kind: 'check-image',
  steps: [
    {
      name: 'check',
      run: async ({ input, services, signal }) => {
        const scan = await scanImage(services, input.imageId, signal);
        return { findings: scan.findings.length };
      },
    },
  ],
  // Nobody waits for anything but the task's own row.
  async failed() {},
});

/** Kept with the image. */
export async function scanImage(
  services: TaskServices,
  imageId: string,
  signal: AbortSignal,
): Promise<ImageScan> {
  const { catalog, clock, masterKey } = services;
  const { region, disks } = await readDisks(services, imageId);
  const now = clock.now();
  const firstObservedAt = now.toISOString();
  const findings: ImageFinding[] = [];
  for (const { snapshotId, root, isRoot, encryption } of disks) {
    const key = encryption && sealKeyOf(await new VolumeKeys(services).blocks(encryption));
    const found = await checkSnapshot(services, region, root, { isRoot, key, signal });
    for (const { check, paths } of found) {
      findings.push({ check, ...checks[check], paths, snapshotId, firstObservedAt });
    }
  }
  const kept = await catalog.write(async (transaction) => {
    const { images } = transaction;
    const image = await images.get(imageId);
    if (!image) throw gone(imageId);
    const scan = { scannedAt: firstObservedAt, findings };
    const checked = await images.update(withScan(image, scan));
    // What was found is told by the manifest, too.
    await recordManifest(transaction, checked, { masterKey, now });
    return checked;
  });
  return kept.scan as ImageScan;
}

interface SnapshotOfImage {
  snapshotId: string;
  root: string;
  isRoot: boolean;
  encryption?: Encryption;
}

async function readDisks({ catalog }: TaskServices, imageId: string) {
  return catalog.read(async ({ images, snapshots }) => {
    const image = await images.get(imageId);
    if (!image) throw gone(imageId);
    const disks: SnapshotOfImage[] = [];
    for (const { deviceName, ebs } of image.blockDeviceMappings) {
      if (ebs.snapshotId === undefined) continue;
      const snapshot = await snapshots.get(ebs.snapshotId);
      if (!snapshot) throw gone(imageId);
      const { id: snapshotId, root, encryption } = orFail(() => completed(snapshot));
      const isRoot = deviceName === image.rootDeviceName;
      disks.push({ snapshotId, root, isRoot, encryption });
    }
    return { region: image.region, disks };
  });
}

/** Given up when no read of it ends, as at the end of Imago. */
function checkSnapshot(
  { blocks, silenceMs = usualTimeLimits.silenceMs }: TaskServices,
  region: string,
  root: string,
  { isRoot, key, signal }: { isRoot: boolean; key?: SealKey; signal: AbortSignal },
) {
  const silent = () => new Error('the check of an image shows no progress');
  return unlessSilent(
    async ({ onProgress, signal: ended }) => {
      const reader = new CachedBlockReader(blocks.of(region), { capacityBytes: cacheBytes });
      const disk = await openSnapshotDisk(reader, root, key && reader.opened(key));
      const watched: Disk = {
        sizeBytes: disk.sizeBytes,
        async pread(offset, length) {
          ended.throwIfAborted();
          onProgress();
          return disk.pread(offset, length);
        },
        close: () => disk.close(),
      };
      return checkDisk(watched, { isRoot });
    },
    { silenceMs, signal, silent },
  );
}

function gone(imageId: string): TaskFailure {
  const code = 'Client.InvalidAMIID.NotFound';
  return new TaskFailure(code, `${code}: The image ${imageId} has been deregistered.`);
}

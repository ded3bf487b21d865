/**
 * Looks into the files of an image, which is not booted for it, and writes down with the image what
 * should not be there (contents/checks.ts says what).
 */

import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { sealKeyOf } from '../blocks/sealed-block.ts';
import type { ImageFinding, ImageScan } from '../catalog/rows/image.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import { checkDisk } from '../contents/checks.ts';
import { checks, type Found } from '../contents/findings.ts';
import type { Package } from '../contents/installed-package.ts';
import type { OsRelease } from '../contents/os-release.ts';
import { reviewSystem } from '../contents/system-review.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { type CheckImageInput, withScan } from '../domain/image-findings.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { completed } from '../domain/snapshots.ts';
import { endedSupport } from '../domain/system-support.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { UnreadableFeed, type VulnerabilityFeed } from '../vulnerabilities/vulnerability-feed.ts';
import { vulnerablePackages } from '../vulnerabilities/vulnerable-packages.ts';
import { defineTask, orFail, TaskFailure, type TaskServices } from './task.ts';

/** What is looked at lies together; inodes and names are asked for again between files. */
const cacheBytes = 64 * blockSizeBytes;

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
  const found = await lookThrough(services, region, disks, signal);
  for (const { snapshotId, found: ofDisk } of found) {
    for (const { check, ...where } of ofDisk) {
      findings.push({ check, ...checks[check], ...where, snapshotId, firstObservedAt });
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

interface FoundOnDisk {
  snapshotId: string;
  found: Found[];
}

/** Given up when no read of it ends, as at the end of Imago. */
async function lookThrough(
  services: TaskServices,
  region: string,
  snapshots: readonly SnapshotOfImage[],
  signal: AbortSignal,
): Promise<FoundOnDisk[]> {
  const { blocks, clock, vulnerabilities, silenceMs = usualTimeLimits.silenceMs } = services;
  const silent = () => new Error('the check of an image shows no progress');
  return unlessSilent(
    async (watch) => {
      const reader = new CachedBlockReader(blocks.of(region), { capacityBytes: cacheBytes });
      const found: FoundOnDisk[] = [];
      const disks: Disk[] = [];
      for (const { snapshotId, root, isRoot, encryption } of snapshots) {
        const key = encryption && sealKeyOf(await new VolumeKeys(services).blocks(encryption));
        const disk = watched(
          await openSnapshotDisk(reader, root, key && reader.opened(key)),
          watch,
        );
        if (isRoot) disks.unshift(disk);
        else disks.push(disk);
        found.push({ snapshotId, found: await checkDisk(disk, { isRoot }) });
      }
      const rootId = snapshots.find(({ isRoot }) => isRoot)?.snapshotId;
      if (rootId === undefined) return found;
      const ofSystem = await reviewSystem(disks, {
        unsupported: (system) => unsupported(system, clock.now()),
        ...(vulnerabilities && {
          vulnerable: (system, packages) => vulnerable(vulnerabilities, system, packages, watch),
        }),
      });
      return [...found, { snapshotId: rootId, found: ofSystem }];
    },
    { silenceMs, signal, silent },
  );
}

interface Watch {
  onProgress(): void;
  signal: AbortSignal;
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

function unsupported(system: OsRelease, now: Date): string | undefined {
  const ended = endedSupport(system, now);
  if (!ended) return undefined;
  return ended.lastDay ? `${ended.system}, until ${ended.lastDay}` : ended.system;
}

const signOfLifeMs = 1_000;

/** The thread that reads the feed has a limit of its own. */
async function vulnerable(
  feed: VulnerabilityFeed,
  system: OsRelease,
  packages: readonly Package[],
  { onProgress, signal }: Watch,
): Promise<Found[]> {
  const alive = setInterval(onProgress, signOfLifeMs);
  try {
    return vulnerablePackages(await feed.affecting(system, packages, signal));
  } catch (error) {
    if (!(error instanceof UnreadableFeed)) throw error;
    return [{ check: 'vulnerabilities-unread', paths: [error.message] }];
  } finally {
    clearInterval(alive);
  }
}

function gone(imageId: string): TaskFailure {
  const code = 'Client.InvalidAMIID.NotFound';
  return new TaskFailure(code, `${code}: The image ${imageId} has been deregistered.`);
}

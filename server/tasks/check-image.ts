/**
 * Looks into the files of an image, which is not booted for it, and writes down with the image what
 * should not be there (contents/checks.ts says what).
 */

import type { ImageFinding, ImageScan } from '../catalog/rows/image.ts';
import { checkDisk } from '../contents/checks.ts';
import { checks, type Found } from '../contents/findings.ts';
import type { Package } from '../contents/installed-package.ts';
import type { OsRelease } from '../contents/os-release.ts';
import { reviewSystem } from '../contents/system-review.ts';
import { type CheckImageInput, withScan } from '../domain/image-findings.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { endedSupport } from '../domain/system-support.ts';
import { UnreadableFeed, type VulnerabilityFeed } from '../vulnerabilities/vulnerability-feed.ts';
import { vulnerablePackages } from '../vulnerabilities/vulnerable-packages.ts';
import { gone, type Watch, withDisksOfImage } from './image-disks.ts';
import { defineTask, type TaskServices } from './task.ts';

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
  const now = clock.now();
  const firstObservedAt = now.toISOString();
  const findings: ImageFinding[] = [];
  const found = await lookThrough(services, imageId, signal);
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

interface FoundOnDisk {
  snapshotId: string;
  found: Found[];
}

async function lookThrough(
  services: TaskServices,
  imageId: string,
  signal: AbortSignal,
): Promise<FoundOnDisk[]> {
  const { clock, vulnerabilities } = services;
  return withDisksOfImage(services, imageId, signal, async (opened, watch) => {
    const found: FoundOnDisk[] = [];
    for (const { snapshotId, isRoot, disk } of opened) {
      found.push({ snapshotId, found: await checkDisk(disk, { isRoot }) });
    }
    const root = opened.find(({ isRoot }) => isRoot);
    if (!root) return found;
    const disks = [root, ...opened.filter((each) => each !== root)].map(({ disk }) => disk);
    const ofSystem = await reviewSystem(disks, {
      unsupported: (system) => unsupported(system, clock.now()),
      ...(vulnerabilities && {
        vulnerable: (system, packages) => vulnerable(vulnerabilities, system, packages, watch),
      }),
    });
    return [...found, { snapshotId: root.snapshotId, found: ofSystem }];
  });
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

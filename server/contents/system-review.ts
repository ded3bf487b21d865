/**
 * Looks through the whole system that the disks of an image are together, as it would be mounted:
 * what is known of its files, its packages and its release. What lies on each disk by itself is
 * checks.ts's.
 */
import type { Disk } from '../disk/disk.ts';
import { budgets, UnreadableContents } from './bounded-reader.ts';
import { openDisks } from './disk-contents.ts';
import { checkFiles } from './file-checks.ts';
import { Findings, type Found } from './findings.ts';
import type { Package } from './installed-package.ts';
import { checkLeftBehind } from './left-behind-checks.ts';
import { systemTree } from './mount-points.ts';
import { type OsRelease, readOsRelease } from './os-release.ts';
import { readPackages } from './packages.ts';
import type { SystemTree } from './system-tree.ts';

/** Above what a full look through a system of many gigabytes takes. */
const reviewMs = 10 * 60_000;

export interface ReviewOptions {
  /** What is wrong with a release of a system: told as its path is. */
  unsupported(system: OsRelease): string | undefined;
  /** What is known of its packages, where there is a feed. */
  vulnerable?(system: OsRelease, packages: readonly Package[]): Promise<Found[]>;
}

/** Of all disks, the root's first. Where there is no system there is nothing to say. */
export async function reviewSystem(
  disks: readonly Disk[],
  options: ReviewOptions,
): Promise<Found[]> {
  const found = new Findings();
  const ofPackages: Found[] = [];
  try {
    const tree = await systemTree(await openDisks(disks, budgets.walk));
    if ((await tree?.find('/etc'))?.inode.kind !== 'folder' || !tree) return [];
    tree.endAt(performance.now() + reviewMs);
    for (const review of reviews) await bounded(found, () => review(tree, found, options));
    await bounded(found, async () => {
      ofPackages.push(...(await checkPackages(tree, options)));
    });
  } catch (error) {
    // The disk by itself tells so, too.
    if (!(error instanceof UnreadableContents)) throw error;
  }
  return [...found.list(), ...ofPackages];
}

type Review = (tree: SystemTree, found: Findings, options: ReviewOptions) => Promise<void>;

const reviews: readonly Review[] = [checkLeftBehind, checkRelease, checkFiles];

/** What cannot be read for one of them bars no other. */
async function bounded(found: Findings, review: () => Promise<void>): Promise<void> {
  try {
    await review();
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    found.add('system-unread', error.message);
  }
}

async function checkRelease(
  tree: SystemTree,
  found: Findings,
  { unsupported }: ReviewOptions,
): Promise<void> {
  const system = await readOsRelease(tree);
  const what = system && unsupported(system);
  if (what !== undefined) found.add('system-unsupported', what);
}

async function checkPackages(tree: SystemTree, { vulnerable }: ReviewOptions): Promise<Found[]> {
  const system = vulnerable && (await readOsRelease(tree));
  return system ? vulnerable(system, await readPackages(tree)) : [];
}

/**
 * Drills as they are listed: the newest first, all of an owner or those of some sources, images,
 * snapshots or restore jobs.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import { placeAt } from '../../catalog/rows/backup.ts';
import { allDrills, type DrillRow } from '../../catalog/rows/drill.ts';
import { newestPage } from '../newest-pages.ts';
import type { Page } from '../pages.ts';
import type { Owner } from '../viewer.ts';

const readAtOnce = 1000;

/** All that are given hold, of each any of its ids. */
export interface DrillsOf {
  imageId?: readonly string[];
  snapshotId?: readonly string[];
  sourceId?: readonly string[];
  restoreJobId?: readonly string[];
}

/** With other filters than the one that is read by, a page may have fewer than it asks for. */
export function pageOfDrills(
  { drills }: CatalogReader,
  owner: Owner,
  of: DrillsOf,
  page: Page,
): Promise<{ rows: DrillRow[]; nextToken?: string }> {
  const { imageId, snapshotId, sourceId, restoreJobId } = of;
  const read = restoreJobId ?? imageId ?? snapshotId ?? sourceId ?? [allDrills];
  return newestPage(drills, owner, read, page, (row) => isOf(of, row));
}

export function newestFirst(one: DrillRow, other: DrillRow): number {
  return other.createdAt.localeCompare(one.createdAt) || one.id.localeCompare(other.id);
}

export function isOf(of: DrillsOf, row: DrillRow): boolean {
  const { imageId, snapshotId, sourceId, restoreJobId } = of;
  return (
    (imageId?.includes(row.imageId ?? '') ?? true) &&
    (snapshotId?.includes(row.snapshotId ?? '') ?? true) &&
    (sourceId?.includes(row.sourceId ?? '') ?? true) &&
    (restoreJobId?.includes(row.restoreJobId ?? '') ?? true)
  );
}

/** Of a source, or of what is a backup of nothing. */
export async function newestIds(
  { drills }: CatalogReader,
  owner: Owner,
  of: string,
): Promise<string[]> {
  const range = { prefix: placeAt(owner, of), limit: 10 * readAtOnce };
  return (await drills.listKeys('place', range)).map(({ id }) => id);
}

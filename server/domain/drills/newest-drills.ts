/**
 * Drills as they are listed: the newest first, all of an owner or those of some sources, images or
 * snapshots. What begins meanwhile comes before the first page, and moves no other.
 */
import type { CatalogReader, KeyEntry } from '../../catalog/catalog.ts';
import { placeAt } from '../../catalog/rows/backup.ts';
import { allDrills, type DrillRow } from '../../catalog/rows/drill.ts';
import type { Page } from '../pages.ts';
import type { Owner } from '../viewer.ts';

const readAtOnce = 1000;

/** All that are given hold, of each any of its ids. */
export interface DrillsOf {
  imageId?: readonly string[];
  snapshotId?: readonly string[];
  sourceId?: readonly string[];
}

/** With other filters than the one that is read by, a page may have fewer than it asks for. */
export async function pageOfDrills(
  reader: CatalogReader,
  owner: Owner,
  of: DrillsOf,
  page: Page,
): Promise<{ rows: DrillRow[]; nextToken?: string }> {
  const rows: DrillRow[] = [];
  const { limit = readAtOnce } = page;
  for (let { after } = page; ; ) {
    const entries = await newest(reader, owner, of, { after, limit: limit + 1 });
    const shown = entries.slice(0, limit);
    rows.push(...(await rowsOf(reader, shown)).filter((row) => isOf(of, row)));
    const last = entries.length > limit ? shown.at(-1) : undefined;
    if (!last) return { rows };
    if (page.limit !== undefined) return { rows, nextToken: page.tokenAfter(last.value) };
    after = last.value;
  }
}

export function newestFirst(one: DrillRow, other: DrillRow): number {
  return other.createdAt.localeCompare(one.createdAt) || one.id.localeCompare(other.id);
}

export function isOf({ imageId, snapshotId, sourceId }: DrillsOf, row: DrillRow): boolean {
  return (
    (imageId?.includes(row.imageId ?? '') ?? true) &&
    (snapshotId?.includes(row.snapshotId ?? '') ?? true) &&
    (sourceId?.includes(row.sourceId ?? '') ?? true)
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

/** Their values are places in time, the same whatever they are found by. */
async function newest(
  { drills }: CatalogReader,
  owner: Owner,
  { imageId, snapshotId, sourceId }: DrillsOf,
  { after, limit }: { after?: string; limit: number },
): Promise<KeyEntry[]> {
  const found: KeyEntry[] = [];
  for (const each of new Set(imageId ?? snapshotId ?? sourceId ?? [allDrills])) {
    const prefix = placeAt(owner, each);
    const [time = '', id = ''] = after?.split(' ') ?? [];
    const from = after === undefined ? {} : { after: { value: prefix + time, id } };
    for (const entry of await drills.listKeys('place', { prefix, ...from, limit })) {
      found.push({ id: entry.id, value: `${entry.value.slice(prefix.length)} ${entry.id}` });
    }
  }
  return found.sort((a, b) => (a.value < b.value ? -1 : 1)).slice(0, limit);
}

async function rowsOf(
  { drills }: CatalogReader,
  entries: readonly KeyEntry[],
): Promise<DrillRow[]> {
  const id = entries.map((entry) => entry.id);
  const rows = new Map((await drills.list({ where: { id } })).map((row) => [row.id, row]));
  return id.flatMap((each) => rows.get(each) ?? []);
}

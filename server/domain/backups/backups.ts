/**
 * Backups as they are found: images and snapshots, source by source and of each the newest first,
 * and the one of a source to go back to.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, KeyEntry, KeyRange } from '../../catalog/catalog.ts';
import { type BackupOrigin, besides, placeAt } from '../../catalog/rows/backup.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { requiredOwnImage } from '../images.ts';
import type { Page } from '../pages.ts';
import { requiredOwnSnapshot } from '../snapshots.ts';
import type { Owner, Viewer } from '../viewer.ts';
import { isSet, isWholeSet } from './snapshot-sets.ts';

export type BackupRow = ImageRow | SnapshotRow;

export function isImage(row: BackupRow): row is ImageRow {
  return row.id.startsWith('ami-');
}

export function isWhole(row: BackupRow): boolean {
  return row.state === (isImage(row) ? 'available' : 'completed');
}

export function isFailed({ state }: Pick<BackupRow, 'state'>): boolean {
  return state === 'failed' || state === 'error';
}

export function isOfPolicy({ backup }: BackupRow, policyId: string): boolean {
  return backup?.policyId === policyId;
}

/** What a copy takes of its original's: not what was done with that one, nor how often it was tried. */
export function originForCopy({ backup }: BackupRow): BackupOrigin | undefined {
  if (!backup) return undefined;
  const { settledAt: _, isNotShared: __, isNotFast: ___, copyTries: ____, ...origin } = backup;
  return origin;
}

/** Its own and nobody else's: what was shared with the viewer is no backup of theirs. */
export function requiredBackup(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
): Promise<BackupRow> {
  return id.startsWith('snap-')
    ? requiredOwnSnapshot(reader, viewer, id)
    : requiredOwnImage(reader, viewer, id);
}

interface PageOfBackups {
  sourceId?: string;
  /** Of a source: what was made from then, and until then. */
  since?: Date;
  until?: Date;
  page: Page & { limit: number };
}

export async function pageOfBackups(
  reader: CatalogReader,
  owner: Owner,
  { sourceId, since, until, page }: PageOfBackups,
): Promise<Shown> {
  const from = until && { value: placeAt(owner, sourceId, until), id: '' };
  const after = page.after === undefined ? from : entryOf(page.after);
  const limit = page.limit + 1;
  const found = await entriesOf(reader, owner, { sourceId, after, limit });
  const end = since && placeAt(owner, sourceId, since);
  const entries = found.filter(({ value }) => end === undefined || value <= end);
  const shown = entries.slice(0, page.limit);
  const rows = await rowsOf(reader, shown);
  const last = entries.length > page.limit ? shown.at(-1) : undefined;
  return { rows, ...(last && { nextToken: page.tokenAfter(textOf(last)) }) };
}

interface Shown {
  rows: BackupRow[];
  nextToken?: string;
  /** Those that are there, where they are looked at. */
  sources?: ReadonlyMap<string, SourceNow>;
}

export interface SourceNow {
  state: string;
  name?: string;
}

/** Above the digits that begin the place of a backup in its source. */
const aboveDigits = ':';

/** Of each source the newest: from source to source, however many backups each has. */
export async function newestOfSources(
  reader: CatalogReader,
  owner: Owner,
  page: Page & { limit: number },
): Promise<Shown> {
  const found: KeyEntry[] = [];
  let after = page.after === undefined ? undefined : endOfSource(entryOf(page.after));
  while (found.length <= page.limit) {
    const [entry] = await entriesOf(reader, owner, { after, limit: 1 });
    if (!entry) break;
    found.push(entry);
    after = endOfSource(entry);
  }
  const shown = found.slice(0, page.limit);
  const rows = await rowsOf(reader, shown);
  const sources = await sourcesNow(reader, owner, shown.map(sourceOf));
  const last = found.length > page.limit ? shown.at(-1) : undefined;
  return { rows, sources, ...(last && { nextToken: page.tokenAfter(textOf(last)) }) };
}

/** Behind all that the entry's source has. */
function endOfSource({ value }: KeyEntry): KeyEntry {
  return { value: value.slice(0, value.lastIndexOf('/') + 1) + aboveDigits, id: '' };
}

const sourceOf = ({ value }: KeyEntry) => value.split('/').at(-2) ?? '';

async function sourcesNow(
  { instances, volumes }: CatalogReader,
  { account, region }: Owner,
  id: string[],
): Promise<ReadonlyMap<string, SourceNow>> {
  const where = { id, account, region };
  const rows = [...(await instances.list({ where })), ...(await volumes.list({ where }))];
  return new Map(rows.map((row) => [row.id, { state: row.state, name: row.tags.Name }]));
}

const readAtOnce = 1000;

/** All of the source itself: not what is besides a backup of it. */
export function backupsOf(
  reader: CatalogReader,
  owner: Owner,
  sourceId: string,
): Promise<BackupRow[]> {
  return allAt(reader, placeAt(owner, sourceId));
}

/** Of a machine the snapshots of its boot disk that remember it; of a volume the images that have it. */
export function backupsBesides(
  reader: CatalogReader,
  owner: Owner,
  sourceId: string,
): Promise<BackupRow[]> {
  return allAt(reader, besides + placeAt(owner, sourceId));
}

async function allAt(reader: CatalogReader, prefix: string): Promise<BackupRow[]> {
  const all: BackupRow[] = [];
  for (const table of [reader.images, reader.snapshots]) {
    let after: KeyEntry | undefined;
    do {
      const entries: KeyEntry[] = await table.listKeys('backupPlace', {
        prefix,
        after,
        limit: readAtOnce,
      });
      all.push(...(await rowsOf(reader, entries)));
      after = entries.length < readAtOnce ? undefined : entries.at(-1);
    } while (after);
  }
  return all;
}

/** How many are looked at together, where the newest are not whole. */
const looksAtOnce = 20;

/** The last whole one at or before the moment. */
export async function backupAt(
  reader: CatalogReader,
  owner: Owner,
  { sourceId, at }: { sourceId: string; at: Date },
): Promise<BackupRow> {
  let after: KeyEntry | undefined = { value: placeAt(owner, sourceId, at), id: '' };
  while (after) {
    const asked: KeyEntry = after;
    const entries = await entriesOf(reader, owner, { sourceId, after: asked, limit: looksAtOnce });
    for (const row of await rowsOf(reader, entries)) {
      const isOfMachine = isSet(row) && row.set.machine.instanceId === sourceId;
      if (isOfMachine ? await isWholeSet(reader, row) : isWhole(row)) return row;
    }
    after = entries.length < looksAtOnce ? undefined : entries.at(-1);
  }
  throw new ServiceError(
    'BackupNotFound',
    `There is no whole backup of ${sourceId} at or before ${at.toISOString()}.`,
  );
}

async function entriesOf(
  { images, snapshots }: CatalogReader,
  owner: Owner,
  { sourceId, after, limit }: { sourceId?: string; after?: KeyEntry; limit: number },
): Promise<KeyEntry[]> {
  const range = { prefix: placeAt(owner, sourceId), after, limit };
  const entries: KeyEntry[] = [];
  for (const table of [images, snapshots]) {
    entries.push(...(await table.listKeys('backupPlace', range)));
    if (sourceId !== undefined) entries.push(...(await besidesOf(table, range)));
  }
  return entries.sort(inOrder).slice(0, limit);
}

/** Of one source: what is a backup of something else, and besides of that. */
async function besidesOf(
  table: CatalogReader['images'] | CatalogReader['snapshots'],
  { prefix, after, limit }: KeyRange,
): Promise<KeyEntry[]> {
  const entries = await table.listKeys('backupPlace', {
    prefix: besides + prefix,
    ...(after && { after: { value: besides + after.value, id: after.id } }),
    limit,
  });
  return entries.map(({ value, id }) => ({ value: value.slice(besides.length), id }));
}

async function rowsOf(
  { images, snapshots }: CatalogReader,
  entries: readonly KeyEntry[],
): Promise<BackupRow[]> {
  const id = entries.map((entry) => entry.id);
  const rows = [
    ...(await images.list({ where: { id } })),
    ...(await snapshots.list({ where: { id } })),
  ];
  const byId = new Map(rows.map((row) => [row.id, row]));
  return id.flatMap((each) => byId.get(each) ?? []);
}

function inOrder(one: KeyEntry, other: KeyEntry): number {
  return compare(one.value, other.value) || compare(one.id, other.id);
}

/** By their bytes: they are ASCII. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** No source has a space in its id. */
const textOf = ({ value, id }: KeyEntry) => `${value} ${id}`;

function entryOf(text: string): KeyEntry {
  const [value = '', id = ''] = text.split(' ');
  return { value, id };
}

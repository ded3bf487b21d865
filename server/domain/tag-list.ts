/**
 * DescribeTags: the tags of all of an account's resources, page by page through the keys that its
 * rows are found by: no row is read, unless the caller names it.
 */
import type { CatalogReader, KeyEntry } from '../catalog/catalog.ts';
import { parseTagKey, tagKeys, tagPrefix } from '../catalog/rows/row.ts';
import type { FilterTable, RowFilter } from './filters.ts';
import { taggedNouns } from './tags.ts';
import type { Viewer } from './viewer.ts';

export interface TagRow {
  /** Order of pages: type of resource, then key, value and resource. */
  id: string;
  resourceId: string;
  resourceType: string;
  key: string;
  value: string;
}

export const tagFilters: FilterTable<TagRow> = {
  values: {
    key: (row) => row.key,
    value: (row) => row.value,
    'resource-id': (row) => row.resourceId,
    'resource-type': (row) => row.resourceType,
  },
  tags: (row) => ({ [row.key]: row.value }),
};

const entriesAtATime = 250;

/** Those that may pass the filter, from the one with the id `after` on. */
export async function* listTags(
  reader: CatalogReader,
  viewer: Viewer,
  filter: RowFilter<TagRow>,
  after?: string,
): AsyncGenerator<TagRow> {
  const types = filter.exact('resource-type');
  const from = after === undefined ? undefined : placeOf(after);
  let begun = from === undefined;
  for (const { table, resourceType } of Object.values(taggedNouns)) {
    const isFirst = !begun && from?.resourceType === resourceType;
    begun ||= isFirst;
    if (!begun || (types && !types.includes(resourceType))) continue;
    for await (const entry of entries(reader, table, viewer, filter, isFirst ? from : undefined)) {
      yield { ...parseTagKey(entry.value), ...tagRowOf(resourceType, entry) };
    }
  }
}

function tagRowOf(resourceType: string, { value, id }: KeyEntry) {
  return { id: [resourceType, id, value].join('\n'), resourceId: id, resourceType };
}

/** Types and ids have one line. */
function placeOf(id: string): KeyEntry & { resourceType: string } {
  const [resourceType = '', resourceId = '', ...value] = id.split('\n');
  return { resourceType, id: resourceId, value: value.join('\n') };
}

type TaggedTable = (typeof taggedNouns)[keyof typeof taggedNouns]['table'];

/** In the order of the table of keys. */
async function* entries(
  reader: CatalogReader,
  table: TaggedTable,
  viewer: Viewer,
  filter: RowFilter<TagRow>,
  start: KeyEntry | undefined,
): AsyncGenerator<KeyEntry> {
  const ids = filter.exact('resource-id');
  if (ids) {
    const { account, region } = viewer;
    const rows = await reader[table].list({ where: { account, region, id: ids } });
    const all = rows.flatMap((row) => tagKeys(row).map((value) => ({ value, id: row.id })));
    yield* all.sort(inOrder).filter((entry) => !start || inOrder(entry, start) > 0);
    return;
  }
  for (const prefix of prefixesOf(viewer, filter)) {
    if (start && start.value > prefix && !start.value.startsWith(prefix)) continue;
    let last = start?.value.startsWith(prefix) ? start : undefined;
    for (;;) {
      await new Promise(setImmediate);
      const range = { prefix, after: last, limit: entriesAtATime };
      const page = await reader[table].listKeys('tag', range);
      yield* page;
      if (page.length < entriesAtATime) break;
      last = page.at(-1);
    }
  }
}

/** One for each key that the filter may let pass, in order. */
function prefixesOf(viewer: Viewer, filter: RowFilter<TagRow>): string[] {
  const named = filter.names.find((name) => name.startsWith('tag:'))?.slice('tag:'.length);
  const keys = named === undefined ? (filter.exact('key') ?? filter.exact('tag-key')) : [named];
  return keys
    ? [...new Set(keys)].map((key) => tagPrefix(viewer, key)).sort()
    : [tagPrefix(viewer)];
}

/** Bytewise, as the catalog has it. */
function inOrder(a: KeyEntry, b: KeyEntry): number {
  const [one, other] = [a, b].map(({ value, id }) => Buffer.from(`${value}\0${id}`));
  return Buffer.compare(one as Buffer, other as Buffer);
}

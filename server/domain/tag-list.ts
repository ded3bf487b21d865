/**
 * DescribeTags: the tags of all of an account's resources, page by page through the keys that its
 * rows are found by: no row is read, unless the caller names it or it has a network interface's
 * tags.
 */
import type { CatalogReader, KeyEntry, KeyRange } from '../catalog/catalog.ts';
import { interfaceTags } from '../catalog/rows/instance.ts';
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
  for (const noun of Object.values(taggedNouns)) {
    const { resourceType } = noun;
    const isFirst = !begun && from?.resourceType === resourceType;
    begun ||= isFirst;
    if (!begun || (types && !types.includes(resourceType))) continue;
    const start = isFirst ? from : undefined;
    for await (const { value, id, resourceId } of entries(reader, noun, viewer, filter, start)) {
      const place = [resourceType, id, value].join('\n');
      yield { ...parseTagKey(value), id: place, resourceId, resourceType };
    }
  }
}

/** Types and ids have one line. */
function placeOf(id: string): KeyEntry & { resourceType: string } {
  const [resourceType = '', resourceId = '', ...value] = id.split('\n');
  return { resourceType, id: resourceId, value: value.join('\n') };
}

type TaggedNoun = (typeof taggedNouns)[keyof typeof taggedNouns];

/** `id` is that of the row that has the tag. */
interface TagEntry extends KeyEntry {
  resourceId: string;
}

/** In the order of the table of keys. */
async function* entries(
  reader: CatalogReader,
  noun: TaggedNoun,
  viewer: Viewer,
  filter: RowFilter<TagRow>,
  start: KeyEntry | undefined,
): AsyncGenerator<TagEntry> {
  const ids = filter.exact('resource-id');
  if (ids) {
    const all = await namedEntries(reader, noun, viewer, ids);
    yield* all.sort(inOrder).filter((entry) => !start || inOrder(entry, start) > 0);
    return;
  }
  for (const prefix of prefixesOf(viewer, filter)) {
    if (start && start.value > prefix && !start.value.startsWith(prefix)) continue;
    let last = start?.value.startsWith(prefix) ? start : undefined;
    for (;;) {
      await new Promise(setImmediate);
      const page = await keyPage(reader, noun, { prefix, after: last, limit: entriesAtATime });
      yield* page;
      if (page.length < entriesAtATime) break;
      last = page.at(-1);
    }
  }
}

async function namedEntries(
  reader: CatalogReader,
  noun: TaggedNoun,
  { account, region }: Viewer,
  ids: string[],
): Promise<TagEntry[]> {
  if (noun.resourceType === 'network-interface') {
    const where = { account, region, networkInterface: ids };
    return (await reader.instances.list({ where })).flatMap((row) =>
      tagKeys({ ...row, tags: interfaceTags(row) }).map((value) => ({
        value,
        id: row.id,
        resourceId: row.networkInterfaceId,
      })),
    );
  }
  const rows = await reader[noun.table].list({ where: { account, region, id: ids } });
  return rows.flatMap((row) =>
    tagKeys(row).map((value) => ({ value, id: row.id, resourceId: row.id })),
  );
}

async function keyPage(
  reader: CatalogReader,
  noun: TaggedNoun,
  range: KeyRange,
): Promise<TagEntry[]> {
  if (noun.resourceType !== 'network-interface') {
    const page = await reader[noun.table].listKeys('tag', range);
    return page.map((entry) => ({ ...entry, resourceId: entry.id }));
  }
  const page = await reader.instances.listKeys('interfaceTag', range);
  const rows = await reader.instances.list({ where: { id: page.map(({ id }) => id) } });
  const ids = new Map(rows.map((row) => [row.id, row.networkInterfaceId]));
  return page.map((entry) => ({ ...entry, resourceId: ids.get(entry.id) as string }));
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

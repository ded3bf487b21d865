/**
 * Pages of rows that have a place in time (placeAt in catalog/rows/backup.ts): the newest first, all
 * of an owner or those of some things. What begins meanwhile comes before the first page, and moves
 * no other.
 */
import type { KeyEntry, KeyRange } from '../catalog/catalog.ts';
import { placeAt } from '../catalog/rows/backup.ts';
import type { Page } from './pages.ts';
import type { Owner } from './viewer.ts';

const readAtOnce = 1000;

/** Those of a catalog. */
interface PlacedRows<Row> {
  list(query: { where: { id: string[] } }): Promise<Row[]>;
  listKeys(key: 'place', range: KeyRange): Promise<KeyEntry[]>;
}

/**
 * `of`: what the rows are of, any of it. With `matches` a page may have fewer than it asks for.
 */
export async function newestPage<Row extends { id: string }>(
  table: PlacedRows<Row>,
  owner: Owner,
  of: readonly string[],
  page: Page,
  matches: (row: Row) => boolean = () => true,
): Promise<{ rows: Row[]; nextToken?: string }> {
  const rows: Row[] = [];
  const { limit = readAtOnce } = page;
  for (let { after } = page; ; ) {
    const entries = await newest(table, owner, of, { after, limit: limit + 1 });
    const shown = entries.slice(0, limit);
    rows.push(...(await rowsOf(table, shown)).filter(matches));
    const last = entries.length > limit ? shown.at(-1) : undefined;
    if (!last) return { rows };
    if (page.limit !== undefined) return { rows, nextToken: page.tokenAfter(last.value) };
    after = last.value;
  }
}

/** Their values are places in time, the same whatever they are found by. */
async function newest<Row>(
  table: PlacedRows<Row>,
  owner: Owner,
  of: readonly string[],
  { after, limit }: { after?: string; limit: number },
): Promise<KeyEntry[]> {
  const found: KeyEntry[] = [];
  for (const each of new Set(of)) {
    const prefix = placeAt(owner, each);
    const [time = '', id = ''] = after?.split(' ') ?? [];
    const from = after === undefined ? {} : { after: { value: prefix + time, id } };
    for (const entry of await table.listKeys('place', { prefix, ...from, limit })) {
      found.push({ id: entry.id, value: `${entry.value.slice(prefix.length)} ${entry.id}` });
    }
  }
  return found.sort((a, b) => (a.value < b.value ? -1 : 1)).slice(0, limit);
}

async function rowsOf<Row extends { id: string }>(
  table: PlacedRows<Row>,
  entries: readonly KeyEntry[],
): Promise<Row[]> {
  const id = entries.map((entry) => entry.id);
  const rows = new Map((await table.list({ where: { id } })).map((row) => [row.id, row]));
  return id.flatMap((each) => rows.get(each) ?? []);
}

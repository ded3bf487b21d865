/**
 * The catalog in memory, for tests that need no file. A write works on copies of the tables and
 * swaps them in when it succeeds: readers keep the tables they began with. It keeps nothing when
 * the process ends.
 */
import type {
  Catalog,
  CatalogReader,
  CatalogTransaction,
  Condition,
  KeyEntry,
  KeyRange,
  Query,
  Table,
} from '../catalog.ts';
import { DuplicateRowError, isLike, MissingRowError, StaleRowError } from '../catalog.ts';
import { matchesTokens, patternTokens } from '../pattern.ts';
import { scanInBatches } from '../scan.ts';
import type { Rows, TableName } from '../table-rows.ts';
import { columnText, type Key, keysOf, sequencedTables, tableSpecs } from '../tables.ts';

interface Stored {
  docs: Map<string, string>;
  /** Which row has what no other may have. */
  holders: Map<string, string>;
}

type Tables = Record<TableName, Stored>;

export function createMemoryCatalog(): Catalog {
  let committed = Object.fromEntries(
    Object.keys(tableSpecs).map((name) => [name, { docs: new Map(), holders: new Map() }]),
  ) as Tables;
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: (work) => work(tablesOf({ ...committed }) as CatalogReader),
    write(work) {
      const result = last.then(async () => {
        const changed = { ...committed };
        const value = await work(tablesOf(changed));
        committed = changed;
        return value;
      });
      last = result.catch(() => {});
      return result;
    },
    async close() {
      await last;
    },
  };
}

function tablesOf(tables: Tables): CatalogTransaction {
  return Object.fromEntries(
    Object.keys(tables).map((name) => [name, new MemoryTable(tables, name as TableName)]),
  ) as unknown as CatalogTransaction;
}

/** Rows are kept as JSON, which is also how they are kept apart from the caller's objects. */
class MemoryTable<N extends TableName> implements Table<N> {
  readonly #tables: Tables;
  readonly #name: N;
  /** The table was copied before its first change. */
  #copied = false;

  constructor(tables: Tables, name: N) {
    this.#tables = tables;
    this.#name = name;
  }

  async get(id: string): Promise<Rows[N] | undefined> {
    const doc = this.#rows.get(id);
    return doc === undefined ? undefined : JSON.parse(doc);
  }

  async list({ where = {}, after, limit }: Query<N> = {}): Promise<Rows[N][]> {
    const rows = [...this.#rows.values()]
      .map((doc): Rows[N] => JSON.parse(doc))
      .filter((row) => after === undefined || row.id > after)
      .filter((row) =>
        Object.entries<Condition | undefined>(where).every(
          ([column, condition]) =>
            condition === undefined ||
            this.#valuesOf(row, column).some((value) => holds(condition, value)),
        ),
      );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  scan(query: Query<N> = {}): AsyncIterable<Rows[N]> {
    return scanInBatches(async (part) => {
      const rows = await this.list(part);
      return { length: rows.length, row: (index) => rows[index] as Rows[N] };
    }, query);
  }

  async count(query: Query<N> = {}): Promise<number> {
    return (await this.list(query)).length;
  }

  async listKeys(key: Key<N>, { prefix, after, limit }: KeyRange): Promise<KeyEntry[]> {
    return (await this.list())
      .flatMap((row) => this.#valuesOf(row, key).map((value) => ({ value, id: row.id })))
      .filter((entry) => entry.value.startsWith(prefix) && (!after || compare(entry, after) > 0))
      .sort(compare)
      .slice(0, limit);
  }

  async insert(row: Rows[N]): Promise<void> {
    if (this.#rows.has(row.id)) throw new DuplicateRowError(this.#name, 'id');
    const given = sequencedTables.has(this.#name) ? { sequence: this.#lastSequence() + 1 } : {};
    this.#put({ ...row, ...given, version: 1 });
  }

  async update(row: Rows[N]): Promise<Rows[N]> {
    const current = await this.get(row.id);
    if (!current) throw new MissingRowError(this.#name, row.id);
    const { version = 0, ...given } = current;
    if (row.version !== version) throw new StaleRowError(this.#name, row.id);
    const sequence = 'sequence' in given ? { sequence: given.sequence } : {};
    const next = { ...row, ...sequence, version: version + 1 };
    this.#put(next);
    return next;
  }

  async delete(id: string): Promise<void> {
    if (!this.#rows.has(id)) return;
    const { docs, holders } = this.#own();
    for (const text of this.#heldBy(id)) holders.delete(text);
    docs.delete(id);
  }

  /** Of a column, or of a key. */
  #valuesOf(row: Rows[N], name: string): string[] {
    if (!Object.hasOwn(tableSpecs[this.#name].keys, name)) {
      return [columnText(row[name as keyof Rows[N]])];
    }
    return keysOf(this.#name, row)
      .filter(({ key }) => key === name)
      .map(({ value }) => value);
  }

  #put(row: Rows[N]): void {
    const held = uniquesOf(this.#name, row);
    for (const { set, text } of held) {
      const holder = this.#tables[this.#name].holders.get(text) ?? row.id;
      if (holder !== row.id) throw new DuplicateRowError(this.#name, set.join(', '));
    }
    const { docs, holders } = this.#own();
    for (const text of this.#heldBy(row.id)) holders.delete(text);
    for (const { text } of held) holders.set(text, row.id);
    docs.set(row.id, JSON.stringify(row));
  }

  #heldBy(id: string): string[] {
    const doc = this.#rows.get(id);
    // Most tables have nothing of the kind: what is in the row need not be known.
    if (doc === undefined || tableSpecs[this.#name].unique.length === 0) return [];
    return uniquesOf(this.#name, JSON.parse(doc) as Rows[N]).map(({ text }) => text);
  }

  #lastSequence(): number {
    const given = [...this.#rows.values()].map((doc) => JSON.parse(doc).sequence as number);
    return given.reduce((last, each) => Math.max(last, each), 0);
  }

  get #rows(): Map<string, string> {
    return this.#tables[this.#name].docs;
  }

  #own(): Stored {
    if (!this.#copied) {
      const { docs, holders } = this.#tables[this.#name];
      this.#tables[this.#name] = { docs: new Map(docs), holders: new Map(holders) };
    }
    this.#copied = true;
    return this.#tables[this.#name];
  }
}

function uniquesOf<N extends TableName>(
  name: N,
  row: Rows[N],
): { set: readonly string[]; text: string }[] {
  const sets = tableSpecs[name].unique as readonly (readonly (keyof Rows[N] & string)[])[];
  return sets.map((set) => ({
    set,
    text: JSON.stringify([set, ...set.map((column) => row[column])]),
  }));
}

function holds(condition: Condition, value: string): boolean {
  if (!isLike(condition)) return [condition].flat().includes(value);
  return condition.like.some((pattern) => matchesTokens(patternTokens(pattern), value));
}

/** Bytewise by value, then by id. */
function compare(a: KeyEntry, b: KeyEntry): number {
  return (
    Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)) ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
  );
}

/**
 * The catalog in memory, for tests that need no file. A write works on copies of the tables and swaps them in when it succeeds:
 * readers keep the tables they began with. It deliberately keeps nothing when the process ends.
 */
import type {
  Catalog,
  CatalogReader,
  CatalogTransaction,
  Condition,
  Query,
  Rows,
  Table,
  TableName,
} from '../catalog.ts';
import {
  columnText,
  DuplicateRowError,
  isLike,
  MissingRowError,
  StaleRowError,
  sequencedTables,
  tableSpecs,
} from '../catalog.ts';
import { matchesTokens, patternTokens } from '../pattern.ts';

type Tables = Record<TableName, Map<string, string>>;

export function createMemoryCatalog(): Catalog {
  let committed = Object.fromEntries(
    Object.keys(tableSpecs).map((name) => [name, new Map()]),
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
            condition === undefined || holds(condition, columnText(row[column as keyof Rows[N]])),
        ),
      );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  async scan(query: Query<N>, visit: (row: Rows[N]) => boolean): Promise<void> {
    for (const row of await this.list(query)) if (!visit(row)) return;
  }

  async count(query: Query<N> = {}): Promise<number> {
    return (await this.list(query)).length;
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
    if (this.#rows.has(id)) this.#own().delete(id);
  }

  #put(row: Rows[N]): void {
    for (const set of tableSpecs[this.#name].unique as readonly (readonly (keyof Rows[N])[])[]) {
      for (const [id, doc] of this.#rows) {
        const other: Rows[N] = JSON.parse(doc);
        if (id !== row.id && set.every((column) => other[column] === row[column])) {
          throw new DuplicateRowError(this.#name, set.join(', '));
        }
      }
    }
    this.#own().set(row.id, JSON.stringify(row));
  }

  #lastSequence(): number {
    const given = [...this.#rows.values()].map((doc) => JSON.parse(doc).sequence as number);
    return given.reduce((last, each) => Math.max(last, each), 0);
  }

  get #rows(): Map<string, string> {
    return this.#tables[this.#name];
  }

  #own(): Map<string, string> {
    if (!this.#copied) this.#tables[this.#name] = new Map(this.#rows);
    this.#copied = true;
    return this.#rows;
  }
}

function holds(condition: Condition, value: string): boolean {
  if (!isLike(condition)) return [condition].flat().includes(value);
  return condition.like.some((pattern) => matchesTokens(patternTokens(pattern), value));
}

/** A table of the catalog over SQL, whatever runs it: rows, and their keys in step with them. */

import type { CompiledQuery, Kysely } from 'kysely';
import type { CatalogTransaction, KeyEntry, KeyRange, Query, Table } from '../catalog.ts';
import { DuplicateRowError, MissingRowError, StaleRowError } from '../catalog.ts';
import { scanInBatches } from '../scan.ts';
import type { Rows, TableName } from '../table-rows.ts';
import { type Key, type KeyValue, keysOf, tableNames } from '../tables.ts';
import type { PatternSyntax } from './conditions.ts';
import { TableQueries } from './queries.ts';
import { rowOf, type StoredTables } from './stored-tables.ts';

/** A connection of an implementation, inside of a transaction. */
export interface SqlRunner {
  /** Without the names of columns: for rows, of which there may be many. */
  rows(query: CompiledQuery): Promise<unknown[][]>;
  all(query: CompiledQuery): Promise<Record<string, unknown>[]>;
  /** The number of rows changed. */
  run(query: CompiledQuery): Promise<number>;
  /** The columns that are the same as another row's, when the error says that; else undefined. */
  duplicateIn(error: unknown): string | undefined;
}

/** All tables over one connection, which share the queries that were made once. */
export function sqlTables(
  database: Kysely<StoredTables>,
  patterns: PatternSyntax,
  limitsWalks?: boolean,
): (runner: SqlRunner) => CatalogTransaction {
  const queries = tableNames.map(
    (name) => [name, new TableQueries<TableName>(database, name, patterns, limitsWalks)] as const,
  );
  return (runner) =>
    Object.fromEntries(
      queries.map(([name, each]) => [name, new SqlTable(runner, name, each)]),
    ) as unknown as CatalogTransaction;
}

class SqlTable<N extends TableName> implements Table<N> {
  readonly #runner: SqlRunner;
  readonly #name: N;
  readonly #queries: TableQueries<N>;

  constructor(runner: SqlRunner, name: N, queries: TableQueries<N>) {
    this.#runner = runner;
    this.#name = name;
    this.#queries = queries;
  }

  async get(id: string): Promise<Rows[N] | undefined> {
    const [stored] = await this.#runner.rows(this.#queries.get(id));
    return stored && rowOf(this.#name, stored);
  }

  async list(query: Query<N> = {}): Promise<Rows[N][]> {
    return (await this.#stored(query)).map((stored) => rowOf(this.#name, stored));
  }

  scan(query: Query<N> = {}): AsyncIterable<Rows[N]> {
    return scanInBatches(async (part) => {
      const rows = await this.#stored(part);
      return {
        length: rows.length,
        row: (index) => rowOf(this.#name, rows[index] as unknown[]),
      };
    }, query);
  }

  async count(query: Query<N> = {}): Promise<number> {
    const compiled = this.#queries.count(query);
    return compiled ? Number((await this.#runner.all(compiled))[0]?.count) : 0;
  }

  async listKeys(key: Key<N>, range: KeyRange): Promise<KeyEntry[]> {
    const stored = await this.#runner.all(this.#queries.listKeys(key, range));
    return stored as unknown as KeyEntry[];
  }

  async insert(row: Rows[N]): Promise<void> {
    await this.#change(this.#queries.insert(row));
    await this.#insertKeys(row.id, keysOf(this.#name, row));
  }

  async update(row: Rows[N]): Promise<Rows[N]> {
    const before = await this.get(row.id);
    if (!before) throw new MissingRowError(this.#name, row.id);
    if ((await this.#change(this.#queries.update(before, row))) === 0) {
      throw new StaleRowError(this.#name, row.id);
    }
    const [old, next] = [keysOf(this.#name, before), keysOf(this.#name, row)];
    await this.#deleteKeys(row.id, without(old, next));
    await this.#insertKeys(row.id, without(next, old));
    return { ...row, version: (row.version ?? 0) + 1 };
  }

  async delete(id: string): Promise<void> {
    const before = await this.get(id);
    if (!before) return;
    await this.#runner.run(this.#queries.delete(id));
    await this.#deleteKeys(id, keysOf(this.#name, before));
  }

  async #stored(query: Query<N>): Promise<unknown[][]> {
    const compiled = this.#queries.list(query);
    return compiled ? this.#runner.rows(compiled) : [];
  }

  async #insertKeys(id: string, keys: readonly KeyValue[]): Promise<void> {
    if (keys.length > 0) await this.#runner.run(this.#queries.insertKeys(id, keys));
  }

  async #deleteKeys(id: string, keys: readonly KeyValue[]): Promise<void> {
    for (const each of keys) await this.#runner.run(this.#queries.deleteKey(id, each));
  }

  async #change(query: CompiledQuery): Promise<number> {
    try {
      return await this.#runner.run(query);
    } catch (error) {
      const columns = this.#runner.duplicateIn(error);
      throw columns === undefined ? error : new DuplicateRowError(this.#name, columns);
    }
  }
}

function without(keys: readonly KeyValue[], others: readonly KeyValue[]): KeyValue[] {
  return keys.filter(
    ({ key, value }) => !others.some((other) => other.key === key && other.value === value),
  );
}

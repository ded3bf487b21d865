/**
 * PORT: the catalog, where Imago's metadata lives. Implementations: sqlite/ (default), postgres/,
 * memory/ (tests).
 * Every implementation passes catalog-suite.ts.
 *
 * Contract:
 * - `write` runs its work in one serialised transaction: all of it is durable (synced) when the
 *   promise resolves, nothing of it when the work throws. Work may be run again by an
 *   implementation after a serialisation failure, so it must have no effect besides the
 *   transaction.
 * - Work in which a method threw DuplicateRowError ends: it may say so in other words, and do
 *   nothing else in the transaction.
 * - A write that found no room on the disk throws CatalogFullError, and nothing of it is kept.
 * - `read` sees one consistent, committed state.
 * - Rows are values: what is returned may be kept and changed by the caller without any effect on
 *   the catalog.
 * - Rows carry the version at which they were read, and `update` replaces a row only at that
 *   version: what was read in the same transaction always passes, what was read in an earlier one
 *   passes unless the row was changed since (StaleRowError). Who wants to change it nevertheless
 *   reads it again, inside.
 * - `list` and `scan` are ordered by id, bytewise; `listKeys` by value, then id.
 * - Work asks for nothing of the catalog but what it was given: a read or write inside it would
 *   wait for itself.
 * It knows nothing of EC2's filters, states or errors: rules are in domain/.
 */
import type { Rows, TableName } from './table-rows.ts';
import type { Column, Key } from './tables.ts';

/** Any of the patterns (pattern.ts) matches. None may be longer than `likeMaxChars`. */
export interface Like {
  like: readonly string[];
}

/**
 * Far above what names have, and below what databases take (SQLite: 50,000 bytes, with its
 * escapes).
 */
export const likeMaxChars = 4096;

export type Condition = string | readonly string[] | Like;

export function isLike(condition: Condition): condition is Like {
  return typeof condition === 'object' && 'like' in condition;
}

export interface Query<N extends TableName> {
  /**
   * All given columns and keys must match; an array means any of its values, and of a key any that
   * the row has.
   */
  where?: { [C in Column<N> | Key<N>]?: Condition };
  /** Only rows whose id is greater. */
  after?: string;
  limit?: number;
}

export interface KeyEntry {
  value: string;
  id: string;
}

export interface KeyRange {
  /** Only values that begin with this. */
  prefix: string;
  /** Only what comes after this one. */
  after?: KeyEntry;
  limit: number;
}

export interface TableReader<N extends TableName> {
  get(id: string): Promise<Rows[N] | undefined>;
  list(query?: Query<N>): Promise<Rows[N][]>;
  /**
   * The same rows, one after the other, a few in memory at a time; others have their turn in
   * between.
   */
  scan(query?: Query<N>): AsyncIterable<Rows[N]>;
  count(query?: Query<N>): Promise<number>;
  /** What the rows have under a key: a list of its own, without the rows. */
  listKeys(key: Key<N>, range: KeyRange): Promise<KeyEntry[]>;
}

export interface Table<N extends TableName> extends TableReader<N> {
  /** As version 1. Throws DuplicateRowError when the id or a unique set exists. */
  insert(row: Rows[N]): Promise<void>;
  /**
   * Replaces the row with this id, and answers it as it is now, for whoever will change it again.
   * Throws MissingRowError when there is none, StaleRowError when it is not at the version of `row`
   * any more (or `row` was never read).
   */
  update(row: Rows[N]): Promise<Rows[N]>;
  /** Does nothing when there is no such row. */
  delete(id: string): Promise<void>;
}

export type CatalogReader = { readonly [N in TableName]: TableReader<N> };
export type CatalogTransaction = { readonly [N in TableName]: Table<N> };

export interface Catalog {
  read<T>(work: (reader: CatalogReader) => Promise<T>): Promise<T>;
  write<T>(work: (transaction: CatalogTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
  /** Where other processes may have the same catalog open. */
  readonly notices?: Notices;
}

/** What processes that share a catalog tell each other: texts, best effort. */
export interface Notices {
  /** To all others that listen now. Who listens to nobody tells nothing. */
  tell(text: string): Promise<void>;
  /** From now on, until the catalog is closed; nothing: some may have been missed. */
  hear(listener: (text: string | undefined) => void): void;
}

export class DuplicateRowError extends Error {
  override name = 'DuplicateRowError';
  readonly table: TableName;
  constructor(table: TableName, detail: string) {
    super(`a row of ${table} with the same ${detail} exists`);
    this.table = table;
  }
}

/**
 * The catalog could not be asked. Of a write that was about to be committed it is not known whether
 * it is kept.
 */
export class CatalogUnavailableError extends Error {
  override name = 'CatalogUnavailableError';
}

/** There is no room left for what was to be written. */
export class CatalogFullError extends Error {
  override name = 'CatalogFullError';
}

export class MissingRowError extends Error {
  override name = 'MissingRowError';
  constructor(table: TableName, id: string) {
    super(`${table} has no row ${id}`);
  }
}

/** Somebody else has changed the row since it was read. */
export class StaleRowError extends Error {
  override name = 'StaleRowError';
  constructor(table: TableName, id: string) {
    super(`the row ${id} of ${table} was changed since it was read`);
  }
}

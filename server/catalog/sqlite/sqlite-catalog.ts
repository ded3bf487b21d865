/**
 * The catalog in one SQLite file. One connection writes; each read has a connection of its own while it lasts, so that it sees
 * one committed state. Writes that wait for each other share a commit (and its sync to the disk): each is a savepoint,
 * and none is answered before the commit.
 * It deliberately has no cache of rows: SQLite's pages are the cache.
 */
import { chmod, open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type {
  Catalog,
  CatalogReader,
  CatalogTransaction,
  Query,
  Rows,
  Table,
  TableName,
} from '../catalog.ts';
import { CatalogFullError, DuplicateRowError, MissingRowError, StaleRowError } from '../catalog.ts';
import { type TableQueries, tableNames, tableQueries } from '../sql/queries.ts';
import { rowOf, type StoredTables } from '../sql/stored-tables.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { isFull, takeRoom } from './full-disk.ts';
import { globCondition } from './glob.ts';
import { migrate } from './migrate.ts';

/** More readers at the same time get connections that are closed afterwards. */
const idleReadersKept = 4;
/** The first of a group waits for the last: bounded, so that a burst does not keep it waiting. */
const writesPerCommitMax = 64;

/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. */
const duplicateCodes = new Set([1555, 2067]);

export interface SqliteCatalogOptions {
  /** Takes room on the disk beforehand, for writes when it is full. */
  takesRoom?: boolean;
  /** Called when the disk is full: true when there is more room now, and the write is to be tried again. */
  makeRoom?: () => boolean;
}

export async function openSqliteCatalog(
  file: string,
  { takesRoom = false, makeRoom = () => false }: SqliteCatalogOptions = {},
): Promise<Catalog> {
  // Secret access keys are in it; SQLite gives its -wal and -shm files the same mode.
  await (await open(file, 'a', 0o600)).close();
  await chmod(file, 0o600);
  const writer = new Connection(file);
  try {
    await migrate(writer, file);
    if (takesRoom) takeRoom(writer);
  } catch (error) {
    writer.close();
    throw error;
  }
  return new SqliteCatalog(file, writer, makeRoom);
}

interface PendingWrite {
  work(transaction: CatalogTransaction): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Reader {
  connection: Connection;
  tables: CatalogReader;
}

class SqliteCatalog implements Catalog {
  readonly #file: string;
  readonly #writer: Connection;
  readonly #makeRoom: () => boolean;
  readonly #transaction: CatalogTransaction;
  readonly #idleReaders: Reader[] = [];
  readonly #pending: PendingWrite[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(file: string, writer: Connection, makeRoom: () => boolean) {
    this.#file = file;
    this.#writer = writer;
    this.#makeRoom = makeRoom;
    this.#transaction = tablesOf(writer);
  }

  async read<T>(work: (reader: CatalogReader) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const reader = this.#idleReaders.pop() ?? this.#openReader();
    reader.connection.exec('BEGIN');
    try {
      return await work(reader.tables);
    } finally {
      reader.connection.exec('COMMIT');
      if (this.#closed || this.#idleReaders.length >= idleReadersKept) reader.connection.close();
      else this.#idleReaders.push(reader);
    }
  }

  write<T>(work: (transaction: CatalogTransaction) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#assertOpen();
      this.#pending.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    for (const reader of this.#idleReaders.splice(0)) reader.connection.close();
    this.#writer.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      // First whatever else the event loop has: a commit waits for the disk, and what comes meanwhile goes along with it.
      await turn();
      await this.#commitGroup();
    }
    // In the same turn as the look at what is pending: what comes now starts anew.
    this.#writing = undefined;
  }

  /** Everything that is waiting, and what comes while it is worked on, in one commit. */
  async #commitGroup(): Promise<void> {
    const settle: (() => void)[] = [];
    const group: PendingWrite[] = [];
    try {
      this.#writer.exec('BEGIN IMMEDIATE');
      for (let count = 0; count < writesPerCommitMax; count++) {
        const next = this.#pending.shift();
        if (!next) break;
        group.push(next);
        settle.push(await this.#runWrite(next));
      }
      this.#writer.exec('COMMIT');
    } catch (error) {
      if (this.#writer.inTransaction) this.#writer.exec('ROLLBACK');
      this.#failGroup(group, error);
      return;
    }
    for (const each of settle) each();
  }

  #failGroup(group: PendingWrite[], error: unknown): void {
    if (isFull(error) && this.#makeRoom()) {
      this.#pending.unshift(...group);
      return;
    }
    const failed = group.length > 0 ? group : this.#pending.splice(0, 1);
    const reason = isFull(error)
      ? new CatalogFullError('the disk with the catalog is full', { cause: error })
      : error;
    for (const { reject } of failed) reject(reason);
  }

  /** How the write is to be answered once everything is committed. */
  async #runWrite({ work, resolve, reject }: PendingWrite): Promise<() => void> {
    this.#writer.exec('SAVEPOINT work');
    try {
      const value = await work(this.#transaction);
      this.#writer.exec('RELEASE work');
      return () => resolve(value);
    } catch (error) {
      // The whole group is lost: this error is the reason for all of it.
      if (!this.#writer.inTransaction || isFull(error)) throw error;
      this.#writer.exec('ROLLBACK TO work; RELEASE work');
      return () => reject(error);
    }
  }

  #openReader(): Reader {
    const connection = new Connection(this.#file);
    connection.exec('PRAGMA query_only = 1');
    return { connection, tables: tablesOf(connection) };
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the catalog is closed');
  }
}

const queries = sqliteQueries<StoredTables>();

function tablesOf(connection: Connection): CatalogTransaction {
  return Object.fromEntries(
    tableNames.map((name) => [name, new SqliteTable(connection, name)]),
  ) as unknown as CatalogTransaction;
}

class SqliteTable<N extends TableName> implements Table<N> {
  readonly #connection: Connection;
  readonly #name: N;
  readonly #queries: TableQueries<N>;

  constructor(connection: Connection, name: N) {
    this.#connection = connection;
    this.#name = name;
    this.#queries = tableQueries(queries, name, globCondition);
  }

  async get(id: string): Promise<Rows[N] | undefined> {
    const [stored] = this.#connection.all(this.#queries.get(id));
    return stored && rowOf<N>(stored);
  }

  async list(query: Query<N> = {}): Promise<Rows[N][]> {
    const compiled = this.#queries.list(query);
    return compiled ? this.#connection.all(compiled).map((stored) => rowOf<N>(stored)) : [];
  }

  async scan(query: Query<N>, visit: (row: Rows[N]) => boolean): Promise<void> {
    const compiled = this.#queries.list(query);
    if (!compiled) return;
    for (const stored of this.#connection.iterate(compiled)) if (!visit(rowOf<N>(stored))) return;
  }

  async count(query: Query<N> = {}): Promise<number> {
    const compiled = this.#queries.count(query);
    return compiled ? Number(this.#connection.all(compiled)[0]?.count) : 0;
  }

  async insert(row: Rows[N]): Promise<void> {
    this.#unlessDuplicate(() => this.#connection.run(this.#queries.insert(row)));
  }

  async update(row: Rows[N]): Promise<Rows[N]> {
    const changed = this.#unlessDuplicate(() => this.#connection.run(this.#queries.update(row)));
    if (changed === 1) return { ...row, version: (row.version ?? 0) + 1 };
    const exists = (await this.get(row.id)) !== undefined;
    throw new (exists ? StaleRowError : MissingRowError)(this.#name, row.id);
  }

  async delete(id: string): Promise<void> {
    this.#connection.run(this.#queries.delete(id));
  }

  #unlessDuplicate<T>(change: () => T): T {
    try {
      return change();
    } catch (error) {
      const { errcode, message } = error as { errcode?: number; message: string };
      if (errcode === undefined || !duplicateCodes.has(errcode)) throw error;
      // "UNIQUE constraint failed: images.account, images.region, images.name"
      const detail = message.replace(/^.*: /, '').replaceAll(`${this.#name}.`, '');
      throw new DuplicateRowError(this.#name, detail);
    }
  }
}

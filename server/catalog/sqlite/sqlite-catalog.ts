/**
 * The catalog in one SQLite file. One connection writes; each read has a connection of its own
 * while it lasts, so that it sees one committed state. Writes that wait for each other share a
 * commit (and its sync to the disk): each is a savepoint, and none is answered before the commit.
 * It deliberately has no cache of rows: SQLite's pages are the cache.
 */
import { chmod, open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog.ts';
import { CatalogFullError } from '../catalog.ts';
import { sqlTables } from '../sql/sql-table.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { beginLogAgain, isFull, takeRoom } from './full-disk.ts';
import { globPatterns } from './glob.ts';
import { migrate } from './migrate.ts';
import { Pool } from './pool.ts';
import { Turns } from './turns.ts';

/**
 * SQLite answers at once: more connections would only be there for reads that wait for something
 * else, which none should.
 */
const readersMax = 8;
/** The first of a group waits for the last: bounded, so that a burst does not keep it waiting. */
const writesPerCommitMax = 64;

/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. */
const duplicateCodes = new Set([1555, 2067]);

export interface SqliteCatalogOptions {
  /** Takes room on the disk beforehand, for writes when it is full. */
  takesRoom?: boolean;
  /**
   * Called when the disk is full: true when there is more room now, and the write (or the open) is
   * to be tried again.
   */
  makeRoom?: () => boolean;
}

export async function openSqliteCatalog(
  file: string,
  { takesRoom = false, makeRoom = () => false }: SqliteCatalogOptions = {},
): Promise<Catalog> {
  // Secret access keys are in it; SQLite gives its -wal and -shm files the same mode.
  await (await open(file, 'a', 0o600)).close();
  await chmod(file, 0o600);
  for (;;) {
    try {
      return new SqliteCatalog(file, await openWriter(file, takesRoom), makeRoom);
    } catch (error) {
      if (!isFull(error)) throw error;
      // Others may be faster at taking what was free.
      if (!makeRoom()) throw fullError(error);
    }
  }
}

async function openWriter(file: string, takesRoom: boolean): Promise<Connection> {
  const writer = new Connection(file);
  try {
    await migrate(writer, file);
    if (takesRoom) takeRoom(writer, file);
    return writer;
  } catch (error) {
    writer.close();
    throw error;
  }
}

function fullError(cause: unknown): CatalogFullError {
  return new CatalogFullError('the disk with the catalog is full', { cause });
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
  readonly #readers: Pool<Reader>;
  readonly #pending: PendingWrite[] = [];
  #writing: Promise<void> | undefined;
  /** How often in a row the disk was full. */
  #fullTimes = 0;
  #closed = false;

  constructor(file: string, writer: Connection, makeRoom: () => boolean) {
    this.#file = file;
    this.#writer = writer;
    this.#makeRoom = makeRoom;
    this.#transaction = tablesOf(writer);
    this.#readers = new Pool(readersMax, () => this.#openReader());
  }

  async read<T>(work: (reader: CatalogReader) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#readers.use(async ({ connection, tables }) => {
      connection.step('BEGIN');
      try {
        return await work(tables);
      } finally {
        connection.step('COMMIT');
      }
    });
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
    for (const { connection } of await this.#readers.close()) connection.close();
    this.#writer.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      // First whatever else the event loop has: a commit waits for the disk, and what comes
      // meanwhile goes along with it.
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
      this.#writer.step('BEGIN IMMEDIATE');
      for (let count = 0; count < writesPerCommitMax; count++) {
        const next = this.#pending.shift();
        if (!next) break;
        group.push(next);
        settle.push(await this.#runWrite(next));
      }
      this.#writer.step('COMMIT');
    } catch (error) {
      if (this.#writer.inTransaction) this.#writer.exec('ROLLBACK');
      this.#failGroup(group, error);
      return;
    }
    this.#fullTimes = 0;
    for (const each of settle) each();
  }

  #failGroup(group: PendingWrite[], error: unknown): void {
    if (isFull(error) && this.#mayTryAgain()) {
      this.#pending.unshift(...group);
      return;
    }
    this.#fullTimes = 0;
    const failed = group.length > 0 ? group : this.#pending.splice(0, 1);
    const reason = isFull(error) ? fullError(error) : error;
    for (const { reject } of failed) reject(reason);
  }

  #mayTryAgain(): boolean {
    if (this.#fullTimes++ > 0) return this.#makeRoom();
    beginLogAgain(this.#writer);
    return true;
  }

  /** How the write is to be answered once everything is committed. */
  async #runWrite({ work, resolve, reject }: PendingWrite): Promise<() => void> {
    this.#writer.step('SAVEPOINT work');
    try {
      const value = await work(this.#transaction);
      this.#writer.step('RELEASE work');
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

const tablesOver = sqlTables(sqliteQueries(), globPatterns);
/** There is one event loop, whatever catalogs there are. */
const turns = new Turns();

function tablesOf(connection: Connection): CatalogTransaction {
  return tablesOver({
    async rows(query) {
      if (turns.isOver) await turns.next();
      return connection.rows(query);
    },
    async all(query) {
      if (turns.isOver) await turns.next();
      return connection.all(query);
    },
    async run(query) {
      if (turns.isOver) await turns.next();
      return connection.run(query);
    },
    duplicateIn,
  });
}

/** "UNIQUE constraint failed: images.account, images.region, images.name" */
function duplicateIn(error: unknown): string | undefined {
  const { errcode, message } = error as { errcode?: number; message: string };
  if (errcode === undefined || !duplicateCodes.has(errcode)) return undefined;
  return message.replace(/^.*: /, '').replaceAll(/\w+\./g, '');
}

/**
 * The catalog in a PostgreSQL database, which several processes may share. A write is a
 * serialisable transaction, run again when one of another process was in its way; the writes of
 * this process take turns, as they would conflict most. A read is a transaction that sees one
 * committed state.
 * While the server is away everything fails with CatalogUnavailableError; connections are made anew
 * when it is back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog.ts';
import { CatalogFullError, CatalogUnavailableError } from '../catalog.ts';
import { sqlTables } from '../sql/sql-table.ts';
import { connections, type Database, PostgresRunner, postgresQueries } from './connection.ts';
import { isAway, isConflict, isFull } from './errors.ts';
import { likePatterns } from './like.ts';
import { migrate } from './migrate.ts';
import { PostgresNotices } from './notices.ts';

/** More would wait for the server all the same. */
const readersMax = 8;
/** With the pauses below some seconds: another process does not write as much. */
const attemptsMax = 12;
/** Doubled from try to try, of which a random part is waited. */
const firstPauseMs = 2;
const pauseMaxMs = 500;

const beginWrite = 'BEGIN ISOLATION LEVEL SERIALIZABLE';
const beginRead = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export async function openPostgresCatalog(database: Database): Promise<Catalog> {
  const catalog = new PostgresCatalog(database);
  try {
    await catalog.prepare();
  } catch (error) {
    await catalog.close();
    throw catalogError(error);
  }
  return catalog;
}

class PostgresCatalog implements Catalog {
  readonly notices: PostgresNotices;
  readonly #readers: pg.Pool;
  readonly #writer: pg.Pool;
  #closed = false;

  constructor(database: Database) {
    this.#readers = connections(database, readersMax);
    this.#writer = connections(database, 1);
    this.notices = new PostgresNotices(database, (channel, text) =>
      this.#readers.query('SELECT pg_notify($1, $2)', [channel, text]),
    );
  }

  async prepare(): Promise<void> {
    const client = await this.#writer.connect();
    try {
      await checkSettings(client);
      await migrate(client, 'the database');
    } finally {
      client.release();
    }
  }

  async read<T>(work: (reader: CatalogReader) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#transact(this.#readers, beginRead, work);
  }

  async write<T>(work: (transaction: CatalogTransaction) => Promise<T>): Promise<T> {
    this.#assertOpen();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transact(this.#writer, beginWrite, work);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        if (attempt === attemptsMax) {
          throw new CatalogUnavailableError('others keep changing what is to be written', {
            cause: error.cause,
          });
        }
        await delay(Math.random() * Math.min(pauseMaxMs, firstPauseMs * 2 ** attempt));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.notices.close(), this.#readers.end(), this.#writer.end()]);
  }

  async #transact<T>(
    pool: pg.Pool,
    begin: string,
    work: (transaction: CatalogTransaction) => Promise<T>,
  ): Promise<T> {
    const client = await begun(pool, begin);
    const runner = new PostgresRunner(client);
    let broken: Error | undefined;
    try {
      const value = await work(tablesOf(runner));
      const { command } = await client.query('COMMIT');
      // The server answers so to a COMMIT of a transaction in which a query failed, whatever the
      // work made of that.
      if (command !== 'COMMIT')
        throw new Error('a query of the transaction failed: nothing is kept');
      return value;
    } catch (error) {
      const reason = runner.conflicted || isConflict(error) ? new ConflictError(error) : error;
      await client.query('ROLLBACK').catch((failure) => {
        broken = failure;
      });
      throw catalogError(reason);
    } finally {
      client.release(broken);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the catalog is closed');
  }
}

/** Only seen here: leads to another try. */
class ConflictError extends Error {
  constructor(cause: unknown) {
    super('another transaction was in the way', { cause });
  }
}

/**
 * A connection in a new transaction. One that the server has ended meanwhile is found out about
 * here: then once more.
 */
async function begun(pool: pg.Pool, begin: string): Promise<pg.PoolClient> {
  for (let first = true; ; first = false) {
    let client: pg.PoolClient | undefined;
    try {
      client = await pool.connect();
      await client.query(begin);
      return client;
    } catch (error) {
      client?.release(true);
      if (!first || !client || !isAway(error)) throw catalogError(error);
      await forgetResting(pool);
    }
  }
}

/**
 * The server has ended them too, most likely: they are not to be found out about one after the
 * other.
 */
async function forgetResting(pool: pg.Pool): Promise<void> {
  while (pool.idleCount > 0) {
    // If none is left after all, it is one that cannot be made.
    await pool.connect().then(
      (client) => client.release(true),
      () => {},
    );
  }
}

function catalogError(error: unknown): unknown {
  if (isFull(error)) {
    return new CatalogFullError('the disk of the PostgreSQL server is full', { cause: error });
  }
  if (!isAway(error)) return error;
  return new CatalogUnavailableError('the PostgreSQL server does not answer', { cause: error });
}

/** What the contract promises cannot be kept with every setting that a server may have. */
async function checkSettings(client: pg.ClientBase): Promise<void> {
  const wrong = [
    ['server_encoding', /^UTF8$/, 'must be UTF8'],
    ['fsync', /^on$/, 'must be on: what is written has to be on the disk'],
    ['synchronous_commit', /^(?!off)/, 'must not be off: what is written has to be on the disk'],
  ] as const;
  for (const [name, right, demand] of wrong) {
    const { rows } = await client.query(`SHOW ${name}`);
    const value = String(rows[0]?.[name]);
    if (!right.test(value)) throw new Error(`PostgreSQL's ${name} is ${value}; it ${demand}`);
  }
}

const tablesOf = sqlTables(postgresQueries(), likePatterns, true);

/** Connections to a PostgreSQL server, and one of them as what the catalog's tables work with. */
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import type { SqlRunner } from '../sql/sql-table.ts';
import { duplicateIn, isConflict } from './errors.ts';

/** Until a server that does not answer counts as away. */
const connectTimeoutMs = 10_000;
/**
 * No query of the catalog takes a second; a server that stopped answering shall not keep its
 * callers for ever.
 */
const queryTimeoutMs = 30_000;

/** Kysely as the maker of SQL only, as for SQLite. */
export function postgresQueries<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new PostgresIntrospector(database),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

/**
 * The url is as libpq takes it, `postgres://user@host:port/database` or with `?host=` the folder of
 * a socket.
 */
export interface Database {
  url: string;
  /** Where the url has none. */
  password?: string;
}

export function clientSettings({ url, password }: Database): pg.ClientConfig {
  return {
    ...(password !== undefined && { password }),
    connectionString: url,
    application_name: 'imago',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
  };
}

export function connections(database: Database, max: number): pg.Pool {
  const pool = new pg.Pool({ ...clientSettings(database), max });
  // A connection that ends while it rests is replaced by the pool; one at work fails the query that
  // it is asked next.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A transaction under way on a connection. */
export class PostgresRunner implements SqlRunner {
  readonly #client: pg.ClientBase;
  /**
   * Another transaction was in its way: whatever its work made of the error, it cannot be
   * committed.
   */
  conflicted = false;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  async rows({ sql, parameters }: CompiledQuery): Promise<unknown[][]> {
    const query = { text: sql, values: [...parameters], rowMode: 'array' as const };
    return (await this.#noticing(this.#client.query(query))).rows;
  }

  async all(query: CompiledQuery): Promise<Record<string, unknown>[]> {
    return (await this.#query(query)).rows;
  }

  async run(query: CompiledQuery): Promise<number> {
    return (await this.#query(query)).rowCount ?? 0;
  }

  duplicateIn(error: unknown): string | undefined {
    return duplicateIn(error);
  }

  #query({ sql, parameters }: CompiledQuery): Promise<pg.QueryResult> {
    return this.#noticing(this.#client.query(sql, [...parameters]));
  }

  async #noticing<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      this.conflicted ||= isConflict(error);
      throw error;
    }
  }
}

/**
 * One connection to the catalog's file, and its prepared statements. SQLite answers at once
 * (node:sqlite is synchronous), so nothing here is async.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** Another process (a backup) may hold the file for a moment. */
const busyTimeoutMs = 5000;
/** All fixed queries fit several times over; lists with many ids have a text of their own each. */
const statementsKept = 256;

/** Kysely as the maker of SQL only: statements are run here, without its layers of promises. */
export function sqliteQueries<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    // WAL: readers and the writer do not wait for each other. FULL: a commit is on the disk when it
    // returns.
    try {
      this.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** For statements without parameters, such as PRAGMA and BEGIN. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Such a statement that is run again and again: it is parsed once. */
  step(sql: 'BEGIN' | 'BEGIN IMMEDIATE' | 'COMMIT' | 'SAVEPOINT work' | 'RELEASE work'): void {
    this.#statement(sql).run();
  }

  all(query: CompiledQuery): Record<string, unknown>[] {
    const statement = this.#statement(query.sql);
    statement.setReturnArrays(false);
    return statement.all(...(query.parameters as SQLInputValue[]));
  }

  /** The same without the names of columns, which takes less. */
  rows(query: CompiledQuery): unknown[][] {
    const statement = this.#statement(query.sql);
    statement.setReturnArrays(true);
    return statement.all(...(query.parameters as SQLInputValue[])) as unknown as unknown[][];
  }

  /** The number of rows changed. */
  run(query: CompiledQuery): number {
    return Number(this.#statement(query.sql).run(...(query.parameters as SQLInputValue[])).changes);
  }

  /** False after SQLite has rolled back by itself, as it does on a full disk. */
  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    if (this.#statements.size > statementsKept) {
      this.#statements.delete(this.#statements.keys().next().value as string);
    }
    return made;
  }
}

/**
 * A PostgreSQL server for tests: Debian's programs, a folder of its own, a socket in it and no
 * port. Needs no service that runs. The server refuses to be root, so root starts it as whoever
 * owns the folder: nobody.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';

/** Debian keeps a folder for each version. */
const versionsFolder = '/usr/lib/postgresql';
const pollMs = 20;

export class TestPostgres {
  readonly folder: string;
  readonly #programs: string;
  readonly #identity: { uid?: number; gid?: number };
  #server?: ChildProcess;

  private constructor(folder: string, programs: string, identity: { uid?: number; gid?: number }) {
    this.folder = folder;
    this.#programs = programs;
    this.#identity = identity;
  }

  static async start(): Promise<TestPostgres> {
    const versions = (await readdir(versionsFolder)).map(Number).sort((a, b) => b - a);
    const programs = path.join(versionsFolder, String(versions[0]), 'bin');
    // Short: the path of a socket has at most 107 bytes.
    const folder = await mkdtemp(path.join(os.tmpdir(), 'pg-'));
    const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    if (identity.uid !== undefined) await chown(folder, identity.uid, identity.gid);
    const postgres = new TestPostgres(folder, programs, identity);
    execFileSync(
      path.join(programs, 'initdb'),
      ['-D', postgres.#data, '-U', 'imago', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
      { ...identity, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    await postgres.run();
    return postgres;
  }

  get #data(): string {
    return path.join(this.folder, 'data');
  }

  /** Of a database of this server. */
  url(database = 'postgres'): string {
    return `postgres://imago@/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /** Its url: an empty schema is as good as an empty database, and made at once. */
  async schema(name: string): Promise<string> {
    await this.query(`CREATE SCHEMA "${name}"`);
    return `${this.url()}&options=${encodeURIComponent(`-c search_path=${name}`)}`;
  }

  async query(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url(database));
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Without a turn of the event loop. */
  querySync(sql: string): void {
    const args = ['-X', '-h', this.folder, '-U', 'imago', '-d', 'postgres', '-c', sql];
    execFileSync(path.join(this.#programs, 'psql'), args, {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async run(): Promise<void> {
    const args = ['-D', this.#data, '-k', this.folder, '-c', 'listen_addresses='];
    this.#server = spawn(path.join(this.#programs, 'postgres'), args, {
      ...this.#identity,
      cwd: this.folder,
      stdio: 'ignore',
    });
    while (!(await this.#answers())) {
      if (this.#server.exitCode !== null) throw new Error('the PostgreSQL server did not start');
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** At once, as at a crash. */
  async stop(): Promise<void> {
    if (!this.#server || this.#server.exitCode !== null) return;
    const ended = once(this.#server, 'exit');
    this.#server.kill('SIGQUIT');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }

  async #answers(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }
}

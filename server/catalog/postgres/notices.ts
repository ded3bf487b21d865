/**
 * What processes that share a database tell each other, by PostgreSQL's NOTIFY: short texts, for
 * those that listen at the time. Whoever was away for a moment may have missed some, and is told so.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Notices } from '../catalog.ts';
import { clientSettings, type Database } from './connection.ts';

/** PostgreSQL takes less than 8000 bytes; each begins with who says it. */
const bytesMax = 7900;
const againMs = 1000;

export class PostgresNotices implements Notices {
  readonly #database: Database;
  readonly #say: (channel: string, text: string) => Promise<unknown>;
  readonly #self = randomUUID();
  #channel: Promise<string> | undefined;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `say` is a query on a connection that is there anyway. */
  constructor(database: Database, say: (channel: string, text: string) => Promise<unknown>) {
    this.#database = database;
    this.#say = say;
  }

  async tell(text: string): Promise<void> {
    const channel = await this.#channel;
    if (channel === undefined) return;
    const whole = `${this.#self} ${text}`;
    // Of what is too long only that there was something.
    const said = Buffer.byteLength(whole) <= bytesMax ? whole : `${this.#self} `;
    await this.#say(channel, said);
  }

  hear(listener: (text: string | undefined) => void): void {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#channel = promise;
    const listen = async () => {
      const client = new pg.Client(clientSettings(this.#database));
      this.#client = client;
      client.on('error', () => {});
      client.once('end', () => {
        if (!this.#closed) this.#timer = setTimeout(() => void listen(), againMs);
      });
      client.on('notification', ({ payload = '' }) => {
        const [from, ...words] = payload.split(' ');
        if (from !== this.#self) listener(words.join(' ') || undefined);
      });
      try {
        await client.connect();
        const channel = await channelOf(client);
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
        resolve(channel);
        listener(undefined);
      } catch {
        // Its end is told, and it is tried again.
        await client.end().catch(() => {});
      }
    };
    void listen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }
}

/** A database has channels of its own; its schemas have not. */
async function channelOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query('SELECT md5(current_schema()) AS schema');
  return `imago_${rows[0]?.schema}`;
}

/**
 * Changes as lines of JSON (ChangeLine of api/imago-changes.ts), for one who watches. A row that
 * changes often is told of now and then; who does not read, or of whom too much changes, is told
 * that anything may have changed. It ends when the caller's own account is changed, as that may see
 * other rows from then on.
 */
import { Duplex } from 'node:stream';
import type { ChangeLine } from '../../api/imago-changes.ts';
import type { ChangeFeed, RowChange } from '../catalog/change-feed.ts';
import { toldOf } from '../domain/viewer.ts';
import type { Caller } from './operation.ts';

export interface ChangeStreamTimes {
  /** Between two lines about the same row. */
  everyMs: number;
  /** Shorter than anything on the way waits before it takes a connection for dead. */
  heartbeatMs: number;
}

const usualTimes: ChangeStreamTimes = { everyMs: 200, heartbeatMs: 20_000 };
/** To tell of more lines takes longer than to read everything again. */
const linesMax = 1000;

const lineOf = (line: ChangeLine) => `${JSON.stringify(line)}\n`;
const heartbeat = lineOf({});
const anything = lineOf({ table: '*' });

export class ChangeStream extends Duplex {
  readonly #account: string;
  readonly #everyMs: number;
  readonly #unfollow: () => void;
  readonly #heartbeats: NodeJS.Timeout;
  /** What is to be told. */
  readonly #lines = new Set<string>();
  #toldMs = Number.NEGATIVE_INFINITY;
  #telling: NodeJS.Timeout | undefined;
  /** The other end reads. */
  #wanted = false;
  #ends = false;

  constructor(feed: ChangeFeed, caller: Caller, times = usualTimes) {
    super();
    this.#account = caller.account;
    this.#everyMs = times.everyMs;
    this.#unfollow = feed.follow(toldOf(caller), (change) => this.#hear(change));
    this.#heartbeats = setInterval(() => {
      if (this.#wanted) this.#wanted = this.push(heartbeat);
    }, times.heartbeatMs).unref();
  }

  #hear(change: RowChange | undefined): void {
    if (change?.table === 'accounts' && change.id === this.#account) this.#ends = true;
    const isFull = this.#lines.size >= linesMax;
    if (!change || isFull) this.#lines.clear();
    if (!this.#lines.has(anything)) this.#lines.add(change && !isFull ? lineOf(change) : anything);
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (!this.#wanted || this.#telling) return;
    const waitMs = this.#toldMs + this.#everyMs - performance.now();
    this.#telling = setTimeout(() => this.#tell(), Math.max(0, waitMs)).unref();
  }

  #tell(): void {
    this.#telling = undefined;
    this.#toldMs = performance.now();
    const text = [...this.#lines].join('');
    this.#lines.clear();
    this.#wanted = this.push(text);
    if (!this.#ends) return;
    this.#unfollow();
    this.#wanted = false;
    this.push(null);
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#lines.size > 0) this.#tellSoon();
  }

  /** What a client says is not listened to. */
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#unfollow();
    clearInterval(this.#heartbeats);
    clearTimeout(this.#telling);
    done(error);
  }
}

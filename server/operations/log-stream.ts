/**
 * The log for one who reads along: the newest lines, then those that come (LogLine of
 * api/imago-health.ts). Who does not read is told how many were left out, and holds nobody up.
 */
import { Duplex } from 'node:stream';
import type { LogLine } from '../../api/imago-health.ts';
import type { RecentLog } from '../foundations/recent-log.ts';

/** Shorter than anything on the way waits before it takes a connection for dead. */
const usualHeartbeatMs = 20_000;
/** As many as a log keeps: more would not have been there for one who comes later. */
const waitingMax = 1000;

const lineOf = (line: LogLine) => `${JSON.stringify(line)}\n`;
const heartbeat = lineOf({});

export class LogStream extends Duplex {
  readonly #unfollow: () => void;
  readonly #heartbeats: NodeJS.Timeout;
  #waiting: string[];
  #leftOut = 0;
  /** The other end reads. */
  #wanted = false;

  constructor(log: RecentLog, heartbeatMs = usualHeartbeatMs) {
    super();
    this.#waiting = [...log.lines()];
    this.#unfollow = log.follow((line) => this.#hear(line));
    this.#heartbeats = setInterval(() => {
      if (this.#wanted) this.#wanted = this.push(heartbeat);
    }, heartbeatMs).unref();
  }

  #hear(line: string): void {
    this.#waiting.push(line);
    if (this.#waiting.length > waitingMax) {
      this.#waiting.shift();
      this.#leftOut += 1;
    }
    if (this.#wanted) this.#tell();
  }

  #tell(): void {
    if (this.#waiting.length === 0) return;
    const leftOut = this.#leftOut > 0 ? lineOf({ leftOut: this.#leftOut }) : '';
    const text = leftOut + this.#waiting.join('');
    this.#waiting = [];
    this.#leftOut = 0;
    this.#wanted = this.push(text);
  }

  override _read(): void {
    this.#wanted = true;
    this.#tell();
  }

  /** What a client says is not listened to. */
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#unfollow();
    clearInterval(this.#heartbeats);
    done(error);
  }
}

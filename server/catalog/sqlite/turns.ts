/**
 * SQLite answers at once, so work that asks it for one row after the other would keep everything
 * else in this process waiting: after some milliseconds of one turn of the event loop others have
 * theirs. A single statement is as long as it is: who asks for many rows asks for pages (scan.ts).
 */
import { setImmediate as turn } from 'node:timers/promises';

const turnMs = 10;

export class Turns {
  #since: number | undefined;

  /** To be asked before each statement. */
  get isOver(): boolean {
    const now = performance.now();
    if (this.#since !== undefined) return now - this.#since >= turnMs;
    this.#since = now;
    setImmediate(() => {
      this.#since = undefined;
    });
    return false;
  }

  /** Several may wait for it: each goes on where the turn is not over again. */
  async next(): Promise<void> {
    while (this.isOver) await turn();
  }
}

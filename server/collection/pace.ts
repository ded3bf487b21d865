/**
 * Work in the background that leaves the disk and the event loop to others: after some milliseconds
 * of work it rests, for as long as it has worked or not at all.
 */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

const workMs = 10;

export class Pace {
  readonly #restRatio: number;
  #since = performance.now();

  /** Rest per work: 0 for somebody who waits for the end, 3 for a quarter of the time. */
  constructor(restRatio: number) {
    this.#restRatio = restRatio;
  }

  /** To be called after each small piece of work. */
  async step(): Promise<void> {
    const worked = performance.now() - this.#since;
    if (worked < workMs) return;
    if (this.#restRatio > 0) await delay(worked * this.#restRatio);
    else await turn();
    this.#since = performance.now();
  }
}

/** So many bytes in a second: who has moved some waits until as many may have been moved. */
import { setTimeout as delay } from 'node:timers/promises';

export class Bandwidth {
  readonly #bytesPerSecond: number | undefined;
  /** When as much as was moved may have been. */
  #dueMs = 0;

  /** Without a figure it never waits. */
  constructor(bytesPerSecond?: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === undefined) return;
    const now = performance.now();
    this.#dueMs = Math.max(now, this.#dueMs) + (bytes / this.#bytesPerSecond) * 1000;
    if (this.#dueMs > now) await delay(this.#dueMs - now, undefined, { signal });
  }
}

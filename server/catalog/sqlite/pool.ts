/**
 * So many of a thing at most, made when they are needed, kept for the next; who comes when all are
 * in use waits for his turn.
 */

export class Pool<T> {
  readonly #max: number;
  readonly #make: () => T;
  readonly #idle: T[] = [];
  readonly #waiting: ((thing: T) => void)[] = [];
  #inUse = 0;
  #emptied?: () => void;

  constructor(max: number, make: () => T) {
    this.#max = max;
    this.#make = make;
  }

  async use<R>(work: (thing: T) => Promise<R>): Promise<R> {
    const thing = await this.#take();
    try {
      return await work(thing);
    } finally {
      this.#give(thing);
    }
  }

  /** All of them, once nobody uses one. */
  async close(): Promise<T[]> {
    if (this.#inUse > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
    return this.#idle.splice(0);
  }

  #take(): T | Promise<T> {
    if (this.#idle.length === 0 && this.#inUse >= this.#max) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    const thing = this.#idle.pop() ?? this.#make();
    this.#inUse++;
    return thing;
  }

  #give(thing: T): void {
    const next = this.#waiting.shift();
    if (next) {
      next(thing);
      return;
    }
    this.#idle.push(thing);
    if (--this.#inUse === 0) this.#emptied?.();
  }
}

/** Numbers that a seed decides: what was tried once can be tried again. */

export class Random {
  #state: number;

  /** Neighbouring seeds have nothing in common. */
  constructor(...seeds: readonly number[]) {
    this.#state = 0x9e3779b9;
    for (const seed of seeds) {
      this.#state = (this.#state ^ seed) | 0;
      this.#next();
      this.#next();
    }
  }

  /** A step of a linear generator, its bits mixed. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const bits = (mixed ^ (mixed >>> 14)) >>> 0;
    this.#state = (this.#state + bits) | 0;
    return bits;
  }

  /** From 0 to below `end`. */
  below(end: number): number {
    return Math.floor((this.#next() / 2 ** 32) * end);
  }

  chance(share: number): boolean {
    return this.#next() / 2 ** 32 < share;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.below(from.length)] as T;
  }
}

/**
 * At most so many at a time, and of those that wait the next on the disk: what lies together is read
 * together, while it is in memory.
 */
export class Sweep {
  #free: number;
  #at = 0;
  readonly #waiting: { place: number; begin: () => void }[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<T>(place: number, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((begin) => this.#waiting.push({ place, begin }));
    this.#at = place;
    try {
      return await work();
    } finally {
      const next = this.#takeNext();
      if (next) next();
      else this.#free++;
    }
  }

  /** From where it is on, and then from the beginning. */
  #takeNext(): (() => void) | undefined {
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
    for (const [index, { place }] of this.#waiting.entries()) {
      const way = place >= this.#at ? place - this.#at : place + Number.MAX_SAFE_INTEGER / 2;
      if (way < least) [nearest, least] = [index, way];
    }
    return nearest < 0 ? undefined : this.#waiting.splice(nearest, 1)[0]?.begin;
  }
}

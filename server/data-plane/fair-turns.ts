/**
 * Work of many guests on something that does a few things at once: each guest in turn has one
 * begun, so that one with a thousand waiting does not come before another with one.
 */
export class FairTurns {
  readonly #atOnce: number;
  #running = 0;
  /** In the order in which guests are served next; each has something waiting. */
  readonly #waiting = new Map<object, (() => void)[]>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<T>(guest: object, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) await this.#turn(guest);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(guest: object): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(guest);
      if (queue) queue.push(resolve);
      else this.#waiting.set(guest, [resolve]);
    });
  }

  /** Hands the place to the guest that has waited longest, and puts it behind the others. */
  #next(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#running -= 1;
      return;
    }
    const [guest, queue] = first;
    const begin = queue.shift();
    this.#waiting.delete(guest);
    if (queue.length > 0) this.#waiting.set(guest, queue);
    begin?.();
  }
}

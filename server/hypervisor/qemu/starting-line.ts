/**
 * Machines that are started together let their guests begin together. A guest that boots takes all
 * the processor it can get: the first of twenty would hold up nineteen QEMUs that are still
 * starting, and the server that starts them. It knows no machine: it counts.
 */

/** However many others are being started: twenty on two cores take less. */
const waitMaxMs = 2000;

export interface Place extends Disposable {
  /**
   * This one is ready: leaves, and resolves when nobody is at it any more (or it waited long
   * enough).
   */
  ready(): Promise<void>;
}

export class StartingLine {
  readonly #waitMaxMs: number;
  readonly #places = new Set<Place>();
  #clear = Promise.withResolvers<void>();

  constructor(options: { waitMaxMs?: number } = {}) {
    this.#waitMaxMs = options.waitMaxMs ?? waitMaxMs;
  }

  /** Disposing of the place leaves too: who fails keeps nobody waiting. */
  enter(): Place {
    const place: Place = {
      ready: async () => {
        const clear = this.#clear.promise;
        this.#leave(place);
        await within(clear, this.#waitMaxMs);
      },
      [Symbol.dispose]: () => this.#leave(place),
    };
    this.#places.add(place);
    return place;
  }

  #leave(place: Place): void {
    if (!this.#places.delete(place) || this.#places.size > 0) return;
    this.#clear.resolve();
    this.#clear = Promise.withResolvers();
  }
}

async function within(work: Promise<void>, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  void work.then(resolve);
  await promise;
  clearTimeout(timer);
}

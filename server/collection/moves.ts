/**
 * Moves of blocks, some at a time: each waits for the disk, and one after the other would wait for
 * it most of the time. After a failure none is begun, and those that were come to their end.
 */
const movesAtOnce = 16;

export class Moves implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  /** Resolves when there is room for another. */
  async begin(move: () => Promise<void>): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    const running = move()
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    if (this.#running.size >= movesAtOnce) await Promise.race(this.#running);
  }

  /** All are done. */
  async end(): Promise<void> {
    await this[Symbol.asyncDispose]();
    if (this.#failure) throw this.#failure.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running);
  }
}

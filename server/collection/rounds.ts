/**
 * A round every few seconds, one after the other, until it is stopped: what the scrubbers go on by.
 * A round that fails is told of, and the next one comes.
 */
const tickMs = 10_000;

export class Rounds {
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  /** Aborted when it is stopped. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** `advance` is told how much time a round stands for. */
  start(advance: (ms: number) => Promise<void>, failed: (error: unknown) => void): void {
    this.#timer = setTimeout(() => {
      this.#running = advance(tickMs).catch((error) => {
        if (!this.signal.aborted) failed(error);
      });
      void this.#running.then(() => this.signal.aborted || this.start(advance, failed));
    }, tickMs).unref();
  }

  /** When what is under way has ended; it is waited for as a round is. */
  afterwards(work: () => Promise<void>, failed: (error: unknown) => void): void {
    this.#running = this.#running.then(work).catch(failed);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('Imago is stopping'));
    clearTimeout(this.#timer);
    await this.#running;
  }
}

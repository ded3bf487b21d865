/**
 * Which blocks must not be collected now: those of open writers, and, while a collection is open,
 * all that were put since it was. Shared by the implementations; in memory, since one process has
 * the store open for writing.
 */
import type { Digest } from './block-store.ts';
import { CollectionRunningError } from './collection.ts';

export class TouchedBlocks {
  /** How many open writers hold each. */
  readonly #held = new Map<Digest, number>();
  #sinceCollection: Set<Digest> | undefined;
  /** Puts whose digest is not known yet -> how many blocks had been condemned when they began. */
  readonly #unidentified = new Map<Promise<unknown>, number>();

  isTouched(digest: Digest): boolean {
    return this.#held.has(digest) || this.#sinceCollection?.has(digest) === true;
  }

  /** It came into use, by being read, and nobody holds it. */
  touch(digest: Digest): void {
    this.#sinceCollection?.add(digest);
  }

  /** A put whose digest is not known yet. It is held, by `hold`, in the moment in which it is. */
  async identify<T>(
    put: Promise<T>,
    { sinceMove, hold }: { sinceMove: number; hold: (known: T) => void },
  ): Promise<T> {
    const identified = put.then((known) => {
      hold(known);
      return known;
    });
    this.#unidentified.set(identified, sinceMove);
    try {
      return await identified;
    } finally {
      this.#unidentified.delete(identified);
    }
  }

  /** What was put before so many blocks were condemned is known, and held. */
  async identified(move: number): Promise<void> {
    const earlier = [...this.#unidentified].filter(([, sinceMove]) => sinceMove < move);
    await Promise.allSettled(earlier.map(([put]) => put));
  }

  /** Of one writer, which holds each block once. */
  hold(digest: Digest): void {
    this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
    this.#sinceCollection?.add(digest);
  }

  release(digests: Iterable<Digest>): void {
    for (const digest of digests) {
      const others = (this.#held.get(digest) ?? 1) - 1;
      if (others > 0) this.#held.set(digest, others);
      else this.#held.delete(digest);
    }
  }

  beginCollection(): void {
    if (this.#sinceCollection) throw new CollectionRunningError();
    this.#sinceCollection = new Set();
  }

  endCollection(): void {
    this.#sinceCollection = undefined;
  }
}

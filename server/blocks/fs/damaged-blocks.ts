/**
 * Blocks that were found damaged, by a read or by the scrubber, and not healed since: a put of one
 * writes it anew instead of trusting what is there.
 */
import type { Digest } from '../block-store.ts';

export class DamagedBlocks {
  readonly #digests = new Set<Digest>();

  has(digest: Digest): boolean {
    return this.#digests.has(digest);
  }

  add(digest: Digest): void {
    this.#digests.add(digest);
  }

  delete(digest: Digest): void {
    this.#digests.delete(digest);
  }

  list(): Digest[] {
    return [...this.#digests];
  }
}

/**
 * Plain blocks in memory that all threads of a process look at: slots of one block each, whose
 * versions tell what is in them. One thread gives slots away (shared-block-memory.ts); the others
 * copy, and look at the version before and after, so that nobody waits for anybody and no slot is
 * held.
 */
import { blockSizeBytes } from './block-store.ts';

/** All that a thread needs to be told. */
export interface SharedBlocksParts {
  segments: readonly SharedArrayBuffer[];
  /** A number a slot: odd while it is being filled. */
  versions: SharedArrayBuffer;
  /** A number a slot: not zero where it was looked at since it was last passed over. */
  used: SharedArrayBuffer;
}

/** Where a block is, for as long as the slot has this version. */
export interface Place {
  slot: number;
  version: number;
  length: number;
}

/** Far below what an array may have, however large the memory. */
export const slotsPerSegment = 512;

export class SharedBlocks {
  readonly slots: number;
  readonly #segments: readonly Buffer[];
  readonly #versions: Int32Array;
  readonly #used: Int32Array;

  constructor({ segments, versions, used }: SharedBlocksParts) {
    this.#segments = segments.map((segment) => Buffer.from(segment));
    this.#versions = new Int32Array(versions);
    this.#used = new Int32Array(used);
    this.slots = this.#versions.length;
  }

  /** False where the slot has something else by now; then there may be anything in `target`. */
  copyNow({ slot, version }: Place, from: number, target: Uint8Array): boolean {
    if (Atomics.load(this.#versions, slot) !== version) return false;
    const start = (slot % slotsPerSegment) * blockSizeBytes + from;
    const segment = this.#segments[Math.floor(slot / slotsPerSegment)] as Buffer;
    segment.copy(target, 0, start, start + target.length);
    // An exchange, as a load alone may be done before the copy is.
    const after = Atomics.compareExchange(this.#versions, slot, version, version);
    if (after !== version) return false;
    if (this.#used[slot] === 0) this.#used[slot] = 1;
    return true;
  }
}

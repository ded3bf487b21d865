/**
 * What a block store does for garbage collection; part of the port (block-store.ts). Who decides
 * what is garbage is server/collection.
 *
 * A block goes in two steps. `condemn` takes it out of the list and puts it under a round; it can
 * still be read. `destroy` removes what a round still has. Between the two a block comes back to
 * its place, as if nothing had been: by being put again, by being read, or by `pardon`.
 *
 * Contract:
 * - One collection is open at a time: the second is refused with CollectionRunningError.
 * - Blocks of open writers, and whatever was put since the collection was opened, are left alone by
 *   `condemn` and pardoned by `destroy`. So a collector that stops for hours between looking and
 *   acting takes nothing that came into use meanwhile.
 * - A round is on record before its first block is in it. Killed at any point, each block is in its
 *   place or in a round.
 */
import type { Digest, StoredBlock } from './block-store.ts';

export interface Round {
  /** Made by the store; later rounds have larger ones. */
  id: number;
  /** What the collector wrote down when it began the round; undefined where that is lost. */
  note: unknown;
}

export interface Freed {
  blocks: number;
  bytes: number;
}

export interface BlockCollection extends AsyncDisposable {
  /** The store removes nothing before: rounds are neither begun nor destroyed. */
  readonly lockedUntil?: string;
  /** Rounds that are on record, oldest first. */
  rounds(): Promise<Round[]>;
  /** What is in a round. */
  condemned(round: number): AsyncIterable<StoredBlock>;
  beginRound(note: unknown): Promise<Round>;
  /** Answers whether it was done: not where the block is in use or absent. */
  condemn(round: number, digest: Digest): Promise<boolean>;
  pardon(digest: Digest): Promise<void>;
  /** Removes one block of a round; answers whether it was done. */
  destroy(round: number, digest: Digest): Promise<boolean>;
  /** Forgets a round that is empty. */
  endRound(round: number): Promise<void>;
}

export class CollectionRunningError extends Error {
  override name = 'CollectionRunningError';
  constructor() {
    super('a collection of this block store is running already');
  }
}

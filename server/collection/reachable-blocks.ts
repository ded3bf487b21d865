/**
 * The set of blocks that maps need, pages included, and drafts. Of each digest only the beginning
 * is kept, so that a set of a million takes little memory: two digests that begin alike keep each
 * other alive, and never the opposite. Fails closed: a page that cannot be read is an error, lest
 * what lies under it be taken for garbage.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { readBlockMap } from '../blocks/block-map.ts';
import type { BlockReader, Digest } from '../blocks/block-store.ts';
import { digestBytes } from '../blocks/map-pages.ts';

/** As many as a number holds exactly, in whole bytes. */
const prefixBytes = 6;

export class ReachableBlocks {
  readonly #prefixes = new Set<number>();
  /** Leaves are shared by many maps, and read once. */
  readonly #leaves = new Set<Digest>();

  has(digest: Digest): boolean {
    return this.#prefixes.has(Number.parseInt(digest.slice(0, 2 * prefixBytes), 16));
  }

  /** One after the other. Zeros stand for no block; their beginning does no harm in the set. */
  addDigests(digests: Buffer): void {
    for (let at = 0; at < digests.length; at += digestBytes) {
      this.#prefixes.add(digests.readUIntBE(at, prefixBytes));
    }
  }

  async addMap(reader: BlockReader, root: Digest): Promise<void> {
    const map = await readBlockMap(reader, root);
    for (const page of map.pages()) this.#add(page);
    for (const [index, { digest }] of map.leaves.entries()) {
      if (!digest || this.#leaves.has(digest)) continue;
      this.addDigests(await map.leaf(index));
      this.#leaves.add(digest);
      await turn();
    }
  }

  /** Of the blocks that are needed; again, for a base that has one itself. */
  async addBases(list: () => AsyncIterable<{ digest: Digest; base: Digest }>): Promise<void> {
    for (let grown = true; grown; ) {
      grown = false;
      for await (const { digest, base } of list()) {
        if (!this.has(digest) || this.has(base)) continue;
        this.#add(base);
        grown = true;
      }
    }
  }

  #add(digest: Digest): void {
    this.#prefixes.add(Number.parseInt(digest.slice(0, 2 * prefixBytes), 16));
  }
}

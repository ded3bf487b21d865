/**
 * Block maps into another store: blocks first, then the pages that name them, so a page that is
 * there has its blocks, and what is under it is not looked at again. What has arrived is read once
 * more before it counts. Cut off anywhere it goes on where it was.
 */
import { type BlockMap, readBlockMap } from '../blocks/block-map.ts';
import type { BlockReader, BlockStore, BlockWriter, Digest } from '../blocks/block-store.ts';
import { blocksPerLeaf, leafDigest } from '../blocks/map-pages.ts';
import { Bandwidth } from '../foundations/bandwidth.ts';
import { isDamage } from './stores-to-recover.ts';

/** Committed and read again together. */
const blocksAtOnce = 32;

export interface CopyCounts {
  blocks: number;
  /** As they are stored there. */
  bytes: number;
}

export interface CopyOptions {
  target: BlockStore;
  /** Of what is stored there; absent: as fast as it goes. */
  bytesPerSecond?: number;
  signal: AbortSignal;
  /** Is added to. */
  counts: CopyCounts;
  /** What is under a page that is there is there, too: not where a collection was cut off. */
  trustPages: boolean;
  /** Put there, and never read whole: put again. Is added to, and taken from. */
  unproven: Set<Digest>;
}

/** What is to be copied is damaged where it comes from: others may be whole. */
export class UnreadableSourceError extends Error {
  override name = 'UnreadableSourceError';
}

export class MapCopier {
  readonly #options: CopyOptions;
  /** Put, and not read again yet. */
  #fresh: Digest[] = [];
  #writer: BlockWriter;
  readonly #bandwidth: Bandwidth;

  constructor(options: CopyOptions) {
    this.#options = options;
    this.#writer = options.target.begin();
    this.#bandwidth = new Bandwidth(options.bytesPerSecond);
  }

  /** All of it is there. */
  async has(root: Digest): Promise<boolean> {
    const { target, trustPages } = this.#options;
    if (!(await this.#isThere(root))) return false;
    if (trustPages) return true;
    try {
      const map = await readBlockMap(target, root);
      for (const page of map.pages()) if (!(await this.#isThere(page))) return false;
      for await (const { digest } of map.entries()) {
        if (!(await this.#isThere(digest))) return false;
      }
      return true;
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }

  async copy(from: BlockReader, root: Digest): Promise<void> {
    const { signal, trustPages } = this.#options;
    const source = tellingDamage(from);
    const isThere = await this.#isThere(root);
    if (isThere && trustPages) return;
    const map = await readBlockMap(source, root);
    for (const [leafIndex, { digest: page }] of map.leaves.entries()) {
      signal.throwIfAborted();
      if (!page) continue;
      const isPageThere = await this.#isThere(page);
      if (isPageThere && trustPages) continue;
      await this.#copyLeaf(source, map, leafIndex);
      if (!isPageThere) await this.#put(source, page);
    }
    await this.#arrive();
    if (!isThere) await this.#put(source, root);
    await this.#arrive();
  }

  close(): Promise<void> {
    return this.#writer.abort();
  }

  async #copyLeaf(source: BlockReader, map: BlockMap, leafIndex: number): Promise<void> {
    const leaf = await map.leaf(leafIndex);
    for (let i = 0; i < blocksPerLeaf; i++) {
      const digest = leafDigest(leaf, i);
      if (digest && !(await this.#isThere(digest))) await this.#put(source, digest);
    }
    await this.#arrive();
  }

  async #isThere(digest: Digest): Promise<boolean> {
    if (this.#fresh.includes(digest)) return true;
    return !this.#options.unproven.has(digest) && this.#writer.has(digest);
  }

  async #put(source: BlockReader, digest: Digest): Promise<void> {
    const { counts, signal, unproven } = this.#options;
    signal.throwIfAborted();
    unproven.add(digest);
    const { storedBytes } = await this.#writer.put(await source.get(digest), { given: true });
    counts.blocks++;
    counts.bytes += storedBytes;
    this.#fresh.push(digest);
    await this.#bandwidth.spend(storedBytes, signal);
    if (this.#fresh.length >= blocksAtOnce) await this.#arrive();
  }

  /** Durable there, and what it is said to be. */
  async #arrive(): Promise<void> {
    await this.#writer.commit();
    const { target, unproven } = this.#options;
    for (const digest of this.#fresh) {
      await target.get(digest);
      unproven.delete(digest);
    }
    this.#fresh = [];
  }
}

function tellingDamage(source: BlockReader): BlockReader {
  return {
    has: (digest) => source.has(digest),
    get: (digest) =>
      source.get(digest).catch((error: Error) => {
        throw isDamage(error) ? new UnreadableSourceError(error.message, { cause: error }) : error;
      }),
  };
}

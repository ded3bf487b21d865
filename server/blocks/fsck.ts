/**
 * Checks a block store, and the block maps that must be readable in it: reads and verifies every
 * block, then walks every map. It reports and changes nothing; whatever is wrong with what it reads
 * is a finding, never an exception.
 */
import { type BlockMap, readBlockMap } from './block-map.ts';
import {
  BlockMissingError,
  type BlockReader,
  type BlockStore,
  blockSizeBytes,
  type Digest,
  isSealed,
} from './block-store.ts';
import { blocksPerLeaf, leafDigest } from './map-pages.ts';

export type FsckFinding =
  /** A block or page that the map needs is not there. */
  | { kind: 'missing'; digest: Digest; root: Digest }
  /** It is there and its bytes are wrong, or cannot be read. Without `root`, no map needs it. */
  | { kind: 'corrupt'; digest: Digest; detail: string; root?: Digest }
  /**
   * Its bytes are what its digest says, but no page, or no block of a volume. Nothing under it is
   * checked.
   */
  | { kind: 'malformed'; digest: Digest; detail: string; root: Digest }
  /** The last one. Unreferenced blocks are no damage: crashes and deleted snapshots leave them. */
  | { kind: 'summary'; blocks: number; plainBytes: number; unreferencedBlocks: number };

export interface FsckOptions {
  store: BlockStore;
  /** Roots of the maps, such as those of all completed snapshots. */
  roots: readonly Digest[];
  onProgress?: (checkedBlocks: number) => void;
  signal?: AbortSignal;
}

/** For each root, one finding for each digest that is wrong. */
export async function* fsck(options: FsckOptions): AsyncGenerator<FsckFinding> {
  const blocks = new CheckedBlocks(options.store);
  for await (const { digest } of options.store.list()) {
    options.signal?.throwIfAborted();
    await blocks.check(digest);
    options.onProgress?.(blocks.count);
  }
  for (const root of new Set(options.roots)) {
    options.signal?.throwIfAborted();
    yield* checkMap(options.store, blocks, root);
  }
  await blocks.referenceBases();
  yield* blocks.unreferencedDamage();
  const { count, plainBytes, unreferencedCount } = blocks;
  yield { kind: 'summary', blocks: count, plainBytes, unreferencedBlocks: unreferencedCount };
}

/**
 * Every digest that the maps need, pages included, some more than once. It fails closed for garbage
 * collection: a page that cannot be read is an error, lest what lies under it be taken for garbage.
 */
export async function* reachable(
  reader: BlockReader,
  roots: readonly Digest[],
): AsyncGenerator<Digest> {
  for (const root of new Set(roots)) {
    const map = await readBlockMap(reader, root);
    yield* map.pages();
    for await (const { digest } of map.entries()) yield digest;
  }
}

async function* checkMap(
  store: BlockStore,
  blocks: CheckedBlocks,
  root: Digest,
): AsyncGenerator<FsckFinding> {
  const told = new Set<Digest>();
  const damage = async (digest: Digest): Promise<FsckFinding | undefined> => {
    const wrong = await blocks.reference(digest);
    if (!wrong || told.has(digest)) return undefined;
    told.add(digest);
    return wrong === 'missing'
      ? { kind: 'missing', digest, root }
      : { kind: 'corrupt', digest, detail: wrong, root };
  };
  const malformed = (digest: Digest, detail: string): FsckFinding => {
    told.add(digest);
    return { kind: 'malformed', digest, detail, root };
  };

  const rootDamage = await damage(root);
  if (rootDamage) return yield rootDamage;
  let map: BlockMap;
  try {
    map = await readBlockMap(store, root);
  } catch (error) {
    return yield malformed(root, (error as Error).message);
  }
  for (const [leafIndex, { digest: page }] of map.leaves.entries()) {
    if (!page) continue;
    const leafDamage = await damage(page);
    if (leafDamage) {
      yield leafDamage;
      continue;
    }
    let leaf: Buffer;
    try {
      leaf = await map.leaf(leafIndex);
    } catch (error) {
      yield malformed(page, (error as Error).message);
      continue;
    }
    for (let i = 0; i < blocksPerLeaf; i++) {
      const digest = leafDigest(leaf, i);
      if (!digest) continue;
      const found = await damage(digest);
      if (found) yield found;
      else if (blocks.isShort(digest) && !told.has(digest)) {
        yield malformed(digest, 'it is too short for a block of a volume');
      }
    }
  }
}

/** What is known of each block after it was read once. */
class CheckedBlocks {
  plainBytes = 0;
  readonly #store: BlockStore;
  readonly #whole = new Set<Digest>();
  readonly #short = new Set<Digest>();
  /** Digest -> what is wrong. */
  readonly #corrupt = new Map<Digest, string>();
  readonly #referenced = new Set<Digest>();

  constructor(store: BlockStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#whole.size + this.#corrupt.size;
  }

  get unreferencedCount(): number {
    const stored = [...this.#whole, ...this.#corrupt.keys()];
    return stored.filter((digest) => !this.#referenced.has(digest)).length;
  }

  async check(digest: Digest): Promise<void> {
    try {
      const plain = await this.#store.get(digest);
      this.#whole.add(digest);
      this.plainBytes += plain.length;
      if (plain.length < blockSizeBytes && !isSealed(plain)) this.#short.add(digest);
    } catch (error) {
      if (!(error instanceof BlockMissingError))
        this.#corrupt.set(digest, (error as Error).message);
    }
  }

  /** Notes that a map needs the block; says what is wrong with it. */
  async reference(digest: Digest): Promise<string | 'missing' | undefined> {
    this.#referenced.add(digest);
    if (this.#whole.has(digest)) return undefined;
    // Not listed: perhaps it was put, or healed, since then.
    if (!this.#corrupt.has(digest)) await this.check(digest);
    return this.#whole.has(digest) ? undefined : (this.#corrupt.get(digest) ?? 'missing');
  }

  /** What is read with another needs it, though no map names that. */
  async referenceBases(): Promise<void> {
    for (let grown = true; grown; ) {
      grown = false;
      for await (const { digest, base } of this.#store.bases()) {
        if (!this.#referenced.has(digest) || this.#referenced.has(base)) continue;
        this.#referenced.add(base);
        grown = true;
      }
    }
  }

  isShort(digest: Digest): boolean {
    return this.#short.has(digest);
  }

  *unreferencedDamage(): Generator<FsckFinding> {
    for (const [digest, detail] of this.#corrupt) {
      if (!this.#referenced.has(digest)) yield { kind: 'corrupt', digest, detail };
    }
  }
}

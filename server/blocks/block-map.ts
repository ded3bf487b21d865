/**
 * A block map: which block is where in a volume. A Merkle tree of two levels whose pages are blocks
 * of the store (map-pages.ts), so equal contents have equal roots, maps share the leaves that did
 * not change, and the root digest names the whole content. It knows nothing of snapshots, and reads
 * and writes no block of a volume.
 */
import {
  type BlockReader,
  type BlockWriter,
  blockSizeBytes,
  type Digest,
  zeroBlock,
} from './block-store.ts';
import {
  blockCountOf,
  blocksPerLeaf,
  checkLeafPage,
  countDigests,
  decodeRootPage,
  encodeRootPage,
  type LeafEntry,
  leafCountOf,
  leafDigest,
  type RootPage,
  setLeafDigest,
  volumeMaxBytes,
} from './map-pages.ts';

/** Leaf pages kept per map, 4 MiB: 64 GiB of volume in reach of a look without a promise. */
const leavesInMemory = 8;

export class BlockMap {
  readonly root: Digest;
  readonly sizeBytes: number;
  readonly blockCount: number;
  /** Bytes of the blocks that are not zero. */
  readonly fullSizeBytes: number;
  readonly leaves: readonly LeafEntry[];
  readonly #reader: Pick<BlockReader, 'get'>;
  readonly #pages = new Map<number, Buffer>();

  constructor(reader: Pick<BlockReader, 'get'>, root: Digest, page: RootPage) {
    this.root = root;
    this.sizeBytes = page.sizeBytes;
    this.blockCount = blockCountOf(page.sizeBytes);
    this.leaves = page.leaves;
    this.fullSizeBytes = page.leaves.reduce((sum, leaf) => sum + leaf.blocks, 0) * blockSizeBytes;
    this.#reader = reader;
  }

  /** The digest of block `index`; null for the zero block. */
  async lookup(index: number): Promise<Digest | null> {
    const known = this.peek(index);
    if (known !== undefined) return known;
    return leafDigest(await this.leaf(Math.floor(index / blocksPerLeaf)), index % blocksPerLeaf);
  }

  /** As lookup, without a promise; undefined when the leaf is not in memory. */
  peek(index: number): Digest | null | undefined {
    if (index < 0 || index >= this.blockCount) throw new RangeError(`no block ${index} in the map`);
    const leafIndex = Math.floor(index / blocksPerLeaf);
    if (!this.leaves[leafIndex]?.digest) return null;
    const page = this.#pages.get(leafIndex);
    return page && leafDigest(page, index % blocksPerLeaf);
  }

  /** One leaf page, checked; it may be shared with others, so nobody may change it. */
  async leaf(leafIndex: number): Promise<Buffer> {
    const known = this.#pages.get(leafIndex);
    if (known) return known;
    const entry = this.leaves[leafIndex];
    if (!entry) throw new RangeError(`no leaf ${leafIndex} in the map`);
    if (!entry.digest) return zeroBlock;
    const page = await this.#reader.get(entry.digest);
    checkLeafPage(entry.digest, page, {
      blocks: entry.blocks,
      firstIndex: leafIndex * blocksPerLeaf,
      sizeBytes: this.sizeBytes,
    });
    this.#pages.set(leafIndex, page);
    if (this.#pages.size > leavesInMemory) {
      for (const oldest of this.#pages.keys()) {
        this.#pages.delete(oldest);
        break;
      }
    }
    return page;
  }

  /** All blocks that are not zero, by ascending index. */
  async *entries(): AsyncIterable<{ index: number; digest: Digest }> {
    for (let leafIndex = 0; leafIndex < this.leaves.length; leafIndex++) {
      if (!this.leaves[leafIndex]?.digest) continue;
      const page = await this.leaf(leafIndex);
      for (let i = 0; i < blocksPerLeaf; i++) {
        const digest = leafDigest(page, i);
        if (digest) yield { index: leafIndex * blocksPerLeaf + i, digest };
      }
    }
  }

  /** The pages that the map consists of: its root and its leaves. */
  *pages(): Iterable<Digest> {
    yield this.root;
    for (const { digest } of this.leaves) if (digest) yield digest;
  }
}

/** Throws MalformedMapError, BlockMissingError or BlockCorruptError. */
export async function readBlockMap(
  reader: Pick<BlockReader, 'get'>,
  root: Digest,
): Promise<BlockMap> {
  return new BlockMap(reader, root, decodeRootPage(root, await reader.get(root)));
}

export interface BlockMapChanges {
  sizeBytes: number;
  /**
   * Root of the map that the changes are made to; without it, to zeros. It may be smaller, never
   * larger.
   */
  base?: Digest;
  /** Block index -> digest of a stored block, or null for the zero block. */
  changes: ReadonlyMap<number, Digest | null>;
}

export interface WrittenBlockMap {
  root: Digest;
  fullSizeBytes: number;
  /** Bytes newly stored for the pages. */
  storedBytes: number;
}

/** Puts the pages that differ from the base; the caller commits. Costs what the changes cost. */
export async function writeBlockMap(
  writer: BlockWriter,
  { changes, ...map }: BlockMapChanges,
): Promise<WrittenBlockMap> {
  return writeBlockMapByLeaves(writer, map, groupByLeaf(changes, blockCountOf(map.sizeBytes)));
}

/** The changes of one leaf: within it, the index and the digest. */
export type LeafChanges = readonly [
  leafIndex: number,
  changes: Iterable<readonly [number, Digest | null]>,
];

/** The same leaf by leaf, each once, for changes that need not be in memory all at once. */
export async function writeBlockMapByLeaves(
  writer: BlockWriter,
  { sizeBytes, base }: Omit<BlockMapChanges, 'changes'>,
  changes: Iterable<LeafChanges> | AsyncIterable<LeafChanges>,
): Promise<WrittenBlockMap> {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes > volumeMaxBytes) {
    throw new RangeError(`a volume cannot have ${sizeBytes} bytes`);
  }
  const baseMap = base === undefined ? undefined : await readBlockMap(writer, base);
  if (baseMap && baseMap.sizeBytes > sizeBytes) {
    throw new RangeError('a volume cannot become smaller than its base');
  }
  const leaves: LeafEntry[] = Array.from(
    { length: leafCountOf(sizeBytes) },
    (_, i) => baseMap?.leaves[i] ?? { digest: null, blocks: 0 },
  );
  let storedBytes = 0;
  for await (const [leafIndex, leafChanges] of changes) {
    const inBase = baseMap && leafIndex < baseMap.leaves.length;
    const page = Buffer.from(inBase ? await baseMap.leaf(leafIndex) : zeroBlock);
    for (const [i, digest] of leafChanges) setLeafDigest(page, i, digest);
    const blocks = countDigests(page);
    if (blocks === 0) {
      leaves[leafIndex] = { digest: null, blocks };
      continue;
    }
    const replaces = (inBase && baseMap.leaves[leafIndex]?.digest) || undefined;
    const put = await writer.put(page, { replaces });
    storedBytes += put.storedBytes;
    leaves[leafIndex] = { digest: put.digest, blocks };
  }
  const put = await writer.put(encodeRootPage({ sizeBytes, leaves }));
  return {
    root: put.digest,
    fullSizeBytes: leaves.reduce((sum, leaf) => sum + leaf.blocks, 0) * blockSizeBytes,
    storedBytes: storedBytes + put.storedBytes,
  };
}

function groupByLeaf(
  changes: ReadonlyMap<number, Digest | null>,
  blockCount: number,
): Map<number, [number, Digest | null][]> {
  const groups = new Map<number, [number, Digest | null][]>();
  for (const [index, digest] of changes) {
    if (!Number.isInteger(index) || index < 0 || index >= blockCount) {
      throw new RangeError(`block ${index} is not in the volume`);
    }
    const leafIndex = Math.floor(index / blocksPerLeaf);
    const group = groups.get(leafIndex) ?? [];
    group.push([index % blocksPerLeaf, digest]);
    groups.set(leafIndex, group);
  }
  return groups;
}

/**
 * The two kinds of page that a block map is made of, as bytes (docs/design/block-format.md). Pure:
 * no store, no I/O. Encoding is canonical: equal content has equal bytes; decoding refuses
 * everything else, since the bytes may be hostile.
 *
 * Leaf page: 16,384 entries of 32 bytes, always all of them: the digests of the blocks, or zeros
 * for the zero block. Root page: a header of 40 bytes, then for each leaf 36 bytes: its digest, or
 * zeros, and how many blocks it names.
 */
import { blockSizeBytes, type Digest, zeroBlock } from './block-store.ts';

export const digestBytes = 32;
const wordsPerDigest = digestBytes / Uint32Array.BYTES_PER_ELEMENT;
export const blocksPerLeaf = blockSizeBytes / digestBytes;
export const leafCoverBytes = blocksPerLeaf * blockSizeBytes;
/**
 * EBS's largest volume; its root page has 8,192 leaves and fits in a block, so two levels are
 * enough.
 */
export const volumeMaxBytes = 64 * 1024 ** 4;

const magic = Buffer.from('IMAGOMAP', 'latin1');
const formatVersion = 1;
const headerBytes = 40;
const leafEntryBytes = digestBytes + 4;
const noDigest = Buffer.alloc(digestBytes);

export interface LeafEntry {
  /** null: all its blocks are zero. */
  digest: Digest | null;
  /** Blocks that are not zero. */
  blocks: number;
}

export interface RootPage {
  sizeBytes: number;
  leaves: LeafEntry[];
}

export class MalformedMapError extends Error {
  override name = 'MalformedMapError';
  readonly page: Digest;
  constructor(page: Digest, detail: string) {
    super(`block map page ${page} is malformed: ${detail}`);
    this.page = page;
  }
}

export function blockCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockSizeBytes);
}

export function leafCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / leafCoverBytes);
}

export function encodeRootPage({ sizeBytes, leaves }: RootPage): Buffer {
  const page = Buffer.alloc(headerBytes + leaves.length * leafEntryBytes);
  magic.copy(page, 0);
  page.writeUInt32BE(formatVersion, 8);
  page.writeUInt32BE(blockSizeBytes, 12);
  page.writeBigUInt64BE(BigInt(sizeBytes), 16);
  page.writeBigUInt64BE(BigInt(leaves.reduce((sum, leaf) => sum + leaf.blocks, 0)), 24);
  page.writeUInt32BE(leaves.length, 32);
  leaves.forEach((leaf, i) => {
    const at = headerBytes + i * leafEntryBytes;
    if (leaf.digest) page.write(leaf.digest, at, 'hex');
    page.writeUInt32BE(leaf.blocks, at + digestBytes);
  });
  return page;
}

export function decodeRootPage(digest: Digest, page: Buffer): RootPage {
  const refuse = (detail: string) => new MalformedMapError(digest, detail);
  if (page.length < headerBytes || !page.subarray(0, 8).equals(magic)) {
    throw refuse('it does not begin as a root page');
  }
  if (page.readUInt32BE(8) !== formatVersion) {
    throw refuse(`its format version is ${page.readUInt32BE(8)}, this Imago reads 1`);
  }
  if (page.readUInt32BE(12) !== blockSizeBytes) throw refuse('its block size is not 512 KiB');
  const sizeBytes = Number(page.readBigUInt64BE(16));
  if (sizeBytes === 0 || sizeBytes > volumeMaxBytes) throw refuse('its volume size is impossible');
  const leafCount = leafCountOf(sizeBytes);
  if (page.readUInt32BE(32) !== leafCount || page.readUInt32BE(36) !== 0) {
    throw refuse('its header contradicts itself');
  }
  if (page.length !== headerBytes + leafCount * leafEntryBytes) throw refuse('its length is wrong');
  const leaves = Array.from({ length: leafCount }, (_, i) => decodeLeafEntry(page, i));
  const blocks = leaves.reduce((sum, leaf) => sum + leaf.blocks, 0);
  if (page.readBigUInt64BE(24) !== BigInt(blocks)) throw refuse('its block counts differ');
  const wrong = leaves.findIndex((leaf, i) => {
    const most = Math.min(blocksPerLeaf, blockCountOf(sizeBytes) - i * blocksPerLeaf);
    return leaf.blocks > most || (leaf.digest === null) !== (leaf.blocks === 0);
  });
  if (wrong >= 0) throw refuse(`its count for leaf ${wrong} is impossible`);
  return { sizeBytes, leaves };
}

function decodeLeafEntry(page: Buffer, index: number): LeafEntry {
  const at = headerBytes + index * leafEntryBytes;
  return {
    digest: digestAt(page, at),
    blocks: page.readUInt32BE(at + digestBytes),
  };
}

/** The digest that 32 bytes of a page stand for; null for zeros. */
function digestAt(page: Buffer, offset: number): Digest | null {
  if (page.compare(noDigest, 0, digestBytes, offset, offset + digestBytes) === 0) return null;
  return page.toString('hex', offset, offset + digestBytes);
}

/** Checks a leaf page against what its root says of it. */
export function checkLeafPage(
  digest: Digest,
  page: Buffer,
  expected: { blocks: number; firstIndex: number; sizeBytes: number },
): void {
  if (page.length !== blockSizeBytes) throw new MalformedMapError(digest, 'its length is wrong');
  if (countDigests(page) !== expected.blocks) {
    throw new MalformedMapError(digest, 'it does not name as many blocks as its root says');
  }
  const inVolume = Math.min(blocksPerLeaf, blockCountOf(expected.sizeBytes) - expected.firstIndex);
  const beyond = inVolume * digestBytes;
  if (page.compare(zeroBlock, beyond, blockSizeBytes, beyond) !== 0) {
    throw new MalformedMapError(digest, 'it names blocks beyond the end of the volume');
  }
}

export function countDigests(page: Buffer): number {
  const words = wordsOf(page);
  let count = 0;
  for (let at = 0; at < words.length; at += wordsPerDigest) {
    let bits = 0;
    for (let i = at; i < at + wordsPerDigest; i++) bits |= words[i] as number;
    if (bits !== 0) count++;
  }
  return count;
}

/** Indexes of the entries that are others in one page than in the other. */
export function* differingEntries(one: Buffer, other: Buffer): Generator<number> {
  const [a, b] = [wordsOf(one), wordsOf(other)];
  for (let at = 0; at < a.length; at += wordsPerDigest) {
    let bits = 0;
    for (let i = at; i < at + wordsPerDigest; i++) bits |= (a[i] as number) ^ (b[i] as number);
    if (bits !== 0) yield at / wordsPerDigest;
  }
}

/** Looked at four bytes at a time: a page has many entries, and each look is counted in them. */
function wordsOf(page: Buffer): Uint32Array {
  const { byteOffset } = page;
  const aligned = byteOffset % Uint32Array.BYTES_PER_ELEMENT === 0 ? page : new Uint8Array(page);
  const words = page.length / Uint32Array.BYTES_PER_ELEMENT;
  return new Uint32Array(aligned.buffer, aligned.byteOffset, words);
}

/** What a leaf page says of its block `index`, 0 to 16,383. */
export function leafDigest(page: Buffer, index: number): Digest | null {
  return digestAt(page, index * digestBytes);
}

export function setLeafDigest(page: Buffer, index: number, digest: Digest | null): void {
  const at = index * digestBytes;
  if (digest) page.write(digest, at, digestBytes, 'hex');
  else page.fill(0, at, at + digestBytes);
}

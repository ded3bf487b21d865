/**
 * A name in a large folder of an ext file system, found through its index: a tree of blocks by the
 * hashes of names. Where the kind of hash is not known, or names are folded in case before it, all
 * of the folder is read instead.
 */
import { damaged } from './bounded-reader.ts';
import { readContent, refuseEncrypted } from './ext4-blocks.ts';
import { checkFolderBlock, isIndexBlock, numberIn, readEntries } from './ext4-folders.ts';
import { hashOf } from './ext4-hash.ts';
import { type Ext4Inode, type Ext4Inodes, inodeFlags } from './ext4-inodes.ts';

/** Smaller ones are as quickly read whole. */
const indexedFromBytes = 128 * 1024;
/** As of file systems with the feature large_dir. */
const levelsMax = 3;
const infoBytes = 8;
const rootStart = 24 + infoBytes;
const nodeStart = 8;
const blockMask = 0x0fffffff;
const unsignedFrom = 3;

export function hasIndex(folder: Ext4Inode): boolean {
  const { indexed, inline, caseFolded } = inodeFlags;
  const flags = folder.flags & (indexed | inline | caseFolded);
  return folder.sizeBytes >= indexedFromBytes && flags === indexed;
}

export async function findIndexed(
  inodes: Ext4Inodes,
  folder: Ext4Inode,
  name: Buffer,
): Promise<number | undefined> {
  refuseEncrypted(folder);
  const { blockBytes, hashSeed, hashesUnsigned } = inodes.superblock;
  const read = async (block: number): Promise<Buffer> => {
    const bytes = await readContent(inodes, folder, block * blockBytes, blockBytes);
    if (bytes.length !== blockBytes) throw damaged('the index of a folder');
    if (inodes.superblock.hasChecksums) checkFolderBlock(bytes, folder, block === 0);
    return bytes;
  };
  const root = await read(0);
  const said = root.readUInt8(28);
  const version = hashesUnsigned && said < unsignedFrom ? said + unsignedFrom : said;
  const hash = hashOf(name, { version, seed: hashSeed });
  const levels = root.readUInt8(30);
  if (hash === undefined || root.readUInt8(29) !== infoBytes || levels > levelsMax) {
    return (await readEntries(inodes, folder)).find((each) => each.name.equals(name))?.number;
  }
  // No block is in a tree twice.
  const search = new Search(hash, name, read, folder.sizeBytes / blockBytes);
  return search.below(root, rootStart, levels);
}

class Search {
  readonly #hash: number;
  readonly #name: Buffer;
  readonly #read: (block: number) => Promise<Buffer>;
  #blocksLeft: number;

  constructor(
    hash: number,
    name: Buffer,
    read: (block: number) => Promise<Buffer>,
    blocksLeft: number,
  ) {
    this.#hash = hash;
    this.#name = name;
    this.#read = read;
    this.#blocksLeft = blocksLeft;
  }

  /** Names of one hash may go on in the next blocks, which say so by their lowest bit. */
  async below(node: Buffer, start: number, levels: number): Promise<number | undefined> {
    const count = countOf(node, start);
    const hashAt = (index: number) => node.readUInt32LE(start + index * 8);
    let index = lastBefore(hashAt, count, this.#hash);
    do {
      if (this.#blocksLeft-- < 1) throw damaged('the index of a folder');
      const block = await this.#read(node.readUInt32LE(start + index * 8 + 4) & blockMask);
      if (levels > 0 && !isIndexBlock(block)) throw damaged('the index of a folder');
      const found =
        levels > 0 ? await this.below(block, nodeStart, levels - 1) : numberIn(block, this.#name);
      if (found !== undefined) return found;
      index++;
    } while (index < count && hashAt(index) === this.#hash + 1);
    return undefined;
  }
}

/** In place of the first hash, which is that of the node, are two counts. */
function countOf(node: Buffer, start: number): number {
  const count = node.readUInt16LE(start + 2);
  if (count < 1 || start + count * 8 > node.length) throw damaged('the index of a folder');
  return count;
}

function lastBefore(hashAt: (index: number) => number, count: number, hash: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (hashAt(middle) <= hash) low = middle;
    else high = middle - 1;
  }
  return low;
}

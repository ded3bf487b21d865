/**
 * What is in folders of XFS. A small one is in its inode; others have blocks of entries in the
 * first 32 GiB of their addresses. The index by hashes of names behind those is xfs-index.ts's.
 */
import { damaged } from './bounded-reader.ts';
import type { Entry } from './file-system.ts';
import { forkBlocks, readForkBlocks } from './xfs-extents.ts';
import type { XfsInode } from './xfs-inode.ts';
import { type SelfDescription, safe, type XfsLayout } from './xfs-layout.ts';

/** Where in a folder's addresses its index begins. */
export const indexStartBytes = 32 * 1024 ** 3;
/** A million names of the usual lengths. */
const folderBytesMax = 64 * 1024 ** 2;
const unused = 0xffff;
/** Of a block of entries, by whether it is the only one, and whether it has a checksum. */
const magics = { only: ['XD2B', 'XDB3'], one: ['XD2D', 'XDD3'] } as const;
const headerBytes = { plain: 16, checked: 64 };
const self: SelfDescription = { checksum: 4, block: 8, uuid: 24, owner: 40 };

export async function readEntries(layout: XfsLayout, folder: XfsInode): Promise<Entry[]> {
  if (folder.data.format === 'local') return entriesInInode(layout, folder);
  const entries: Entry[] = [];
  const size = layout.folderBlocks;
  const end = indexStartBytes / layout.blockBytes;
  let total = 0;
  for await (const each of forkBlocks(layout, folder, folder.data, { end, size })) {
    total += each.bytes.length;
    if (total > folderBytesMax) throw damaged('a folder is too large');
    for (const { entry } of entriesInBlock(layout, folder, each)) entries.push(entry);
  }
  return entries;
}

/** What is at a place that an index names, if it is the file of this name. */
export async function entryAt(
  layout: XfsLayout,
  folder: XfsInode,
  address: number,
  name: Buffer,
): Promise<Entry | undefined> {
  const size = layout.folderBlocks;
  const blockBytes = layout.blockBytes * size;
  const first = Math.floor(address / blockBytes) * size;
  const place = await readForkBlocks(layout, folder, folder.data, { first, count: size });
  const found = entriesInBlock(layout, folder, place).find(({ at }) => at === address % blockBytes);
  return found?.entry.name.equals(name) ? found.entry : undefined;
}

/** How many there are, how many of them have wide numbers, and the folder above come first. */
function entriesInInode({ hasFileType }: XfsLayout, { data, sizeBytes }: XfsInode): Entry[] {
  const { bytes } = data;
  const isWide = bytes.readUInt8(1) > 0;
  const numberBytes = isWide ? 8 : 4;
  const entries: Entry[] = [];
  let at = 2 + numberBytes;
  for (let index = bytes.readUInt8(0); index > 0; index--) {
    if (at >= bytes.length) throw damaged('a folder');
    const nameEnd = at + 3 + bytes.readUInt8(at);
    const numberAt = nameEnd + (hasFileType ? 1 : 0);
    const end = numberAt + numberBytes;
    if (end > bytes.length || end > sizeBytes) throw damaged('a folder');
    const name = Buffer.from(bytes.subarray(at + 3, nameEnd));
    const number = isWide ? safe(bytes, numberAt) : bytes.readUInt32BE(numberAt);
    if (isDots(name)) throw damaged('the name of a file');
    entries.push({ name, number });
    at = end;
  }
  return entries;
}

function entriesInBlock(
  layout: XfsLayout,
  folder: XfsInode,
  { block, bytes }: { block: number; bytes: Buffer },
): { at: number; entry: Entry }[] {
  const version = layout.hasChecksums ? 1 : 0;
  const magic = bytes.toString('latin1', 0, 4);
  const isOnly = magic === magics.only[version];
  if (!isOnly && magic !== magics.one[version]) throw damaged('a folder');
  if (version === 1) layout.checkSelf(bytes, 'a folder', { block, owner: folder.number }, self);
  const end = isOnly ? endOfOnly(bytes) : bytes.length;
  const start = version === 1 ? headerBytes.checked : headerBytes.plain;
  const entries: { at: number; entry: Entry }[] = [];
  for (let at = start; at < end; ) {
    if (at + 8 > end) throw damaged('a folder');
    const isUnused = bytes.readUInt16BE(at) === unused;
    const length = isUnused
      ? bytes.readUInt16BE(at + 2)
      : entryLength(bytes.readUInt8(at + 8), layout.hasFileType);
    const fits = length >= 8 && length % 8 === 0 && at + length <= end;
    // Each says at its end where it begins.
    if (!fits || bytes.readUInt16BE(at + length - 2) !== at) throw damaged('a folder');
    if (!isUnused) {
      const number = safe(bytes, at);
      const name = Buffer.from(bytes.subarray(at + 9, at + 9 + bytes.readUInt8(at + 8)));
      if (!isDots(name)) entries.push({ at, entry: { name, number } });
    }
    at += length;
  }
  return entries;
}

/** A number, the name and how long it is, of which kind it is, and where it begins. */
function entryLength(nameLength: number, hasFileType: boolean): number {
  return Math.ceil((8 + 1 + nameLength + (hasFileType ? 1 : 0) + 2) / 8) * 8;
}

/** Behind the entries of a folder of one block is its index. */
function endOfOnly(bytes: Buffer): number {
  const count = bytes.readUInt32BE(bytes.length - 8);
  const end = bytes.length - 8 - count * 8;
  if (end < headerBytes.plain) throw damaged('a folder');
  return end;
}

/** Also refuses what would be a path. */
function isDots(name: Buffer): boolean {
  if (name.length === 0 || name.includes(0x2f) || name.includes(0)) {
    throw damaged('the name of a file');
  }
  return ['.', '..'].includes(name.toString('latin1'));
}

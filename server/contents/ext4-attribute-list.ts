/**
 * What is behind an inode of an ext file system: a list of attributes, whose form those in blocks
 * have too. One of them is what of an inline file did not fit in place of its map.
 */
import { damaged } from './bounded-reader.ts';
import { type Ext4Inode, extraBytes, inodeFlags } from './ext4-inodes.ts';

export const attributesMagic = 0xea020000;
const entryBytes = 16;
const systemIndex = 7;
const dataName = 'data';
/** The area of the inode that maps blocks, or has the bytes themselves. */
export const mapArea = { start: 0x28, end: 0x64 };

export interface RawAttribute {
  index: number;
  name: Buffer;
  valueBytes: number;
  /** The inode that holds the value. */
  valueInode: number;
  /** The value, where no inode holds it. */
  value: Buffer;
}

export function isInline(inode: Ext4Inode): boolean {
  return (inode.flags & inodeFlags.inline) !== 0;
}

/** Sixty bytes in place of the map, and the rest in an attribute behind them. */
export function inlineContent(inode: Ext4Inode): Buffer {
  const area = inode.bytes.subarray(mapArea.start, mapArea.end);
  const more = inodeAttributes(inode.bytes).find(isInlineData)?.value;
  return more ? Buffer.concat([area, more]) : area;
}

export function isInlineData({ index, name }: RawAttribute): boolean {
  return index === systemIndex && name.toString('latin1') === dataName;
}

export function inodeAttributes(bytes: Buffer): RawAttribute[] {
  const start = 128 + extraBytes(bytes);
  if (
    bytes.length <= 128 ||
    start + 4 > bytes.length ||
    bytes.readUInt32LE(start) !== attributesMagic
  ) {
    return [];
  }
  return listAttributes(bytes.subarray(start + 4), 0);
}

/** From `first` on; where values are is said from the start of the area. */
export function listAttributes(area: Buffer, first: number): RawAttribute[] {
  const found: RawAttribute[] = [];
  for (let at = first; at + 4 <= area.length && area.readUInt32LE(at) !== 0; ) {
    if (at + entryBytes > area.length) throw damaged('an attribute');
    const nameLength = area.readUInt8(at);
    const index = area.readUInt8(at + 1);
    const offset = area.readUInt16LE(at + 2);
    const valueInode = area.readUInt32LE(at + 4);
    const valueBytes = area.readUInt32LE(at + 8);
    const nameEnd = at + entryBytes + nameLength;
    const isHere = valueInode === 0 && valueBytes > 0;
    if (nameEnd > area.length || (isHere && offset + valueBytes > area.length)) {
      throw damaged('an attribute');
    }
    const name = area.subarray(at + entryBytes, nameEnd);
    const value = area.subarray(offset, isHere ? offset + valueBytes : offset);
    found.push({ index, name, valueBytes, valueInode, value });
    at += entryBytes + Math.ceil(nameLength / 4) * 4;
  }
  return found;
}

/** An inode of XFS: what it says of its file, and where its two maps of blocks (its forks) begin. */
import { damaged } from './bounded-reader.ts';
import type { FileKind, Inode } from './file-system.ts';
import { safe, type XfsLayout } from './xfs-layout.ts';

const magic = 0x494e;
const coreBytes = { before: 100, version3: 176 };
const flags2 = { bigTime: 0x8, manyExtents: 0x10 };
const realtimeFlag = 0x1;
/** Times of 64 bits count nanoseconds from the smallest that 32 bits of seconds could say. */
const bigTimeStart = 2n ** 31n;

const formats = ['device', 'local', 'extents', 'btree'] as const;
const kinds = new Map<number, FileKind>([
  [0x1000, 'fifo'],
  [0x2000, 'character-device'],
  [0x4000, 'folder'],
  [0x6000, 'block-device'],
  [0x8000, 'file'],
  [0xa000, 'link'],
  [0xc000, 'socket'],
]);

export interface Fork {
  format: (typeof formats)[number];
  bytes: Buffer;
  /** That it says it has. */
  extents: number;
}

export interface XfsInode extends Inode {
  data: Fork;
  /** Where it has attributes. */
  attributes?: Fork;
  /** Its blocks are on another device. */
  isRealtime: boolean;
}

export async function readInode(layout: XfsLayout, number: number): Promise<XfsInode> {
  const bytes = await layout.readInode(number);
  const version = bytes.readUInt8(4);
  const isOfItsVersion = layout.hasChecksums ? version === 3 : version === 1 || version === 2;
  if (bytes.readUInt16BE(0) !== magic || !isOfItsVersion) throw damaged('an inode');
  if (version === 3) layout.checkInode(bytes, number);
  const kind = kinds.get(bytes.readUInt16BE(2) & 0xf000);
  if (!kind) throw damaged('an inode is of nothing');
  const more = version === 3 ? bytes.readUInt32BE(124) : 0;
  const forks = forksOf(bytes, version, (more & flags2.manyExtents) !== 0);
  const isDevice = kind === 'character-device' || kind === 'block-device';
  return {
    number,
    kind,
    mode: bytes.readUInt16BE(2) & 0xfff,
    uid: bytes.readUInt32BE(8),
    gid: bytes.readUInt32BE(12),
    sizeBytes: safe(bytes, 56),
    links: version === 1 ? bytes.readUInt16BE(6) : bytes.readUInt32BE(16),
    ...modificationOf(bytes, 40, (more & flags2.bigTime) !== 0),
    ...(isDevice && { device: deviceOf(forks.data) }),
    ...forks,
    isRealtime: (bytes.readUInt16BE(90) & realtimeFlag) !== 0,
  };
}

function forksOf(
  bytes: Buffer,
  version: number,
  hasManyExtents: boolean,
): { data: Fork; attributes?: Fork } {
  const start = version === 3 ? coreBytes.version3 : coreBytes.before;
  const length = bytes.readUInt8(82) * 8;
  const middle = length === 0 ? bytes.length : start + length;
  if (middle > bytes.length) throw damaged('an inode');
  const extents = hasManyExtents ? safe(bytes, 24) : bytes.readUInt32BE(76);
  const data = {
    format: formatOf(bytes.readUInt8(5)),
    bytes: bytes.subarray(start, middle),
    extents,
  };
  if (length === 0) return { data };
  const ofAttributes = {
    format: formatOf(bytes.readUInt8(83)),
    bytes: bytes.subarray(middle),
    extents: hasManyExtents ? bytes.readUInt32BE(76) : bytes.readUInt16BE(80),
  };
  return { data, attributes: ofAttributes };
}

function formatOf(format: number): Fork['format'] {
  const name = formats[format];
  if (!name) throw damaged('the format of an inode');
  return name;
}

function modificationOf(
  bytes: Buffer,
  offset: number,
  isBig: boolean,
): { modifiedAt: Date; nanoseconds: number } {
  if (!isBig) {
    const nanoseconds = Math.min(bytes.readUInt32BE(offset + 4), 999_999_999);
    const ms = bytes.readInt32BE(offset) * 1000 + Math.floor(nanoseconds / 1e6);
    return { modifiedAt: new Date(ms), nanoseconds };
  }
  const whole = bytes.readBigUInt64BE(offset);
  const milliseconds = whole / 1_000_000n - bigTimeStart * 1000n;
  const nanoseconds = Number(whole % 1_000_000_000n);
  return { modifiedAt: new Date(Number(milliseconds)), nanoseconds };
}

/** As System V had it. */
function deviceOf({ format, bytes }: Fork): { major: number; minor: number } {
  if (format !== 'device' || bytes.length < 4) throw damaged('the inode of a device');
  const device = bytes.readUInt32BE(0);
  return { major: (device >>> 18) & 0x3fff, minor: device & 0x3ffff };
}

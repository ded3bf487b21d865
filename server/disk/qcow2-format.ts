/**
 * qcow2's words and numbers (QEMU's docs/interop/qcow2.txt): as much of version 3 as layers are
 * made of, and what images from elsewhere have besides: version 2, compressed clusters, and internal
 * snapshots, which are not looked at. Pure: no I/O.
 * A header is taken for hostile: everything that would make a reader follow something outside of
 * the file is refused.
 */

export const magic = 0x514649fb;
export const headerBytes = 104;
export const formatVersion = 3;
/** Smaller clusters make tables without end of what is small; vendors have 16. */
const imageClusterBitsMin = 12;
/** Of version 2, which ends before the features. */
const oldHeaderBytes = 72;
/** Where the compression type is, in headers that are longer than the usual one. */
const compressionTypeAt = 104;

/** It says only that reference counts may be wrong, which a reader does not use. */
const incompatibleDirty = 1n << 0n;
const incompatibleCorrupt = 1n << 1n;
const incompatibleCompression = 1n << 3n;
const incompatibleNames = [
  'dirty',
  'corrupt',
  'external data file',
  'compression type',
  'extended L2',
];

const extensionEnd = 0;
const extensionDataFile = 0x44415441;
/** Where the header of LUKS is. */
export const extensionEncryption = 0x0537be77;
export const cryptLuks = 2;

/** Bits 9 to 55 of an L1 or L2 entry. */
export const offsetMask = 0x00fffffffffffe00n;
export const flagCopied = 1n << 63n;
export const flagCompressed = 1n << 62n;
/** Of a standard cluster: it reads as zeros, whatever its offset. */
export const flagZero = 1n;

export const volumeMaxBytes = 64 * 1024 ** 4;
/** QEMU's own limit, and enough for 64 TiB from 64 KiB clusters on (1 MiB). */
const l1MaxBytes = 32 * 1024 * 1024;

/** A layer is written by a guest's QEMU, an image by anybody. */
export type Qcow2Kind = 'layer' | 'image';

export type Compression = 'deflate' | 'zstd';

export interface Qcow2Header {
  version: number;
  clusterBits: number;
  sizeBytes: number;
  l1Entries: number;
  l1Offset: number;
  /** How clusters are compressed; absent: none may be. */
  compression?: Compression;
  /** Internal snapshots, which an image may have and nobody reads. */
  snapshots: number;
  /** Where its LUKS header is; absent: it is plain. */
  luksOffset?: number;
}

export class Qcow2Error extends Error {
  override name = 'Qcow2Error';
  constructor(path: string, detail: string) {
    super(`${path} cannot be read as a layer: ${detail}`);
  }
}

/**
 * `bytes` is the beginning of the file, up to one cluster of it. Throws an Error that says what is
 * refused.
 */
export function parseHeader(
  bytes: Buffer,
  fileBytes: number,
  kind: Qcow2Kind = 'layer',
): Qcow2Header {
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) !== magic)
    throw refuse('it is not qcow2');
  const version = bytes.readUInt32BE(4);
  if (version !== formatVersion && !(kind === 'image' && version === 2)) {
    const read = kind === 'layer' ? 'only 3 is' : '2 and 3 are';
    throw refuse(`its qcow2 version is ${version}, ${read} read`);
  }
  if (bytes.readBigUInt64BE(8) !== 0n || bytes.readUInt32BE(16) !== 0) {
    throw refuse('it names a backing file');
  }
  const crypt = bytes.readUInt32BE(32);
  // Of images from elsewhere the key would be elsewhere, too.
  if (crypt !== 0 && !(crypt === cryptLuks && kind === 'layer')) throw refuse('it is encrypted');
  const snapshots = bytes.readUInt32BE(60);
  if (snapshots !== 0 && kind === 'layer') throw refuse('it has internal snapshots');
  const length = version === 2 ? oldHeaderBytes : bytes.readUInt32BE(100);
  if (length < oldHeaderBytes || length % 8 !== 0 || length > bytes.length) {
    throw refuse(`its header length is ${length}`);
  }
  if (version !== 2 && length < headerBytes) throw refuse(`its header length is ${length}`);
  const features = version === 2 ? 0n : bytes.readBigUInt64BE(72);
  const compression = kind === 'image' ? compressionOf(bytes, length, features) : undefined;
  checkFeatures(compression === 'zstd' ? features & ~incompatibleCompression : features, kind);
  const tables = tablesOf(bytes, fileBytes, kind === 'layer' ? 9 : imageClusterBitsMin);
  const luksOffset = readExtensions(bytes, length, crypt === cryptLuks);
  if ((luksOffset === undefined) === (crypt === cryptLuks)) {
    throw refuse('it contradicts itself in whether it is encrypted');
  }
  if (luksOffset !== undefined && !(luksOffset > 0 && luksOffset % 2 ** tables.clusterBits === 0)) {
    throw refuse('its LUKS header is not aligned');
  }
  return {
    version,
    ...tables,
    snapshots,
    ...(compression && { compression }),
    ...(luksOffset !== undefined && { luksOffset }),
  };
}

function tablesOf(bytes: Buffer, fileBytes: number, clusterBitsMin: number) {
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < clusterBitsMin || clusterBits > 21) {
    throw refuse(`its cluster bits are ${clusterBits}`);
  }
  const sizeBytes = numberOf(bytes.readBigUInt64BE(24), volumeMaxBytes, 'virtual size');
  const l1Entries = bytes.readUInt32BE(36);
  const l1Offset = numberOf(bytes.readBigUInt64BE(40), fileBytes, 'L1 offset');
  const clusterBytes = 2 ** clusterBits;
  if (l1Entries * 8 > l1MaxBytes) throw refuse('its L1 table is too large');
  if (l1Offset % clusterBytes !== 0 || l1Offset + l1Entries * 8 > fileBytes) {
    throw refuse('its L1 table is not inside the file');
  }
  if (l1Entries < Math.ceil(sizeBytes / (clusterBytes * (clusterBytes / 8)))) {
    throw refuse('its L1 table is too small for its size');
  }
  return { clusterBits, sizeBytes, l1Entries, l1Offset };
}

/** The bit is set for what is not deflate, and for nothing else. */
function compressionOf(bytes: Buffer, headerLength: number, features: bigint): Compression {
  const type = headerLength > compressionTypeAt ? bytes[compressionTypeAt] : 0;
  const said = (features & incompatibleCompression) !== 0n;
  if (said && type === 1) return 'zstd';
  if (said || type !== 0) throw refuse(`its compression type is ${type}`);
  return 'deflate';
}

function checkFeatures(incompatible: bigint, kind: Qcow2Kind): void {
  for (let bit = 0n; bit < 64n; bit++) {
    const feature = 1n << bit;
    if ((incompatible & feature) === 0n) continue;
    if (feature === incompatibleDirty) {
      if (kind === 'layer') continue;
      throw refuse("it was not closed (it is 'dirty'): repair it with qemu-img check -r all");
    }
    if (feature === incompatibleCorrupt) {
      throw refuse("it is marked 'corrupt': repair it with qemu-img check -r all");
    }
    throw refuse(
      `it needs the feature '${incompatibleNames[Number(bit)] ?? `incompatible bit ${bit}`}'`,
    );
  }
}

/** Where the LUKS header is, if there is one. */
function readExtensions(
  bytes: Buffer,
  headerLength: number,
  isEncrypted: boolean,
): number | undefined {
  let luksOffset: number | undefined;
  for (let at = headerLength; at + 8 <= bytes.length; ) {
    const type = bytes.readUInt32BE(at);
    if (type === extensionEnd) return luksOffset;
    if (type === extensionDataFile) throw refuse('it names an external data file');
    if (type === extensionEncryption) {
      if (!isEncrypted) throw refuse('it is encrypted');
      if (bytes.readUInt32BE(at + 4) !== 16 || at + 24 > bytes.length) {
        throw refuse('its LUKS header is nowhere');
      }
      luksOffset = numberOf(bytes.readBigUInt64BE(at + 8), Number.MAX_SAFE_INTEGER, 'LUKS offset');
    }
    at += 8 + Math.ceil(bytes.readUInt32BE(at + 4) / 8) * 8;
  }
  throw refuse('its header extensions do not end');
}

function numberOf(value: bigint, most: number, what: string): number {
  if (value > BigInt(most)) throw refuse(`its ${what} is ${value}`);
  return Number(value);
}

function refuse(detail: string): Error {
  return new Error(detail);
}

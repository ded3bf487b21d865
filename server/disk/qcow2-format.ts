/**
 * qcow2's words and numbers (QEMU's docs/interop/qcow2.txt): as much of version 3 as layers are
 * made of. Pure: no I/O. A header is taken for hostile: everything that would make a reader follow
 * something outside of the file is refused.
 */

export const magic = 0x514649fb;
export const headerBytes = 104;
export const formatVersion = 3;

/** Bit 0 says only that reference counts may be wrong; a reader does not use them. */
const incompatibleDirty = 1n << 0n;
const incompatibleNames = [
  'dirty',
  'corrupt',
  'external data file',
  'compression type',
  'extended L2',
];

const extensionEnd = 0;
const extensionDataFile = 0x44415441;
const extensionEncryption = 0x0537be77;

/** Bits 9 to 55 of an L1 or L2 entry. */
export const offsetMask = 0x00fffffffffffe00n;
export const flagCopied = 1n << 63n;
export const flagCompressed = 1n << 62n;
/** Of a standard cluster: it reads as zeros, whatever its offset. */
export const flagZero = 1n;

export const volumeMaxBytes = 64 * 1024 ** 4;
/** QEMU's own limit, and enough for 64 TiB from 64 KiB clusters on (1 MiB). */
const l1MaxBytes = 32 * 1024 * 1024;

export interface Qcow2Header {
  clusterBits: number;
  sizeBytes: number;
  l1Entries: number;
  l1Offset: number;
}

export class Qcow2Error extends Error {
  override name = 'Qcow2Error';
  constructor(path: string, detail: string) {
    super(`${path} cannot be read as a layer: ${detail}`);
  }
}

/**
 * `cluster` is the beginning of the file, up to one cluster of it. Throws an Error that says what
 * is refused.
 */
export function parseHeader(bytes: Buffer, fileBytes: number): Qcow2Header {
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) !== magic)
    throw refuse('it is not qcow2');
  if (bytes.readUInt32BE(4) !== formatVersion) {
    throw refuse(`its qcow2 version is ${bytes.readUInt32BE(4)}, only 3 is read`);
  }
  if (bytes.readBigUInt64BE(8) !== 0n || bytes.readUInt32BE(16) !== 0) {
    throw refuse('it names a backing file');
  }
  if (bytes.readUInt32BE(32) !== 0) throw refuse('it is encrypted');
  if (bytes.readUInt32BE(60) !== 0) throw refuse('it has internal snapshots');
  checkFeatures(bytes.readBigUInt64BE(72));
  checkExtensions(bytes);

  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw refuse(`its cluster bits are ${clusterBits}`);
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

function checkFeatures(incompatible: bigint): void {
  for (let bit = 0n; bit < 64n; bit++) {
    const feature = 1n << bit;
    if ((incompatible & feature) === 0n || feature === incompatibleDirty) continue;
    throw refuse(
      `it needs the feature '${incompatibleNames[Number(bit)] ?? `incompatible bit ${bit}`}'`,
    );
  }
}

function checkExtensions(bytes: Buffer): void {
  const length = bytes.readUInt32BE(100);
  if (length < headerBytes || length % 8 !== 0 || length > bytes.length) {
    throw refuse(`its header length is ${length}`);
  }
  for (let at = length; at + 8 <= bytes.length; ) {
    const type = bytes.readUInt32BE(at);
    if (type === extensionEnd) return;
    if (type === extensionDataFile) throw refuse('it names an external data file');
    if (type === extensionEncryption) throw refuse('it is encrypted');
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

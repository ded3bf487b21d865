/**
 * VHD's words and numbers (Microsoft's Virtual Hard Disk Image Format Specification): the footer,
 * the header of dynamic files, geometry and checksum. Pure. Numbers are big-endian.
 */

export const vhdSectorBytes = 512;
export const footerBytes = 512;
export const dynamicHeaderBytes = 1024;
export const footerCookie = 'conectix';
export const dynamicCookie = 'cxsparse';
/** Of a block that has no bytes. */
export const unusedBlock = 0xffffffff;
/** Where nothing follows. */
export const nowhere = 0xffffffffffffffffn;

export const diskTypes = { fixed: 2, dynamic: 3, differencing: 4 };

/** The specification's limit for dynamic files, which Hyper-V and Azure hold to. */
export const vhdMaxBytes = 2040 * 1024 ** 3;

export interface VhdFooter {
  dataOffset: bigint;
  creator: string;
  sizeBytes: bigint;
  geometryBytes: number;
  /** One of diskTypes, or something else. */
  type: number;
}

export interface VhdGeometry {
  cylinders: number;
  heads: number;
  sectors: number;
}

const maxCylinders = 65_535;
export const bytesOf = ({ cylinders, heads, sectors }: VhdGeometry) =>
  cylinders * heads * sectors * vhdSectorBytes;

/** Undefined: it is none, or was changed since. */
export function parseFooter(bytes: Buffer): VhdFooter | undefined {
  if (bytes.toString('latin1', 0, 8) !== footerCookie || !isSummed(bytes, 64)) return undefined;
  const [cylinders, heads, sectors] = [bytes.readUInt16BE(56), bytes[58] ?? 0, bytes[59] ?? 0];
  return {
    dataOffset: bytes.readBigUInt64BE(16),
    creator: bytes.toString('latin1', 28, 32),
    sizeBytes: bytes.readBigUInt64BE(48),
    geometryBytes: bytesOf({ cylinders, heads, sectors }),
    type: bytes.readUInt32BE(60),
  };
}

/** Of footers and dynamic headers: the complement of the sum of all other bytes. */
export function checksumOf(bytes: Buffer, checksumAt: number): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) {
    if (at < checksumAt || at >= checksumAt + 4) sum += byte;
  }
  return ~sum >>> 0;
}

export function isSummed(bytes: Buffer, checksumAt: number): boolean {
  return bytes.readUInt32BE(checksumAt) === checksumOf(bytes, checksumAt);
}

/** As the specification computes it, rounded down. */
export function geometryOf(sizeBytes: number): VhdGeometry {
  const total = Math.min(Math.floor(sizeBytes / vhdSectorBytes), maxCylinders * 16 * 255);
  if (total >= maxCylinders * 16 * 63) {
    return { cylinders: Math.floor(total / 255 / 16), heads: 16, sectors: 255 };
  }
  let sectors = 17;
  let tracks = Math.floor(total / sectors);
  let heads = Math.max(4, Math.ceil(tracks / 1024));
  if (tracks >= heads * 1024 || heads > 16) {
    sectors = 31;
    heads = 16;
    tracks = Math.floor(total / sectors);
  }
  if (tracks >= heads * 1024) {
    sectors = 63;
    heads = 16;
    tracks = Math.floor(total / sectors);
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectors };
}

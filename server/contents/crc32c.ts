/** CRC-32C and CRC-16 as ext4 uses them: begun with any value, and not inverted at the end. */

const polynomial = 0x82f63b78;
/** Bytes that are taken at once, each with a table for as many that follow it. */
const stride = 8;
const tables = new Int32Array(256 * stride);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  tables[byte] = value;
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256] as number;
  tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number);
}

export function crc32c(seed: number, ...pieces: readonly Uint8Array[]): number {
  let value = seed | 0;
  for (const piece of pieces) value = withPiece(value, piece);
  return value >>> 0;
}

function withPiece(seed: number, piece: Uint8Array): number {
  let value = seed;
  let at = 0;
  const byte = (index: number) => piece[at + index] as number;
  const ofTable = (table: number, index: number) => tables[table * 256 + index] as number;
  for (; at + stride <= piece.length; at += stride) {
    const four = value ^ (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24));
    value =
      ofTable(7, four & 0xff) ^
      ofTable(6, (four >>> 8) & 0xff) ^
      ofTable(5, (four >>> 16) & 0xff) ^
      ofTable(4, four >>> 24) ^
      ofTable(3, byte(4)) ^
      ofTable(2, byte(5)) ^
      ofTable(1, byte(6)) ^
      ofTable(0, byte(7));
  }
  for (; at < piece.length; at++) value = ofTable(0, (value ^ byte(0)) & 0xff) ^ (value >>> 8);
  return value;
}

export function le32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

const table16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xa001 : value >>> 1;
  return value;
});

export function crc16(seed: number, ...pieces: readonly Uint8Array[]): number {
  let value = seed;
  for (const piece of pieces) {
    for (const byte of piece) value = (table16[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  }
  return value;
}

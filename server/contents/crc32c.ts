/** CRC-32C and CRC-16 as ext4 uses them: begun with any value, and not inverted at the end. */

const polynomial = 0x82f63b78;
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

export function crc32c(seed: number, ...pieces: readonly Uint8Array[]): number {
  let value = seed >>> 0;
  for (const piece of pieces) {
    for (const byte of piece) value = (table[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  }
  return value >>> 0;
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

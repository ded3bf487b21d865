/** CRC-32C (Castagnoli), which VHDX sums its tables with; Node has only the other CRC-32. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Of bytes that hold their own sum, for which zeros count. */
export function crc32cWithout(bytes: Buffer, sumAt: number): number {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(0, sumAt);
  return crc32c(copy);
}

/**
 * LUKS version 1 as QEMU has it in a qcow2 file: aes-256-xts-plain64, sha256, one key slot. Pure: it
 * makes and opens headers, and encrypts and decrypts sectors. Secrets are keys, not passphrases of
 * people, so that they are not stretched more than LUKS asks for at least. Headers are taken for
 * hostile: another cipher, hash or form than ours is refused.
 */
import {
  createCipheriv,
  createDecipheriv,
  hash,
  pbkdf2Sync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

export const sectorBytes = 512;

const magic = Buffer.from('4c554b53babe', 'hex');
const version = 1;
const headerBytes = 592;
const slots = 8;
const slotsAt = 208;
const slotBytes = 48;
const slotActive = 0x00ac71f3;
const slotFree = 0x0000dead;
const saltBytes = 32;
const digestBytes = 20;
/** Two keys of AES-256: one for bytes, one for their places. */
const keyBytes = 64;
const stripes = 4000;
const iterations = 1000;
/** A header that asks for more is no work of ours. */
const iterationsMax = 10_000_000;
const splitBytes = keyBytes * stripes;
/** Key material begins at such borders. */
const alignSectors = 8;
const slotSectors = align(Math.ceil(splitBytes / sectorBytes));
const payloadSectors = alignSectors + slots * slotSectors;

/** Of the whole header, with room for all slots. */
export const luksBytes = payloadSectors * sectorBytes;

export interface LuksHeader {
  /** What has bytes, by where it is in the header; the rest is zeros. */
  pieces: { offset: number; bytes: Buffer }[];
}

export class LuksError extends Error {
  override name = 'LuksError';
}

/** A new key, which the secret opens. */
export function makeLuks(secret: string): LuksHeader {
  const key = randomBytes(keyBytes);
  const [salt, digestSalt] = [randomBytes(saltBytes), randomBytes(saltBytes)];
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt16BE(version, 6);
  header.write('aes', 8);
  header.write('xts-plain64', 40);
  header.write('sha256', 72);
  header.writeUInt32BE(payloadSectors, 104);
  header.writeUInt32BE(keyBytes, 108);
  stretched(key, digestSalt, iterations, digestBytes).copy(header, 112);
  digestSalt.copy(header, 132);
  header.writeUInt32BE(iterations, 164);
  header.write(uuid(), 168);
  for (let slot = 0; slot < slots; slot++) {
    const at = slotsAt + slot * slotBytes;
    header.writeUInt32BE(slot === 0 ? slotActive : slotFree, at);
    if (slot === 0) {
      header.writeUInt32BE(iterations, at + 4);
      salt.copy(header, at + 8);
    }
    header.writeUInt32BE(alignSectors + slot * slotSectors, at + 40);
    header.writeUInt32BE(stripes, at + 44);
  }
  const material = new SectorCipher(stretched(secret, salt, iterations, keyBytes));
  return {
    pieces: [
      { offset: 0, bytes: header },
      { offset: alignSectors * sectorBytes, bytes: material.encrypt(split(key), 0) },
    ],
  };
}

/** Reads so many bytes of the header. */
export type ReadHeader = (length: number, offset: number) => Promise<Buffer>;

/** Throws LuksError: of another form, or not by this secret. */
export async function openLuks(read: ReadHeader, secret: string): Promise<SectorCipher> {
  const header = await read(headerBytes, 0);
  checkForm(header);
  const at = slotsAt;
  const salt = header.subarray(at + 8, at + 8 + saltBytes);
  const count = countOf(header.readUInt32BE(at + 4));
  const offset = header.readUInt32BE(at + 40) * sectorBytes;
  const material = await read(splitBytes, offset);
  const cipher = new SectorCipher(stretched(secret, salt, count, keyBytes));
  const key = merge(cipher.decrypt(material, 0));
  const digest = stretched(
    key,
    header.subarray(132, 132 + saltBytes),
    countOf(header.readUInt32BE(164)),
    digestBytes,
  );
  if (!timingSafeEqual(digest, header.subarray(112, 112 + digestBytes))) {
    throw new LuksError('it is encrypted with another key');
  }
  return new SectorCipher(key);
}

function checkForm(header: Buffer): void {
  const text = (start: number, length: number) =>
    header.toString('latin1', start, start + length).replace(/\0.*$/s, '');
  const form = [text(8, 32), text(40, 32), text(72, 32)].join(' ');
  if (!header.subarray(0, magic.length).equals(magic) || header.readUInt16BE(6) !== version) {
    throw new LuksError('it has no LUKS header of version 1');
  }
  if (form !== 'aes xts-plain64 sha256' || header.readUInt32BE(108) !== keyBytes) {
    throw new LuksError(`its cipher is ${JSON.stringify(form)}`);
  }
  const isOurs =
    header.readUInt32BE(slotsAt) === slotActive &&
    header.readUInt32BE(slotsAt + 44) === stripes &&
    header.readUInt32BE(slotsAt + 40) * sectorBytes + splitBytes <= luksBytes;
  if (!isOurs) throw new LuksError('its first key slot is not as QEMU makes it');
}

function countOf(count: number): number {
  if (count >= 1 && count <= iterationsMax) return count;
  throw new LuksError(`it asks for ${count} iterations`);
}

function stretched(secret: string | Buffer, salt: Buffer, count: number, length: number): Buffer {
  return pbkdf2Sync(secret, salt, count, length, 'sha256');
}

/** So that what is left of the material, were most of it lost, tells nothing of the key. */
function split(key: Buffer): Buffer {
  const material = randomBytes(splitBytes);
  const last = splitBytes - keyBytes;
  const mixed = mixedStripes(material);
  for (let i = 0; i < keyBytes; i++) material[last + i] = (mixed[i] ?? 0) ^ (key[i] ?? 0);
  return material;
}

function merge(material: Buffer): Buffer {
  const key = mixedStripes(material);
  const last = splitBytes - keyBytes;
  for (let i = 0; i < keyBytes; i++) key[i] = (key[i] ?? 0) ^ (material[last + i] ?? 0);
  return key;
}

/** All but the last. */
function mixedStripes(material: Buffer): Buffer {
  const half = keyBytes / 2;
  // Number of the half, and its bytes.
  const input = Buffer.alloc(4 + half);
  let mixed = Buffer.alloc(keyBytes);
  for (let stripe = 0; stripe < stripes - 1; stripe++) {
    const at = stripe * keyBytes;
    const next = Buffer.allocUnsafe(keyBytes);
    for (let part = 0; part < 2; part++) {
      input[3] = part;
      for (let i = 0; i < half; i++) {
        const place = part * half + i;
        input[4 + i] = (mixed[place] ?? 0) ^ (material[at + place] ?? 0);
      }
      hash('sha256', input, 'buffer').copy(next, part * half);
    }
    mixed = next;
  }
  return mixed;
}

function uuid(): string {
  return randomBytes(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function align(sectors: number): number {
  return Math.ceil(sectors / alignSectors) * alignSectors;
}

/**
 * XTS over sectors (IEEE 1619), each with its number as its place. OpenSSL's own takes one sector a
 * call; here many are done in three, and what is left is exclusive or.
 */
export class SectorCipher {
  readonly #bytesKey: Buffer;
  readonly #placesKey: Buffer;

  constructor(key: Buffer) {
    this.#bytesKey = key.subarray(0, keyBytes / 2);
    this.#placesKey = key.subarray(keyBytes / 2, keyBytes);
  }

  /** Whole sectors, the first of which has this number. */
  encrypt(plain: Buffer, firstSector: number): Buffer {
    return this.#run(plain, firstSector, createCipheriv('aes-256-ecb', this.#bytesKey, null));
  }

  decrypt(encrypted: Buffer, firstSector: number): Buffer {
    return this.#run(encrypted, firstSector, createDecipheriv('aes-256-ecb', this.#bytesKey, null));
  }

  #run(
    bytes: Buffer,
    firstSector: number,
    cipher: ReturnType<typeof createCipheriv> | ReturnType<typeof createDecipheriv>,
  ): Buffer {
    if (bytes.length % sectorBytes !== 0) throw new RangeError(`${bytes.length} bytes of sectors`);
    const tweaks = this.#tweaks(firstSector, bytes.length / sectorBytes);
    const mixed = mixedWith(bytes, tweaks);
    cipher.setAutoPadding(false);
    return mixedWith(cipher.update(mixed), tweaks);
  }

  /** Four words for each block of 16 bytes. */
  #tweaks(firstSector: number, count: number): Uint32Array {
    const numbers = Buffer.alloc(count * 16);
    for (let i = 0; i < count; i++) numbers.writeBigUInt64LE(BigInt(firstSector + i), i * 16);
    const cipher = createCipheriv('aes-256-ecb', this.#placesKey, null);
    cipher.setAutoPadding(false);
    const first = words(cipher.update(numbers));
    const tweaks = new Uint32Array((count * sectorBytes) / 4);
    let at = 0;
    for (let sector = 0; sector < count; sector++) {
      let [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = first.subarray(sector * 4, sector * 4 + 4);
      for (let block = 0; block < sectorBytes / 16; block++) {
        tweaks[at++] = w0;
        tweaks[at++] = w1;
        tweaks[at++] = w2;
        tweaks[at++] = w3;
        const carry = w3 >>> 31;
        w3 = (w3 << 1) | (w2 >>> 31);
        w2 = (w2 << 1) | (w1 >>> 31);
        w1 = (w1 << 1) | (w0 >>> 31);
        w0 = (w0 << 1) ^ (carry * 0x87);
      }
    }
    return tweaks;
  }
}

function mixedWith(bytes: Buffer, tweaks: Uint32Array): Buffer {
  const mixed = words(bytes);
  for (let i = 0; i < tweaks.length; i++) mixed[i] = (mixed[i] as number) ^ (tweaks[i] as number);
  return Buffer.from(mixed.buffer);
}

/** A copy, at a border of words. */
function words(bytes: Buffer): Uint32Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return new Uint32Array(copy.buffer);
}

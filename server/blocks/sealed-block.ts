/**
 * A sealed block: a plain block compressed, encrypted and named by the SHA-256 of what came of it
 * (docs/design/encryption.md). Pure. Equal blocks under one key are one sealed block, since the
 * nonce is made of what is encrypted; under two keys they have nothing in common. A nonce is used
 * for one message only: it is a keyed hash of that message, as in AES-GCM-SIV (RFC 8452): a universal
 * hash, here GCM's own, and a block cipher over it. HMAC would cost as much as the name does.
 *
 *   offset  bytes
 *        0      8  `IMAGSEA1`
 *        8     16  id of the key
 *       24     12  nonce
 *       36      n  AES-256-GCM of an encoding byte (0 raw, 1 Zstandard) and the block so encoded,
 *                  with bytes 0 to 23 as additional data
 *   36 + n     16  tag
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  BlockCorruptError,
  blockMaxBytes,
  blockSizeBytes,
  type Digest,
  digestOf,
  isSealed,
  sealMagic as magic,
  WrongDigestError,
} from './block-store.ts';
import { compressOptions } from './frame-compressor.ts';
import { isIncompressible } from './incompressible.ts';

const keyIdBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = magic.length + keyIdBytes;
const encryptedAt = headBytes + nonceBytes;
const secretBytes = 32;
const noNonce = Buffer.alloc(nonceBytes);

const rawEncoding = 0;
const zstdEncoding = 1;
/** As of plain blocks. */
const worthwhileRatio = 0.9;
/** A frame can claim any size: nothing over a block is ever inflated. */
const decompressOptions = { maxOutputLength: blockSizeBytes, chunkSize: blockSizeBytes };

/** Made of one secret; can be sent to a thread or another process as it is. */
export interface SealKey {
  /** Hex: tells keys apart, and nothing of them. */
  id: string;
  encrypting: Uint8Array;
  /** The universal hash's, and the block cipher's over it: what nonces are made of. */
  hashing: Uint8Array;
  mixing: Uint8Array;
}

/** A block that another key sealed, or that is not sealed. */
export class WrongSealError extends Error {
  override name = 'WrongSealError';
  constructor(digest: Digest) {
    super(`block ${digest} is not sealed with the key that it is read with`);
  }
}

export function sealKeyOf(secret: Uint8Array): SealKey {
  if (secret.length !== secretBytes) throw new RangeError(`a key of ${secret.length} bytes`);
  const derived = (purpose: string, length: number) =>
    new Uint8Array(
      hkdfSync('sha256', secret, new Uint8Array(), `imago blocks: ${purpose}`, length),
    );
  return {
    id: Buffer.from(derived('id', keyIdBytes)).toString('hex'),
    encrypting: derived('encrypting', secretBytes),
    hashing: derived('hashing', secretBytes),
    mixing: derived('mixing', secretBytes),
  };
}

/** In memory that nobody else has. Throws WrongDigestError where the plain bytes have another. */
export function sealBlock(plain: Buffer, key: SealKey, digest?: Digest): Buffer {
  if (digest !== undefined && digestOf(plain) !== digest) throw new WrongDigestError();
  const { id, encrypting } = key;
  const { encoding, bytes } = encode(plain);
  // In its place at once: a block is not copied more often than it has to be.
  const sealed = Buffer.allocUnsafeSlow(encryptedAt + 1 + bytes.length + tagBytes);
  const payload = sealed.subarray(encryptedAt, encryptedAt + 1 + bytes.length);
  payload[0] = encoding;
  payload.set(bytes, 1);
  const nonce = nonceOf(payload, key);
  magic.copy(sealed);
  sealed.write(id, magic.length, 'hex');
  nonce.copy(sealed, headBytes);
  const cipher = createCipheriv('aes-256-gcm', encrypting, nonce);
  cipher.setAAD(sealed.subarray(0, headBytes));
  cipher.update(payload).copy(payload);
  cipher.final();
  cipher.getAuthTag().copy(sealed, encryptedAt + payload.length);
  return sealed;
}

function nonceOf(payload: Buffer, { hashing, mixing }: SealKey): Buffer {
  const hash = createCipheriv('aes-256-gcm', hashing, noNonce);
  hash.setAAD(payload);
  hash.final();
  // The hash itself is told to nobody: its nonce is always the same.
  const mixed = createCipheriv('aes-256-ecb', mixing, null).update(hash.getAuthTag());
  return mixed.subarray(0, nonceBytes);
}

/** Throws WrongSealError or BlockCorruptError. */
export function openBlock(digest: Digest, sealed: Buffer, { id, encrypting }: SealKey): Buffer {
  const isWhole = sealed.length >= encryptedAt + tagBytes && sealed.length <= blockMaxBytes;
  const isOurs =
    isWhole && isSealed(sealed) && sealed.toString('hex', magic.length, headBytes) === id;
  if (!isOurs) throw new WrongSealError(digest);
  const end = sealed.length - tagBytes;
  const nonce = sealed.subarray(headBytes, encryptedAt);
  const cipher = createDecipheriv('aes-256-gcm', encrypting, nonce);
  cipher.setAAD(sealed.subarray(0, headBytes));
  cipher.setAuthTag(sealed.subarray(end));
  try {
    const payload = cipher.update(sealed.subarray(encryptedAt, end));
    cipher.final();
    return decode(payload);
  } catch (error) {
    throw new BlockCorruptError(digest, `it cannot be opened: ${(error as Error).message}`);
  }
}

function encode(plain: Uint8Array): { encoding: number; bytes: Uint8Array } {
  if (isIncompressible(plain)) return { encoding: rawEncoding, bytes: plain };
  const compressed = zstdCompressSync(plain, compressOptions);
  const worthwhile = compressed.length <= plain.length * worthwhileRatio;
  if (!worthwhile) return { encoding: rawEncoding, bytes: plain };
  return { encoding: zstdEncoding, bytes: compressed };
}

function decode(payload: Buffer): Buffer {
  if (payload[0] === rawEncoding) return payload.subarray(1);
  if (payload[0] === zstdEncoding) {
    return zstdDecompressSync(payload.subarray(1), decompressOptions);
  }
  throw new Error(`unknown encoding ${payload[0]}`);
}

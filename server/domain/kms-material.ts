/**
 * What a key of kms does with bytes: ciphertext blobs that name it, and what is derived from it.
 * AES-256-GCM with a random nonce; the encryption context is additional data. Pure.
 *
 *   offset  bytes
 *        0      1  version: 1
 *        1     16  id of the key, a UUID
 *       17     12  nonce
 *       29      n  ciphertext
 *   29 + n     16  tag
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import { derivedKey } from './master-key.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

const version = 1;
const idBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + idBytes;

export class KeyMaterial {
  readonly keyId: string;
  readonly #encrypting: Buffer;

  constructor(keyId: string, material: Buffer) {
    this.keyId = keyId;
    this.#encrypting = derivedKey(material, 'imago kms: ciphertext blobs');
  }

  encrypt(plain: Uint8Array, context: EncryptionContext = {}): Buffer {
    const head = Buffer.concat([
      Buffer.from([version]),
      Buffer.from(this.keyId.replaceAll('-', ''), 'hex'),
    ]);
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#encrypting, nonce);
    cipher.setAAD(additionalData(head, context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]);
  }

  /** Throws InvalidCiphertextException. */
  decrypt(blob: Buffer, context: EncryptionContext = {}): Buffer {
    const [start, end] = [headBytes + nonceBytes, blob.length - tagBytes];
    const nonce = blob.subarray(headBytes, start);
    const cipher = createDecipheriv('aes-256-gcm', this.#encrypting, nonce);
    cipher.setAAD(additionalData(blob.subarray(0, headBytes), context));
    cipher.setAuthTag(blob.subarray(end));
    try {
      return Buffer.concat([cipher.update(blob.subarray(start, end)), cipher.final()]);
    } catch {
      throw invalidCiphertext();
    }
  }
}

/** The id of the key that a blob was made with. Throws InvalidCiphertextException. */
export function keyIdOfBlob(blob: Buffer): string {
  if (blob.length < headBytes + nonceBytes + tagBytes || blob[0] !== version) {
    throw invalidCiphertext();
  }
  const hex = blob.toString('hex', 1, headBytes);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function invalidCiphertext(): ServiceError {
  return new ServiceError(
    'InvalidCiphertextException',
    'The ciphertext is not of this service, was changed, or belongs to another encryption context.',
  );
}

/** One text for one context, in whatever order it was sent. */
function additionalData(head: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([head, Buffer.from(JSON.stringify(pairs))]);
}

/**
 * The master key: what wraps every key of the catalog, and is itself in none. Wrapped is AES-256-GCM
 * with the row that holds it as additional data, so that no wrapped key is good in another row.
 * Where it is absent or another than the catalog's, whatever needs a key is refused.
 * Where it is read from is open-master-key.ts's.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const checkChars = 32;
const wrapVersion = 1;

/** There is none, or it is not that of this catalog. */
export class MasterKeyUnavailableError extends Error {
  override name = 'MasterKeyUnavailableError';
}

/** What was wrapped was changed, or belongs to another row. */
export class WrappedKeyError extends Error {
  override name = 'WrappedKeyError';
}

export class MasterKey {
  /** Why there is none. */
  readonly problem: string | undefined;
  readonly #wrapping: Buffer | undefined;

  private constructor(wrapping: Buffer | undefined, problem?: string) {
    this.#wrapping = wrapping;
    this.problem = problem;
  }

  static of(secret: Buffer): MasterKey {
    return new MasterKey(derivedKey(secret, 'imago master key: wrapping'));
  }

  static absent(problem: string): MasterKey {
    return new MasterKey(undefined, problem);
  }

  /** `owner` names the row, and what of it. */
  wrap(key: Buffer, owner: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key(), nonce);
    cipher.setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
    const head = Buffer.from([wrapVersion]);
    return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]).toString('base64');
  }

  unwrap(wrapped: string, owner: string): Buffer {
    const key = this.#key();
    const bytes = Buffer.from(wrapped, 'base64');
    if (bytes.length !== 1 + nonceBytes + keyBytes + tagBytes || bytes[0] !== wrapVersion) {
      throw new WrappedKeyError(`the key of ${owner} is not wrapped as this Imago wraps keys`);
    }
    const [start, end] = [1 + nonceBytes, bytes.length - tagBytes];
    const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, start));
    cipher.setAAD(Buffer.from(owner));
    cipher.setAuthTag(bytes.subarray(end));
    try {
      return Buffer.concat([cipher.update(bytes.subarray(start, end)), cipher.final()]);
    } catch {
      throw new WrappedKeyError(`the key of ${owner} was changed, or is another row's`);
    }
  }

  #key(): Buffer {
    if (this.#wrapping) return this.#wrapping;
    throw new MasterKeyUnavailableError(this.problem);
  }
}

/** Tells whether it is the same one, and nothing else of it. */
export function checkOf(secret: Buffer): string {
  const key = derivedKey(secret, 'imago master key: check');
  return createHmac('sha256', key).update('check').digest('hex').slice(0, checkChars);
}

/** One of many that a secret stands for. */
export function derivedKey(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, keyBytes));
}

/**
 * What the blocks of an encrypted draft are sealed by. Clients speak of blocks by the SHA-256 of
 * their plain bytes, also at the end, of all together; whoever has no key is not to learn these, so
 * the journal has them encrypted: two blocks of AES-256, as nothing but equal digests, which equal
 * blocks show anyway, encrypts to the same.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Digest } from '../blocks/block-store.ts';
import { type SealKey, sealKeyOf } from '../blocks/sealed-block.ts';
import type { Sealing } from '../blocks/sealed-blocks.ts';

const cipher = 'aes-256-ecb';
const keyBytes = 32;

export class DraftSeal {
  readonly #sealing: Sealing;
  readonly #key: SealKey;
  readonly #checksums: Uint8Array;

  /** Of the data key of the snapshot's blocks. */
  constructor(secret: Uint8Array, sealing: Sealing) {
    this.#sealing = sealing;
    this.#key = sealKeyOf(secret);
    const purpose = 'imago drafts: checksums';
    this.#checksums = new Uint8Array(hkdfSync('sha256', secret, '', purpose, keyBytes));
  }

  room(): Buffer {
    return this.#sealing.room();
  }

  /** Throws WrongDigestError. The bytes are given away. */
  seal(plain: Buffer, digest: Digest): Promise<Buffer> {
    return this.#sealing.seal(plain, this.#key, { given: true, digest });
  }

  checksumOf(digest: Digest): Buffer {
    const encrypting = createCipheriv(cipher, this.#checksums, null).setAutoPadding(false);
    return encrypting.update(digest, 'hex');
  }

  /** The digest's 32 bytes, of what `checksumOf` gave, in hex. */
  checksumIn(encrypted: string): Buffer {
    const decrypting = createDecipheriv(cipher, this.#checksums, null).setAutoPadding(false);
    return decrypting.update(encrypted, 'hex');
  }
}

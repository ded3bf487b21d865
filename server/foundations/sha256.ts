/** SHA-256 and its HMAC in the form that the signing library asks for. */
import {
  createHash,
  createHmac,
  createSecretKey,
  type Hash,
  type Hmac,
  type KeyObject,
} from 'node:crypto';

type SourceData = string | ArrayBuffer | ArrayBufferView;

export class Sha256 {
  #digest: Hash | Hmac;
  readonly #newDigest: () => Hash | Hmac;

  constructor(secret?: SourceData) {
    const key = secret === undefined ? undefined : keyOf(bytes(secret));
    this.#newDigest = () => (key ? createHmac('sha256', key) : createHash('sha256'));
    this.#digest = this.#newDigest();
  }

  update(data: SourceData): void {
    this.#digest.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#digest.digest();
  }

  reset(): void {
    this.#digest = this.#newDigest();
  }
}

function bytes(data: SourceData): string | NodeJS.ArrayBufferView {
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : (data as string | NodeJS.ArrayBufferView);
}

/**
 * What is not a key object `createHmac` takes for one first, and the error within costs more than
 * the HMAC.
 */
function keyOf(secret: string | NodeJS.ArrayBufferView): KeyObject {
  return typeof secret === 'string' ? createSecretKey(secret, 'utf8') : createSecretKey(secret);
}

/** SHA-256 and its HMAC in the form that the signing library asks for. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

type SourceData = string | ArrayBuffer | ArrayBufferView;

export class Sha256 {
  #digest: Hash | Hmac;
  readonly #newDigest: () => Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#newDigest = () =>
      secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
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

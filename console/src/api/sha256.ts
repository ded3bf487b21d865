/** SHA-256 and its HMAC by the browser's own cryptography, in the form that the signer wants. */
type SourceData = string | ArrayBuffer | ArrayBufferView;

export class Sha256 {
  readonly #secret: Uint8Array<ArrayBuffer> | undefined;
  #pieces: Uint8Array<ArrayBuffer>[] = [];

  constructor(secret?: SourceData) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
  }

  update(piece: SourceData): void {
    this.#pieces.push(bytesOf(piece));
  }

  reset(): void {
    this.#pieces = [];
  }

  async digest(): Promise<Uint8Array> {
    const bytes = new Uint8Array(await new Blob(this.#pieces).arrayBuffer());
    if (!this.#secret) return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', this.#secret, algorithm, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes));
  }
}

function bytesOf(data: SourceData): Uint8Array<ArrayBuffer> {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  return new Uint8Array(data).slice();
}

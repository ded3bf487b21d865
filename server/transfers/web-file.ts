/**
 * A file at an address of http or https that the operator allowed, read by range requests. It is
 * pinned by its validator (RFC 9110, 8.8) and its length: one that changes is refused, as is one of
 * a server that has no ranges or no validator. Redirects lead only to what is allowed as well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { checkInside } from '../disk-formats/random-access.ts';
import { isAllowedAddress } from '../domain/file-places.ts';
import { changed, type SourceFile, SourceRefused } from './source-file.ts';

const redirectsMax = 5;
const redirectStatuses = [301, 302, 303, 307, 308];
/** Of one range, in a row. */
const failuresMax = 5;
/** A server that is silent for so long is asked again. */
const answerMs = 60_000;

export interface WebFileOptions {
  /** Beginnings of addresses. */
  allowed: readonly string[];
  signal: AbortSignal;
  /** Before the second try; later ones wait longer. */
  pauseMs?: number;
}

export async function openWebFile(address: string, options: WebFileOptions): Promise<SourceFile> {
  const first = await WebFile.ask(address, { offset: 0, length: 1 }, options);
  return new WebFile(address, first, options);
}

interface Range {
  offset: number;
  length: number;
}

interface Answer {
  sizeBytes: number;
  validator: string;
  bytes: Buffer;
}

class WebFile implements SourceFile {
  readonly sizeBytes: number;
  readonly validator: string;
  readonly #address: string;
  readonly #options: WebFileOptions;

  constructor(address: string, { sizeBytes, validator }: Answer, options: WebFileOptions) {
    this.#address = address;
    this.#options = options;
    this.sizeBytes = sizeBytes;
    this.validator = `${sizeBytes}:${validator}`;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkInside(this, offset, length);
    if (length === 0) return Buffer.alloc(0);
    const answer = await WebFile.ask(this.#address, { offset, length }, this.#options);
    if (`${answer.sizeBytes}:${answer.validator}` !== this.validator) throw changed(this.#address);
    return answer.bytes;
  }

  async close(): Promise<void> {}

  /** Tries again what may go better the next time. */
  static async ask(address: string, range: Range, options: WebFileOptions): Promise<Answer> {
    const { signal, pauseMs = 500 } = options;
    for (let failures = 1; ; failures++) {
      try {
        return await askOnce(address, range, options);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SourceRefused) throw error;
        if (failures === failuresMax) {
          throw new SourceRefused(`${address} cannot be read: ${reasonOf(error)}.`);
        }
        await delay(pauseMs * 2 ** (failures - 1), undefined, { signal });
      }
    }
  }
}

async function askOnce(address: string, range: Range, options: WebFileOptions): Promise<Answer> {
  const { offset, length } = range;
  const late = AbortSignal.timeout(answerMs);
  const signal = AbortSignal.any([options.signal, late]);
  const headers = {
    // Offsets are those of the bytes as they are.
    'accept-encoding': 'identity',
    'user-agent': 'imago',
    range: `bytes=${offset}-${offset + length - 1}`,
  };
  let url = address;
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    if (!isAllowedAddress(url, options.allowed)) throw notAllowed(address, url);
    const response = await fetch(url, { redirect: 'manual', signal, headers });
    if (!redirectStatuses.includes(response.status))
      return await answerOf(address, response, range);
    await response.body?.cancel();
    url = URL.parse(response.headers.get('location') ?? '', url)?.href ?? '';
  }
  throw new SourceRefused(`${address} leads on and on.`);
}

async function answerOf(address: string, response: Response, range: Range): Promise<Answer> {
  const { status, headers } = response;
  const refuse = async (why: string) => {
    await response.body?.cancel();
    return new SourceRefused(`${address} ${why}.`);
  };
  if (status >= 500 || status === 408 || status === 429) {
    await response.body?.cancel();
    throw new Error(`it answers ${status}`);
  }
  if (status === 200) throw await refuse('is on a server that does not serve ranges of a file');
  if (status === 416) throw await refuse('is empty, or was changed');
  if (status !== 206) throw await refuse(`answers ${status}`);
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity') {
    throw await refuse('comes encoded, unasked');
  }
  const last = range.offset + range.length - 1;
  const [, from, to, total] =
    /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (
    Number(from) !== range.offset ||
    Number(to) !== last ||
    !Number.isSafeInteger(Number(total))
  ) {
    throw await refuse('answers with another range than was asked for');
  }
  const validator = validatorOf(headers);
  if (validator === undefined) {
    throw await refuse('has neither an ETag nor a date, by which it could be known to be the same');
  }
  const bytes = await bodyOf(response, range.length);
  return { sizeBytes: Number(total), validator, bytes };
}

/** A weak ETag does not say that bytes are the same. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return (tag?.startsWith('"') ? tag : headers.get('last-modified')) ?? undefined;
}

/** No more of it than was asked for is held. */
async function bodyOf(response: Response, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for await (const part of response.body ?? []) {
    if (at + part.length > length) throw new Error('it sends more than was asked for');
    bytes.set(part, at);
    at += part.length;
  }
  if (at < length) throw new Error('the connection ended too early');
  return bytes;
}

function notAllowed(address: string, url: string): SourceRefused {
  const what = url === address ? address : `${address} leads to ${url || 'no address'}, which`;
  return new SourceRefused(`${what} is not an address that the operator of this Imago allows.`);
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? message;
}

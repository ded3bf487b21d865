/**
 * A large file into `image.part` of a folder, from where an earlier try ended: `origin.json` says
 * whose bytes those are. A file that was changed meanwhile, by its validator (RFC 9110, 13.1.5) or
 * its length, begins anew, and so does one from a server without ranges. Whether the bytes are the
 * right ones is for the caller to check.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Files, isAbsent } from '../files/files.ts';
import { readFileWithin, replaceFile, unlinkIfThere } from '../files/whole-file.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import { get, unexpected } from './get.ts';
import { VendorImageRefused } from './refused.ts';

/** In a row, without a byte in between. */
const failuresMax = 4;
const originMaxBytes = 16 * 1024;

export interface Download {
  url: URL;
  folder: string;
  maxBytes: number;
  files: Files;
  signal: AbortSignal;
  onProgress(doneBytes: number, totalBytes: number | undefined): void;
  /** Before the second try; later ones wait longer. */
  pauseMs?: number;
}

interface Origin {
  url: string;
  /** Of If-Range. */
  validator?: string;
  /** Absent until the end where the server does not say it. */
  totalBytes?: number;
}

export const partOf = (folder: string) => path.join(folder, 'image.part');
const originOf = (folder: string) => path.join(folder, 'origin.json');

/** Resolves when all of it is on disk. */
export async function download(request: Download): Promise<void> {
  const { folder, files, signal, url, pauseMs = 1000 } = request;
  await files.mkdir(folder, 0o700);
  for (let failures = 0; ; ) {
    const before = await partBytes(request);
    try {
      await continueDownload(request);
      return await settle(request);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof VendorImageRefused) await discard(files, folder);
      if (error instanceof VendorImageRefused || isDiskFull(error)) throw error;
      failures = (await partBytes(request)) > before ? 1 : failures + 1;
      if (failures > failuresMax) {
        throw new VendorImageRefused(
          `${url.href} cannot be fetched: ${reasonOf(error)}. What is there of it is kept: run the same command again to go on.`,
        );
      }
      await delay(pauseMs * 2 ** (failures - 1), undefined, { signal });
    }
  }
}

/** All that is there of it: nobody can go on with it. */
export async function discard(files: Files, folder: string): Promise<void> {
  await unlinkIfThere(files, originOf(folder));
  await unlinkIfThere(files, partOf(folder));
  await files.rmdir(folder);
}

async function continueDownload(request: Download): Promise<void> {
  const { url, files, folder, signal, onProgress } = request;
  const known = await readOrigin(request);
  const have = known ? await partBytes(request) : 0;
  if (known && have === known.totalBytes) return onProgress(have, have);
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  if (have > 0 && known?.validator) headers['if-range'] = known.validator;
  const response = await get(url, { signal, headers });
  if (response.status === 206 && have > 0 && known && continues(response, have, known)) {
    return await receive(request, response, have, known);
  }
  if (response.status === 200) {
    const origin = originFrom(url, response);
    await unlinkIfThere(files, partOf(folder));
    const text = Buffer.from(JSON.stringify(origin));
    await replaceFile(files, originOf(folder), text);
    return await receive(request, response, 0, origin);
  }
  if (response.status !== 206 && response.status !== 416) throw await unexpected(url, response);
  await response.body?.cancel();
  await unlinkIfThere(files, originOf(folder));
  throw new Error('it was changed');
}

/** A server that does not know If-Range says what it has all the same. */
function continues({ headers }: Response, have: number, known: Origin): boolean {
  const [, start, total] =
    /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  const validator = validatorOf(headers);
  const same = known.validator === undefined || validator === undefined;
  return (
    Number(start) === have &&
    Number(total) === known.totalBytes &&
    (same || validator === known.validator)
  );
}

function originFrom({ href }: URL, { headers }: Response): Origin {
  const length = headers.get('content-length');
  const validator = validatorOf(headers);
  return {
    url: href,
    ...(validator && { validator }),
    ...(length && /^\d+$/.test(length) && { totalBytes: Number(length) }),
  };
}

/** A weak ETag does not say that bytes are the same. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return (tag?.startsWith('"') ? tag : headers.get('last-modified')) ?? undefined;
}

async function receive(
  { url, files, folder, maxBytes, onProgress }: Download,
  response: Response,
  from: number,
  origin: Origin,
): Promise<void> {
  const limit = Math.min(maxBytes, origin.totalBytes ?? maxBytes);
  const tooLarge = async () => {
    await response.body?.cancel().catch(() => {});
    return new VendorImageRefused(
      `${url.href} has over ${limit} bytes, more than it may: name another mirror with --from.`,
    );
  };
  if ((origin.totalBytes ?? 0) > maxBytes) throw await tooLarge();
  await using file = await files.open(partOf(folder), from === 0 ? 'create' : 'update', 0o600);
  let at = from;
  for await (const part of response.body ?? []) {
    if (at + part.length > limit) throw await tooLarge();
    await file.write(Buffer.from(part.buffer, part.byteOffset, part.length), at);
    at += part.length;
    onProgress(at, origin.totalBytes);
  }
  if (origin.totalBytes !== undefined && at < origin.totalBytes) {
    throw new Error('the connection ended too early');
  }
  await replaceFile(
    files,
    originOf(folder),
    Buffer.from(JSON.stringify({ ...origin, totalBytes: at })),
  );
}

/** Once its step is on record it is not fetched again, so by then it must survive a power cut. */
async function settle({ files, folder }: Download): Promise<void> {
  {
    await using file = await files.open(partOf(folder), 'read');
    await file.sync();
  }
  await files.syncFolder(folder);
  await files.syncFolder(path.dirname(folder));
  await files.syncFolder(path.dirname(path.dirname(folder)));
}

async function partBytes({ files, folder }: Download): Promise<number> {
  try {
    return (await files.stat(partOf(folder))).sizeBytes;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
}

/** Undefined where the part is of another address, or nobody knows of which. */
async function readOrigin({ files, folder, url }: Download): Promise<Origin | undefined> {
  const text = await readFileWithin(files, originOf(folder), originMaxBytes);
  if (!text) return undefined;
  try {
    const origin = JSON.parse(text.toString('utf8')) as Origin;
    return origin.url === url.href ? origin : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? message;
}

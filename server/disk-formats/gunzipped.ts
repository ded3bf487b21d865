/**
 * A gzipped disk file, unpacked into a file that its caller gives: readers of formats need any place
 * of it, and gzip has only a beginning. The one case of a second copy; its zeros take no room.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { OpenFile } from '../files/files.ts';
import type { Refuse } from './disk-format-error.ts';
import { accessOfFile, type RandomAccess } from './random-access.ts';

const readBytes = 1024 ** 2;
const outputBytes = 64 * 1024;

export interface GunzipOptions {
  /** Of what it becomes. */
  maxBytes: number;
  signal?: AbortSignal;
}

export async function gunzipInto(
  source: RandomAccess,
  file: OpenFile,
  { maxBytes, signal }: GunzipOptions,
  refuse: Refuse,
): Promise<RandomAccess> {
  const zeros = Buffer.alloc(outputBytes);
  let end = 0;
  const write = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      if (end + chunk.length > maxBytes) throw refuse(`it becomes more than ${maxBytes} bytes`);
      const isZero = chunk.equals(zeros.subarray(0, chunk.length));
      if (!isZero) await file.write(chunk, end);
      end += chunk.length;
    }
  };
  try {
    const gunzip = createGunzip({ chunkSize: outputBytes });
    await pipeline(Readable.from(piecesOf(source)), gunzip, write, { signal });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code.startsWith('Z_')) throw refuse(`it cannot be unpacked (${message})`);
    throw error;
  }
  await file.truncate(end);
  return accessOfFile(file);
}

async function* piecesOf(source: RandomAccess): AsyncGenerator<Buffer> {
  for (let at = 0; at < source.sizeBytes; at += readBytes) {
    yield await source.read(at, Math.min(readBytes, source.sizeBytes - at));
  }
}

/**
 * A file that comes from a running Imago (api/image-file.ts): under another name until it is whole,
 * verified and on disk. What is zeros takes no room.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { createWebSocketStream, type WebSocket } from 'ws';
import { imageFile } from '../api/image-file.ts';
import { CommandError } from './command-error.ts';

const { kinds, recordMaxBytes, digestBytes } = imageFile;
const textMaxBytes = 64 * 1024;

type OnProgress = (doneBytes: number, totalBytes: number) => void;

export async function receiveFile(
  webSocket: WebSocket,
  file: string,
  onProgress: OnProgress,
): Promise<void> {
  const part = path.join(path.dirname(file), `.${path.basename(file)}.part`);
  await rm(part, { force: true });
  try {
    await using handle = await open(part, 'wx', 0o600);
    await receive(webSocket, handle, onProgress);
    await handle.chmod(0o644);
    await handle.sync();
  } catch (error) {
    await rm(part, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw new CommandError(`There is no room for ${file}.`);
    throw error;
  }
  await rename(part, file);
  await using folder = await open(path.dirname(file), 'r');
  await folder.sync();
}

async function receive(
  webSocket: WebSocket,
  handle: FileHandle,
  onProgress: OnProgress,
): Promise<void> {
  const hash = createHash('sha256');
  const stream = new Records(createWebSocketStream(webSocket));
  for (;;) {
    const kind = await stream.take(1);
    if (kind[0] === kinds.end) {
      const digest = await stream.take(digestBytes);
      if (digest.equals(hash.digest())) return;
      throw new CommandError('What came is not what was sent: export the image again.');
    }
    hash.update(kind);
    const take = async (bytes: number) => {
      const taken = await stream.take(bytes);
      hash.update(taken);
      return taken;
    };
    if (kind[0] === kinds.bytes) {
      const head = await take(12);
      const bytes = await take(checked(head.readUInt32BE(8), recordMaxBytes));
      await handle.write(bytes, 0, bytes.length, Number(head.readBigUInt64BE(0)));
    } else if (kind[0] === kinds.length) {
      await handle.truncate(Number((await take(8)).readBigUInt64BE(0)));
    } else if (kind[0] === kinds.progress) {
      const told = await take(16);
      onProgress(Number(told.readBigUInt64BE(0)), Number(told.readBigUInt64BE(8)));
    } else if (kind[0] === kinds.failed) {
      const length = checked((await take(4)).readUInt32BE(0), textMaxBytes);
      throw new CommandError((await take(length)).toString());
    } else throw new CommandError('What Imago sends is not understood: is it another version?');
  }
}

function checked(length: number, max: number): number {
  if (length <= max) return length;
  throw new CommandError('What Imago sends is not understood: is it another version?');
}

/** Bytes of a stream, as many as are asked for. */
class Records {
  readonly #chunks: AsyncIterator<Buffer>;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    while (this.#bytes < length) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new CommandError('The connection ended too early: export the image again.');
      this.#parts.push(value);
      this.#bytes += value.length;
    }
    const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    const rest = all.subarray(length);
    this.#parts = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    return all.subarray(0, length);
  }
}

/**
 * A file of this machine, offered to an import of a running Imago: it asks for ranges on a WebSocket
 * (api/offered-file.ts) and is given them. When the connection ends, be it that Imago is started
 * again, another is opened, until nobody wants the file any more.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { imagoModel } from '../api/imago.ts';
import {
  decodeQuestion,
  encodeHello,
  type OfferedFileQuestion,
  offeredFile,
} from '../api/offered-file.ts';
import type { Client } from './client.ts';
import { CommandError } from './command-error.ts';
import { openWebSocket } from './web-socket.ts';

const againMs = 1000;

export interface FileFacts {
  sizeBytes: number;
  changedMs: number;
}

export class OfferedFile implements AsyncDisposable {
  readonly facts: FileFacts;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, facts: FileFacts) {
    this.#handle = handle;
    this.facts = facts;
  }

  static async open(path: string): Promise<OfferedFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      throw new CommandError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
    const stats = await handle.stat();
    if (stats.isFile()) return new OfferedFile(handle, await factsOf(handle));
    await handle.close();
    throw new CommandError(`${path} is no file.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  /** Resolves when `signal` says so. */
  async offerTo(client: Client, id: string, url: string, signal: AbortSignal): Promise<void> {
    const route = imagoModel.routes.OfferFile.replace(/^GET /, '');
    const path = route.replace('{ImportTaskId}', encodeURIComponent(id));
    while (!signal.aborted) {
      try {
        const at = `${path}?${new URLSearchParams({ url })}`;
        await this.#serve(await openWebSocket(client, at), signal);
      } catch {
        // Whether the import is still there the command asks by itself.
      }
      await sleep(againMs, undefined, { signal }).catch(() => {});
    }
  }

  async #serve(webSocket: WebSocket, signal: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
    const leave = () => webSocket.close();
    signal.addEventListener('abort', leave, { once: true });
    webSocket.on('error', () => {}); // it closes as well
    let asked: Buffer = Buffer.alloc(0);
    let answered = Promise.resolve();
    webSocket.on('message', (data: Buffer) => {
      asked = Buffer.concat([asked, data]);
      for (; asked.length >= offeredFile.questionBytes; ) {
        const question = decodeQuestion(asked);
        asked = asked.subarray(offeredFile.questionBytes);
        answered = answered
          .then(() => this.#answer(webSocket, question))
          .catch(() => webSocket.terminate());
      }
    });
    webSocket.resume();
    if (signal.aborted) leave();
    else webSocket.send(encodeHello(this.facts));
    await closed;
    signal.removeEventListener('abort', leave);
    await answered;
  }

  async #answer(webSocket: WebSocket, question: OfferedFileQuestion): Promise<void> {
    const { answers, frameMaxBytes } = offeredFile;
    const bytes = await this.#read(question);
    if (!bytes) return send(webSocket, Buffer.from([answers.unreadable]));
    if (isZero(bytes)) return send(webSocket, Buffer.from([answers.zeros]));
    await send(webSocket, Buffer.from([answers.bytes]));
    for (let at = 0; at < bytes.length; at += frameMaxBytes) {
      await send(webSocket, bytes.subarray(at, at + frameMaxBytes));
    }
  }

  /** Undefined where the file is not what it was. */
  async #read({ offset, length }: OfferedFileQuestion): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(Math.min(length, offeredFile.rangeMaxBytes));
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle
        .read(bytes, done, bytes.length - done, offset + done)
        .catch(() => ({ bytesRead: 0 }));
      if (bytesRead === 0) return undefined;
      done += bytesRead;
    }
    const now = await factsOf(this.#handle);
    const same = now.sizeBytes === this.facts.sizeBytes && now.changedMs === this.facts.changedMs;
    return same ? bytes : undefined;
  }
}

async function factsOf(handle: FileHandle): Promise<FileFacts> {
  const { size, mtimeMs } = await handle.stat();
  return { sizeBytes: size, changedMs: Math.floor(mtimeMs) };
}

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1));
}

/** Resolves when it has left this process: no more of the file is held than one range. */
function send(webSocket: WebSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    webSocket.send(bytes, (error) => (error ? reject(error) : resolve())),
  );
}

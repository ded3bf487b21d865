/**
 * A file of the person's, offered to an import: Imago asks for ranges on a WebSocket
 * (the contract's offered-file.ts) and is given them, so nothing is copied first. When the
 * connection ends, be it that Imago is started again, another is opened, as long as somebody wants
 * the file.
 */
import { transferRoutes } from '../../../api/imago-transfers.ts';
import {
  decodeQuestion,
  encodeHello,
  type OfferedFileQuestion,
  offeredFile,
} from '../../../api/offered-file.ts';
import type { ApiClient } from './client.ts';

export interface Offer {
  file: File;
  /** The task that wants it. */
  importId: string;
  /** As that names it. */
  url: string;
  signal: AbortSignal;
  /** So many bytes were given, once more. */
  onMoved(bytes: number): void;
  onConnected(isConnected: boolean): void;
  /** Asked when a connection has ended. */
  isWanted(): Promise<boolean>;
}

const againMs = 1000;

/** Resolves when nobody wants it any more. */
export async function offerFile(client: ApiClient, offer: Offer): Promise<void> {
  const { importId, url, signal } = offer;
  const route = transferRoutes.OfferFile.replace(/^GET /, '');
  const path = route.replace('{ImportTaskId}', encodeURIComponent(importId));
  while (!signal.aborted) {
    await serve(await client.webSocketUrl(path, { url }), offer);
    offer.onConnected(false);
    // Whoever has all of it closes the connection a little before the import has ended.
    await rest(againMs, signal);
    if (signal.aborted || !(await offer.isWanted())) return;
  }
}

/** Until the connection ends. */
function serve(address: string, offer: Offer): Promise<void> {
  const { file, signal } = offer;
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    let asked = new Uint8Array();
    let answered = Promise.resolve();
    const leave = () => socket.close();
    signal.addEventListener('abort', leave);
    socket.onopen = () => {
      socket.send(framed(encodeHello({ sizeBytes: file.size, changedMs: file.lastModified })));
      offer.onConnected(true);
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      asked = joined(asked, new Uint8Array(data));
      while (asked.length >= offeredFile.questionBytes) {
        const question = decodeQuestion(asked);
        asked = asked.slice(offeredFile.questionBytes);
        answered = answered.then(() => answer(socket, question, offer));
      }
    };
    socket.onclose = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
  });
}

async function answer(socket: WebSocket, question: OfferedFileQuestion, offer: Offer) {
  const { answers, frameMaxBytes } = offeredFile;
  const bytes = await read(offer.file, question);
  if (socket.readyState !== WebSocket.OPEN) return;
  if (!bytes) return socket.send(new Uint8Array([answers.unreadable]));
  offer.onMoved(bytes.length);
  if (bytes.every((byte) => byte === 0)) return socket.send(new Uint8Array([answers.zeros]));
  socket.send(new Uint8Array([answers.bytes]));
  for (let at = 0; at < bytes.length; at += frameMaxBytes) {
    socket.send(bytes.subarray(at, at + frameMaxBytes));
  }
}

/** Undefined where the file is not there any more, or is not what it was: the browser knows. */
async function read(file: File, { offset, length }: OfferedFileQuestion) {
  try {
    const bytes = await file.slice(offset, offset + length).arrayBuffer();
    return bytes.byteLength === length ? new Uint8Array(bytes) : undefined;
  } catch {
    return undefined;
  }
}

const framed = (bytes: Uint8Array) => new Uint8Array(bytes);

function joined(first: Uint8Array, then: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + then.length);
  both.set(first);
  both.set(then, first.length);
  return both;
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * For ebs-direct.bench.ts: a client that costs next to nothing (requests that were signed before,
 * on kept connections, answers looked at as far as their head says), real and random blocks, and a
 * bare node:http server that takes and gives as many bytes.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SignatureV4 } from '@smithy/signature-v4';
import { blockSizeBytes, digestOf } from '../server/blocks/block-store.ts';
import type { CredentialRow } from '../server/catalog/rows/account.ts';
import { Sha256 } from '../server/foundations/sha256.ts';

export interface SignedRequest {
  head: Buffer;
  body?: Buffer;
}

export type Query = Record<string, string>;

/** Makes requests of the service ebs, as the SDK for JavaScript signs them. */
export function blockSigner(credential: CredentialRow, port: number) {
  const signature = new SignatureV4({
    region: 'us-east-1',
    service: 'ebs',
    sha256: Sha256,
    credentials: { accessKeyId: credential.id, secretAccessKey: credential.secretAccessKey },
  });
  return async (
    method: string,
    path: string,
    { headers = {}, query = {}, body }: { headers?: Query; query?: Query; body?: Buffer } = {},
  ): Promise<SignedRequest> => {
    const signed = await signature.sign({
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query,
      headers: { host: `127.0.0.1:${port}`, ...headers },
      body: headers['x-amz-content-sha256'] ? undefined : body,
    });
    const search = new URLSearchParams(query).toString();
    const all = { ...signed.headers, 'content-length': String(body?.length ?? 0) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const target = search ? `${path}?${search}` : path;
    const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
    return { head, body };
  };
}

export function putHeaders(block: Buffer): Query {
  return {
    'content-type': 'application/octet-stream',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-data-length': String(blockSizeBytes),
    'x-amz-checksum': Buffer.from(digestOf(block), 'hex').toString('base64'),
    'x-amz-checksum-algorithm': 'SHA256',
  };
}

const readBytes = 256 * 1024;

/** One request after the other on one connection. */
class Connection {
  readonly #socket: Socket;
  #wanted: PromiseWithResolvers<Buffer> | undefined;
  #head = Buffer.alloc(0);
  #left = 0;
  #parts: Buffer[] = [];
  readonly #keep: boolean;

  constructor(port: number, keep: boolean) {
    this.#keep = keep;
    // What comes is read into one buffer, again and again: nobody keeps it, or a copy is kept.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (length: number, buffer: Uint8Array) => {
        this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
        return true;
      },
    };
    this.#socket = connect({ port, host: '127.0.0.1', onread }).setNoDelay();
    this.#socket.on('error', (error) => this.#wanted?.reject(error));
    this.#socket.on('close', () => this.#wanted?.reject(new Error('the server hung up')));
  }

  /** The body of the answer, or nothing where it is not kept. */
  ask({ head, body }: SignedRequest): Promise<Buffer> {
    this.#wanted = Promise.withResolvers();
    this.#socket.cork();
    this.#socket.write(head);
    if (body) this.#socket.write(body);
    this.#socket.uncork();
    return this.#wanted.promise;
  }

  end(): void {
    this.#wanted = undefined;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    let rest = bytes;
    if (this.#left === 0) {
      this.#head = Buffer.concat([this.#head, bytes]);
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const text = this.#head.toString('latin1', 0, end);
      rest = this.#head.subarray(end + 4);
      this.#left = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      this.#head = Buffer.alloc(0);
      this.#parts = [];
      if (!/^HTTP\/1.1 20/.test(text)) {
        this.#wanted?.reject(new Error(`${text}\n${rest}`));
        return;
      }
    }
    this.#left -= rest.length;
    if (this.#keep) this.#parts.push(Buffer.from(rest));
    if (this.#left <= 0) this.#wanted?.resolve(Buffer.concat(this.#parts));
  }
}

/** Seconds that all of them took, asked for on so many connections. */
export async function secondsOf(
  port: number,
  requests: readonly SignedRequest[],
  connections: number,
): Promise<number> {
  const open = Array.from({ length: connections }, () => new Connection(port, false));
  const rest = requests.values();
  const startedMs = performance.now();
  await Promise.all(
    open.map(async (connection) => {
      for (const request of rest) await connection.ask(request);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  for (const connection of open) connection.end();
  return seconds;
}

export async function answerTo(port: number, request: SignedRequest): Promise<Buffer> {
  const connection = new Connection(port, true);
  try {
    return await connection.ask(request);
  } finally {
    connection.end();
  }
}

/** Programs and libraries, as compressible as a root file system; none is zero or there twice. */
export async function realBlocks(count: number): Promise<Buffer[]> {
  const tar = spawn('tar', ['-C', '/', '-cf', '-', 'usr/lib/x86_64-linux-gnu', 'usr/bin'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= count * blockSizeBytes) break;
  }
  tar.kill();
  return cut(Buffer.concat(chunks)).slice(0, count);
}

export function randomBlocks(count: number): Buffer[] {
  return Array.from({ length: count }, () => randomBytes(blockSizeBytes));
}

function cut(bytes: Buffer): Buffer[] {
  const count = Math.floor(bytes.length / blockSizeBytes);
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(bytes.subarray(i * blockSizeBytes, (i + 1) * blockSizeBytes)),
  );
}

/** A process of its own: takes bodies and throws them away, and answers a block to each GET. */
export async function startBareBlocks(): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(fileURLToPath(import.meta.url), ['bare']);
  const [port] = await once(child, 'message');
  return { port, child };
}

function serveBare(): void {
  const block = randomBytes(blockSizeBytes);
  const server = createServer((message, response) => {
    message.resume();
    message.on('end', () => {
      const body = message.method === 'GET' ? block : Buffer.alloc(0);
      response.writeHead(200, { 'content-length': body.length }).end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

if (process.argv[2] === 'bare') serveBare();

/**
 * The socket side: accepts connections, enforces every limit on them, reads a body, hands it to the dispatcher and writes the
 * answer. Loopback unless told otherwise: the traffic is signed, not encrypted. Knows nothing of accounts and actions.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../../api/service-error.ts';
import type { Ids } from '../domain/identity.ts';
import { ec2Error } from '../protocol/ec2-query.ts';
import { isAsyncIterable } from '../protocol/protocol.ts';
import {
  createDispatcher,
  type DispatchOptions,
  type RawRequest,
  type RawResponse,
} from './dispatch.ts';

/**
 * The largest honest body is a RunInstances with 16 KiB of user data (66 KiB after base64 and percent-encoding at worst), or a
 * describe with 1,000 ids (40 KiB): 1 MiB is far above and still nothing for the host.
 */
const bodyMaxBytes = 1024 * 1024;
/** A signed header block is about 1 KiB; a presigned request carries its parameters in the request line. */
const headersMaxBytes = 64 * 1024;
/** A slow sender cannot hold a connection for longer. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** Above the 60 s after which common clients drop idle connections, so that they close first and never meet a reset. */
const keepAliveTimeoutMs = 65_000;
/** Bounds memory: 1,000 connections with a full body each are 1 GiB at the very worst. */
const connectionsMax = 1000;
/** How long `close` lets answers in progress go on. */
const closeGraceMs = 5000;

export interface ListenerOptions extends DispatchOptions {
  ids: Ids;
}

export interface Listener {
  /** Port 0 chooses a free one. Resolves with where it listens; rejects with the system's error, such as EADDRINUSE. */
  listen(port: number, host?: string): Promise<{ host: string; port: number }>;
  /** Lets answers in progress finish, for a few seconds. */
  close(): Promise<void>;
}

export function createListener(options: ListenerOptions): Listener {
  const dispatcher = createDispatcher(options);
  const requestId = () => options.ids.uuid();

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = requestId();
    const raw = rawRequest(message);
    const body = await readBody(message);
    if (body === undefined) {
      response.shouldKeepAlive = false; // the rest of the body is still coming
      message.resume();
      await send(response, id, dispatcher.refuse(raw, tooLarge(), id));
    } else {
      await send(response, id, await dispatcher.handle({ ...raw, body }, id));
    }
  }

  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: headersMaxBytes,
    },
    (message, response) => {
      answer(message, response).catch((cause) => {
        // The connection broke while the body was read or the answer written, or the answer could not be made.
        const left = message.errored || cause.code === 'ERR_STREAM_PREMATURE_CLOSE';
        if (!left) options.log.error('request failed', { cause });
        response.destroy();
      });
    },
  );
  server.maxConnections = connectionsMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuseBrokenHttp(error, socket, requestId()),
  );

  return {
    listen: (port, host = '127.0.0.1') =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          const address = server.address() as AddressInfo;
          resolve({ host: address.address, port: address.port });
        });
      }),
    close: () =>
      new Promise((resolve) => {
        const hurry = setTimeout(() => server.closeAllConnections(), closeGraceMs);
        server.close(() => {
          clearTimeout(hurry);
          resolve();
        });
      }),
  };
}

function rawRequest(message: IncomingMessage): RawRequest {
  const url = message.url ?? '/';
  const question = url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return {
    method: message.method ?? '',
    path: question < 0 ? url : url.slice(0, question),
    queryString: question < 0 ? '' : url.slice(question + 1),
    headers,
    body: new Uint8Array(),
  };
}

/** undefined when it is over the limit; then reading has stopped. */
async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(message.headers['content-length'] ?? 0) > bodyMaxBytes) return undefined;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyMaxBytes) {
        message.removeAllListeners('data');
        resolve(undefined);
      } else chunks.push(chunk);
    });
    message.on('end', () =>
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes)),
    );
    message.on('error', reject);
  });
}

async function send(
  response: ServerResponse,
  requestId: string,
  { status, contentType, body }: RawResponse,
): Promise<void> {
  const headers = {
    'content-type': contentType,
    'x-amzn-requestid': requestId,
    'x-amz-request-id': requestId,
  };
  if (isAsyncIterable(body)) {
    response.writeHead(status, headers);
    await pipeline(Readable.from(body), response);
    return;
  }
  const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
  response.writeHead(status, { ...headers, 'content-length': bytes });
  for (const piece of body.slice(0, -1)) response.write(piece);
  response.end(body.at(-1));
}

function tooLarge(): ServiceError {
  return new ServiceError(
    'RequestEntityTooLarge',
    `The request body must not be larger than ${bodyMaxBytes} bytes.`,
  );
}

/** What is not even HTTP, or has too many headers, or came too slowly: answered by hand, there is no response object. */
function refuseBrokenHttp(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = brokenHttp[error.code ?? ''] ?? [
    '400 Bad Request',
    'MalformedHTTPRequest',
    'The request is not valid HTTP.',
  ];
  const body = ec2Error({ code, message, sender: true }, requestId);
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/xml;charset=UTF-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-amzn-requestid: ${requestId}\r\n\r\n${body}`,
  );
}

const brokenHttp: Readonly<Record<string, readonly [string, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'RequestHeaderSectionTooLarge',
    `Request line and headers must not be larger than ${headersMaxBytes} bytes.`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'RequestTimeout',
    'The request did not arrive in time.',
  ],
};

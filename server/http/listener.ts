/**
 * The socket side: accepts connections, enforces every limit on them, hands each request to the
 * dispatcher and writes the answer. Loopback unless told otherwise: the traffic is signed, not
 * encrypted. Knows nothing of accounts and actions.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Ids } from '../domain/identity.ts';
import { type Answer, isAsyncIterable } from '../protocol/protocol.ts';
import { answerOnSocket } from './answer-on-socket.ts';
import { type BodyPace, IncomingBody, SenderLeftError } from './body.ts';
import { refuseBrokenHttp } from './broken-http.ts';
import { type ConnectionLimits, Connections } from './connections.ts';
import { ConsoleFiles } from './console-files.ts';
import { Dispatcher, type DispatchOptions, type RawRequest } from './dispatch.ts';
import { MetricsPage, type MetricsSource } from './metrics-page.ts';
import { Origins } from './origins.ts';
import { type WebSocketLimits, WebSockets } from './web-sockets.ts';

export interface ListenerLimits {
  /**
   * A signed header block is about 1 KiB; a presigned request carries its parameters in the request
   * line.
   */
  headersMaxBytes: number;
  /**
   * A slow sender of headers cannot hold a connection for longer, nor one that says nothing at all.
   */
  headersMs: number;
  body: BodyPace;
  /**
   * Above the 60 s after which common clients drop idle connections, so that they close first and
   * never meet a reset.
   */
  keepAliveMs: number;
  /**
   * Whoever was answered on a socket that is no request's any more (a refused upgrade, broken HTTP)
   * has so long to read that and to leave.
   */
  leaveMs: number;
  connections: ConnectionLimits;
  webSockets: WebSocketLimits;
}

const usualLimits: ListenerLimits = {
  headersMaxBytes: 64 * 1024,
  headersMs: 10_000,
  body: { waitMs: 20_000, bytesPerSecond: 64 * 1024 },
  keepAliveMs: 65_000,
  leaveMs: 5000,
  // With a full body on each of them 1 GiB at the very worst.
  connections: { max: 1000, unprovenMax: 200 },
  webSockets: {
    // Keys that a person types, and what they paste.
    frameMaxBytes: 64 * 1024,
    // Each page of the console that is open has one.
    connectionsMax: 400,
    ofAccountMax: 100,
    // Many tabs that come back after a restart, each with two or three.
    opens: { atOnce: 200, perSecond: 10 },
    pingMs: 20_000,
    idleMs: 30 * 60_000,
  },
};

/** How often Node looks for connections that are late. */
const lookForLateMs = 1000;
/** How long `close` lets answers in progress go on. */
const closeGraceMs = 5000;

export interface ListenerOptions extends DispatchOptions {
  ids: Ids;
  limits?: Partial<ListenerLimits>;
  /** Where the console was built; absent: there is none here. */
  consoleFolder?: string;
  /** What operators read at /metrics; absent: nothing is there. */
  metrics?: MetricsSource;
  /** Of web pages elsewhere that may ask as the console does, such as `https://console.example`. */
  consoleOrigins?: readonly string[];
}

export interface Listener {
  /**
   * Port 0 chooses a free one. Resolves with where it listens; rejects with the system's error,
   * such as EADDRINUSE.
   */
  listen(port: number, host?: string): Promise<{ host: string; port: number }>;
  /** Ends connections of callers whose keys are not good any more. */
  checkCallers(): Promise<void>;
  /** Lets answers in progress finish, for a few seconds. */
  close(): Promise<void>;
}

export function createListener(options: ListenerOptions): Listener {
  return new HttpListener(options);
}

class HttpListener implements Listener {
  readonly #options: ListenerOptions;
  readonly #limits: ListenerLimits;
  readonly #dispatcher: Dispatcher;
  readonly #connections: Connections;
  readonly #webSockets: WebSockets;
  readonly #origins: Origins;
  readonly #consoleFiles: ConsoleFiles | undefined;
  readonly #metricsPage: MetricsPage | undefined;
  readonly #server: Server;

  constructor(options: ListenerOptions) {
    const limits = { ...usualLimits, ...options.limits };
    this.#options = options;
    this.#limits = limits;
    this.#dispatcher = new Dispatcher(options);
    this.#connections = new Connections(limits.connections);
    this.#webSockets = new WebSockets(limits.webSockets);
    const { consoleFolder, consoleOrigins, metrics: source } = options;
    this.#origins = new Origins(consoleOrigins);
    this.#consoleFiles = consoleFolder ? new ConsoleFiles(consoleFolder, this.#origins) : undefined;
    this.#metricsPage = source && new MetricsPage({ ...options, source });
    const settings: ServerOptions & { shouldUpgradeCallback(message: IncomingMessage): boolean } = {
      headersTimeout: limits.headersMs,
      requestTimeout: 0, // a body has its own pace
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headersMaxBytes,
      connectionsCheckingInterval: lookForLateMs,
      // Any other protocol that a client would rather speak (h2c) is not taken up.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    };
    this.#server = createServer(settings, (message, response) => this.#serve(message, response));
    this.#server.on('connection', (socket: Socket) => this.#connections.add(socket));
    this.#server.on('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#upgrade(message, socket, head),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      refuseBrokenHttp(error, socket, this.#options.ids.uuid(), limits.leaveMs),
    );
  }

  listen(port: number, host = '127.0.0.1'): Promise<{ host: string; port: number }> {
    this.#origins.addName(host);
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        const address = this.#server.address() as AddressInfo;
        resolve({ host: address.address, port: address.port });
      });
    });
  }

  checkCallers(): Promise<void> {
    return this.#webSockets.check();
  }

  close(): Promise<void> {
    this.#webSockets.close();
    return new Promise((resolve) => {
      const hurry = setTimeout(() => {
        this.#webSockets.terminate();
        this.#server.closeAllConnections();
      }, closeGraceMs);
      this.#server.close(() => {
        clearTimeout(hurry);
        resolve();
      });
    });
  }

  #serve(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message;
    this.#connections.begin(socket);
    response.once('close', () => this.#connections.end(socket));
    this.#answer(message, response).catch((cause) => {
      // The connection broke while the body was read or the answer written, or the answer could not
      // be made.
      const left = cause instanceof SenderLeftError || cause.code === 'ERR_STREAM_PREMATURE_CLOSE';
      if (!left && !message.errored) this.#options.log.error('request failed', { cause });
      response.destroy();
    });
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = this.#options.ids.uuid();
    const body = new IncomingBody(message, this.#limits.body);
    const request = this.#rawRequest(message, body);
    const answer =
      (await this.#consoleFiles?.answer(request)) ??
      (await this.#metricsPage?.answer(request, id)) ??
      (await this.#answerOf(request, id));
    if (!message.complete) response.shouldKeepAlive = false; // the rest of its body is still coming
    await send(response, id, answer);
  }

  /** Of the API, which pages elsewhere may read where the operator says so. */
  async #answerOf(request: RawRequest, id: string): Promise<Answer> {
    const { method, headers } = request;
    const answer =
      this.#origins.preflight(method, headers) ?? (await this.#dispatcher.handle(request, id));
    return { ...answer, headers: { ...answer.headers, ...this.#origins.headersFor(headers) } };
  }

  /** One that is let in counts as one request until its end. */
  #upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#connections.begin(socket);
    socket.on('error', () => socket.destroy());
    const id = this.#options.ids.uuid();
    const request = this.#rawRequest(message, noBody);
    this.#dispatcher
      .connect(request, id, {
        checkOrigin: () => this.#origins.checkMayConnect(request.headers),
        takePlace: (of) => this.#webSockets.take(socket, of),
      })
      .then(async (other) => {
        if (!('status' in other)) return this.#webSockets.join(message, socket, head, other);
        this.#webSockets.refuse(socket);
        await answerOnSocket(socket, other, id, this.#limits.leaveMs);
        this.#connections.end(socket);
      })
      .catch((cause) => {
        const left = cause instanceof SenderLeftError;
        if (!left) this.#options.log.error('connection failed', { cause });
        socket.destroy();
      });
  }

  #rawRequest(message: IncomingMessage, body: RawRequest['body']): RawRequest {
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
      body,
      proven: () => this.#connections.proven(message.socket),
    };
  }
}

/** A request for an upgrade has none. */
const noBody: RawRequest['body'] = {
  whole: async () => new Uint8Array(),
  async *stream() {},
};

async function send(response: ServerResponse, requestId: string, answer: Answer): Promise<void> {
  const { status, body } = answer;
  const headers = {
    ...answer.headers,
    'x-amzn-requestid': requestId,
    'x-amz-request-id': requestId,
  };
  if (isAsyncIterable(body)) {
    response.writeHead(status, headers);
    await pipeline(Readable.from(body), response);
    return;
  }
  const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, { ...headers, ...(hasBody && { 'content-length': bytes }) });
  for (const piece of body.slice(0, -1)) response.write(piece);
  response.end(body.at(-1));
  if (answer.sent) response.once('finish', answer.sent);
}

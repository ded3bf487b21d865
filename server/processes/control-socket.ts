/**
 * How the control plane speaks to a process that it has started: JSON over HTTP over a unix socket
 * in a folder that only the two may enter. Both sides are here. What the process answers is taken
 * for hostile, since guests may have taken it over: it is bounded, and nonsense is an error of that
 * call.
 *
 *   GET /status   what the process says of itself, with `version` and `pid`
 *   GET /watch    answers at once and never ends: the connection's end is the process's
 */
import { rm, stat } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';

export interface ProcessStatus {
  version: string;
  pid: number;
}

export type Method = 'GET' | 'PUT' | 'DELETE';

/** The answer's body; undefined where there is no such resource. */
export type AnswerCall = (method: string, resource: string, body: unknown) => Promise<unknown>;
/**
 * Takes a connection that the client wants to have for itself; undefined where there is nothing to
 * give.
 */
export type AnswerUpgrade = (resource: string) => ((connection: Duplex) => void) | undefined;

export interface ControlSocketOptions {
  socketPath: string;
  version: string;
  answer: AnswerCall;
  upgrade?: AnswerUpgrade;
  /**
   * While it is served its file is gone, or another's: nobody can tell this process anything any
   * more.
   */
  onLost?: () => void;
}

/**
 * A home that was removed under a running process leaves it without a purpose this long at most.
 */
const guardIntervalMs = 2_000;
/** A list of ports, at most. */
const requestMaxBytes = 1024 * 1024;
/** A status of thousands of guests. */
const answerMaxBytes = 16 * 1024 * 1024;
/** What is asked takes milliseconds; longer means that the process hangs. */
const callTimeoutMs = 20_000;

export async function serveControlSocket(options: ControlSocketOptions): Promise<Server> {
  const { socketPath, upgrade, onLost } = options;
  await rm(socketPath, { force: true });
  const server = createServer((incoming, response) => {
    answerRequest(incoming, response, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { message: (error as Error).message });
    });
  });
  server.on('upgrade', (incoming: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => connection.destroy());
    const take = upgrade?.(incoming.url ?? '');
    if (!take) {
      connection.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const protocol = incoming.headers.upgrade;
    connection.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\n\r\n`,
    );
    if (head.length > 0) connection.unshift(head);
    take(connection);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  if (onLost) await guard(server, socketPath, onLost);
  return server;
}

async function guard(server: Server, socketPath: string, onLost: () => void): Promise<void> {
  const { ino } = await stat(socketPath);
  const timer = setInterval(async () => {
    const isThere = await stat(socketPath).then(
      (stats) => stats.ino === ino,
      // Where it may not look it cannot tell.
      (error) => error.code !== 'ENOENT',
    );
    if (!isThere && server.listening) onLost();
  }, guardIntervalMs);
  timer.unref();
}

async function answerRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  { version, answer }: ControlSocketOptions,
): Promise<void> {
  const { method = '', url = '' } = incoming;
  if (method === 'GET' && url === '/watch') {
    response.writeHead(200).flushHeaders();
    return;
  }
  const text = await readBounded(incoming, requestMaxBytes);
  const body = await answer(method, url, text === '' ? undefined : JSON.parse(text));
  if (body === undefined) sendJson(response, 404, { message: 'no such resource' });
  else if (url === '/status') sendJson(response, 200, { ...body, version, pid: process.pid });
  else sendJson(response, 200, body);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBounded(stream: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A refusal by the process itself, as against one that cannot be reached. */
export class ControlError extends Error {
  override name = 'ControlError';
}

export interface CallOptions {
  body?: unknown;
  timeoutMs?: number;
}

/** The client's side: one call, its JSON answer. */
export async function callControlSocket(
  socketPath: string,
  method: Method,
  resource: string,
  { body, timeoutMs = callTimeoutMs }: CallOptions = {},
): Promise<unknown> {
  // For the whole of it: an answer that trickles in is none either.
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ socketPath, method, path: resource, agent: false, signal }, resolve);
    outgoing.on('error', (error) =>
      reject(signal.aborted ? new Error('the process does not answer') : error),
    );
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
  let answer: unknown;
  try {
    answer = JSON.parse((await readBounded(response, answerMaxBytes)) || '{}');
  } catch (error) {
    response.destroy();
    throw new Error(`the process answers nonsense: ${(error as Error).message}`);
  }
  if (response.statusCode === 200) return answer;
  throw new ControlError(String((answer as { message?: unknown } | null)?.message));
}

/**
 * Calls `onEnd` once when the process behind the socket is gone (or was never there); returns how
 * to stop watching.
 */
export function watchControlSocket(socketPath: string, onEnd: () => void): () => void {
  let watching = true;
  const ended = () => {
    if (watching) onEnd();
    watching = false;
  };
  const outgoing = request({ socketPath, path: '/watch', agent: false }, (response) => {
    // An abort comes as an error before 'close'.
    response.on('error', () => {});
    response.resume();
    response.on('close', ended);
  });
  outgoing.on('error', ended);
  // It alone keeps no process alive.
  outgoing.on('socket', (socket) => socket.unref());
  outgoing.end();
  return () => {
    watching = false;
    outgoing.destroy();
  };
}

/** A connection of one's own to a resource of the process. */
export function upgradeControlSocket(
  socketPath: string,
  resource: string,
  protocol: string,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'upgrade', upgrade: protocol };
    const outgoing = request({ socketPath, path: resource, headers, agent: false });
    outgoing.setTimeout(callTimeoutMs, () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      reject(new ControlError(`refused with ${response.statusCode}`));
    });
    outgoing.on('upgrade', (_response, connection, head) => {
      connection.setTimeout(0);
      if (head.length > 0) connection.unshift(head);
      resolve(connection);
    });
    outgoing.end();
  });
}

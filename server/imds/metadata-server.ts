/**
 * The instance metadata service of one instance, v1 and v2, as an ordinary node:http server that is
 * given connections instead of listening: who asks is known by the cable that the connection came
 * from, never by what it says. Statuses are those that EC2 documents. It knows nothing of frames,
 * TCP or files.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceMetadata } from '../data-plane/data-plane.ts';
import { issueToken, isValidToken } from './session-token.ts';
import { MetadataDirectory, type MetadataNode, metadataTree } from './tree.ts';

export interface MetadataServerOptions {
  /** Asked for each request: it may change while connections are open. */
  metadata: () => InstanceMetadata;
  /** Key of the session tokens. */
  secret: Buffer;
  /** Sets how many hops what is written to this connection from now on lives. */
  setHopLimit: (request: IncomingMessage, hops: number) => void;
  nowMs?: () => number;
}

/** Versions that EC2 lists; any other date is answered as well, since the tree is the same. */
const versions = [
  '1.0',
  '2007-01-19',
  '2007-03-01',
  '2007-08-29',
  '2007-10-10',
  '2007-12-15',
  '2008-02-01',
  '2008-09-01',
  '2009-04-04',
  '2011-01-01',
  '2011-05-01',
  '2012-01-12',
  '2014-02-25',
  '2014-11-05',
  '2015-10-20',
  '2016-04-19',
  '2016-06-30',
  '2016-09-02',
  '2018-03-28',
  '2018-08-17',
  '2018-09-24',
  '2019-10-01',
  '2020-10-27',
  '2021-01-03',
  '2021-03-23',
  '2021-07-15',
  '2022-09-24',
];
const versionPattern = /^(?:1\.0|\d{4}-\d{2}-\d{2}|latest)$/;
const tokenPath = '/latest/api/token';
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const tokenHeader = 'x-aws-ec2-metadata-token';
/** EC2's: six hours. */
const tokenTtlMaxSeconds = 21_600;
/** Hops of everything but the answer that carries a token. */
const defaultHops = 64;
/** Requests are one line and a few headers; a guest needs no more. */
const headersMaxBytes = 8 * 1024;
/** Idle connections that a guest keeps: cloud-init asks about 50 times in a row. */
const keepAliveMs = 15_000;

/** A boot asks about a hundred times, one after the other. */
const burst = 512;
const requestMs = 1000 / 256;

/**
 * Requests of a connection that are read and not answered; no client of a metadata service sends
 * any ahead.
 */
const pipelinedMax = 32;

interface Answer {
  status: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

export function createMetadataServer(options: MetadataServerOptions): Server {
  const turns = new WeakMap<Socket, Turns>();
  const pace = new Pace();
  const server = createServer(
    { maxHeaderSize: headersMaxBytes, keepAliveTimeout: keepAliveMs },
    (request, response) => {
      // A body has no meaning here; it is read away so that the connection stays usable.
      request.resume();
      const { socket } = request;
      const turn = turns.get(socket) ?? { waiting: 0, last: Promise.resolve() };
      turns.set(socket, turn);
      turn.waiting += 1;
      if (turn.waiting > pipelinedMax) socket.destroy();
      // The hop limit is the connection's, and answers wait in it: one is written when that before
      // it has left.
      turn.last = turn.last.then(async () => {
        const waitMs = pace.next();
        if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
        turn.waiting -= 1;
        if (socket.destroyed) return;
        const ended = new Promise<void>((resolve) => response.once('close', resolve));
        send(request, response, answer(request, options));
        return ended;
      });
    },
  );
  return server;
}

/** Answers of one connection, one after the other. */
interface Turns {
  waiting: number;
  last: Promise<void>;
}

function answer(request: IncomingMessage, options: MetadataServerOptions): Answer {
  options.setHopLimit(request, defaultHops);
  const metadata = options.metadata();
  if (metadata.options.httpEndpoint === 'disabled') return { status: 403 };
  const path = pathOf(request);
  if (path === undefined) return { status: 400 };
  if (path === tokenPath) return answerToken(request, metadata, options);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, headers: { allow: 'GET, HEAD' } };
  }
  if (!isAuthorized(request, metadata, options)) return { status: 401 };
  return answerPath(path, metadata);
}

function answerToken(
  request: IncomingMessage,
  metadata: InstanceMetadata,
  { secret, setHopLimit, nowMs = Date.now }: MetadataServerOptions,
): Answer {
  if (request.method !== 'PUT') return { status: 405, headers: { allow: 'PUT' } };
  // A request that came through a proxy may be someone else's: no token for it (EC2 does the same).
  if (request.headers['x-forwarded-for'] !== undefined) return { status: 403 };
  const ttl = request.headers[ttlHeader];
  if (typeof ttl !== 'string' || !/^\d{1,5}$/.test(ttl)) return { status: 400 };
  const ttlSeconds = Number(ttl);
  if (ttlSeconds < 1 || ttlSeconds > tokenTtlMaxSeconds) return { status: 400 };
  setHopLimit(request, metadata.options.httpPutResponseHopLimit);
  return {
    status: 200,
    body: issueToken(secret, metadata.instanceId, nowMs() + ttlSeconds * 1000),
    headers: { [ttlHeader]: String(ttlSeconds) },
  };
}

function isAuthorized(
  request: IncomingMessage,
  metadata: InstanceMetadata,
  { secret, nowMs = Date.now }: MetadataServerOptions,
): boolean {
  const token = request.headers[tokenHeader];
  if (token === undefined) return metadata.options.httpTokens === 'optional';
  return typeof token === 'string' && isValidToken(secret, metadata.instanceId, token, nowMs());
}

function answerPath(path: string, metadata: InstanceMetadata): Answer {
  const [version, ...names] = path.split('/').filter((name) => name !== '');
  if (version === undefined) return { status: 200, body: [...versions, 'latest'].join('\n') };
  if (!versionPattern.test(version)) return { status: 404 };
  let node: MetadataNode | undefined = treeOf(metadata);
  for (const name of names) {
    node = node instanceof MetadataDirectory ? node.entries.get(name) : undefined;
  }
  if (node === undefined) return { status: 404 };
  if (node instanceof MetadataDirectory) return { status: 200, body: node.list() };
  if (Buffer.isBuffer(node)) {
    return { status: 200, body: node, headers: { 'content-type': 'application/octet-stream' } };
  }
  return { status: 200, body: node };
}

/** Made once for what the control plane wrote, however often it is asked for. */
const trees = new WeakMap<InstanceMetadata, MetadataDirectory>();

function treeOf(metadata: InstanceMetadata): MetadataDirectory {
  const tree = trees.get(metadata) ?? metadataTree(metadata);
  trees.set(metadata, tree);
  return tree;
}

/** Requests of one instance are answered at this rate in the long run, after so many at once. */
class Pace {
  #nextMs = 0;

  /** How long the next request waits. */
  next(): number {
    const nowMs = performance.now();
    this.#nextMs = Math.max(this.#nextMs, nowMs - burst * requestMs) + requestMs;
    return this.#nextMs - nowMs;
  }
}

function pathOf(request: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
  } catch {
    return undefined;
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, {
    'content-type': 'text/plain',
    'content-length': body.length,
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

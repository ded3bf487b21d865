/** Connections by WebSocket: who is let in, what they may do, and when they end. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { WebSocket } from 'ws';
import { Sha256 } from '../foundations/sha256.ts';
import {
  consoleOf,
  credentials,
  otherCredentials,
  signedHeaders,
  startTestListener,
  type TestListener,
} from './test-listener.ts';

const frameMaxBytes = 1000;
const connectionsMax = 4;
const ofAccountMax = 3;
/** A busy host takes its time to open a few. */
const idleMs = 1500;
const consolePath = '/imago/instances/i-1/console';

let imago: TestListener;
/** What a guest would have at its end, of the connection opened last. */
let guest: Duplex;
let guests: Duplex[] = [];
let open: WebSocket[] = [];
/** The host opens a console when this is resolved. */
let held = Promise.resolve();
/** Says when it was asked for one, and when it opened it. */
const host = new EventEmitter();
const inactive = new Set<string>();

const openConsole = consoleOf((end) => {
  guest = end;
  guests.push(end);
  host.emit('opened');
});

before(async () => {
  imago = await startTestListener({
    imago: {
      OpenConsole: {
        ...openConsole,
        async run(input, context) {
          host.emit('asked');
          await held;
          return openConsole.run(input, context);
        },
      },
    },
    inactive,
    limits: {
      leaveMs: 100,
      webSockets: {
        ...{ frameMaxBytes, connectionsMax, ofAccountMax, pingMs: 200, idleMs },
        opens: { atOnce: 1000, perSecond: 1000 },
      },
    },
  });
});
afterEach(async () => {
  const ended = open.filter(({ readyState }) => readyState !== WebSocket.CLOSED);
  const closed = ended.map((webSocket) => once(webSocket, 'close'));
  for (const webSocket of ended) webSocket.terminate();
  open = [];
  held = Promise.resolve();
  inactive.clear();
  await Promise.all(closed);
  // The server has noticed as well.
  for (const end of guests) if (!end.readableEnded) await once(end.resume(), 'end');
  guests = [];
});
after(() => imago[Symbol.asyncDispose]());

interface How {
  path?: string;
  expiresIn?: number;
  signedAgoMs?: number;
  service?: string;
  key?: typeof credentials;
  /** Of another listener. */
  port?: number;
}

async function presignedUrl(how: How = {}): Promise<URL> {
  const { path = consolePath, expiresIn = 60, service = 'imago', signedAgoMs = 0 } = how;
  const { port = imago.port } = how;
  const signer = new SignatureV4({
    region: 'us-east-1',
    service,
    sha256: Sha256,
    credentials: how.key ?? credentials,
  });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      headers: { host: `127.0.0.1:${port}` },
    },
    { expiresIn, signingDate: new Date(Date.now() - signedAgoMs) },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  return new URL(`ws://127.0.0.1:${port}${path}?${search}`);
}

async function opened(url: URL, autoPong = true): Promise<WebSocket> {
  const webSocket = new WebSocket(url, { autoPong });
  open.push(webSocket);
  await once(webSocket, 'open');
  return webSocket;
}

/** Status and code of the refusal. */
async function refused(url: URL) {
  const answer = await answered(url);
  assert.ok(Array.isArray(answer), 'it was let in');
  return answer;
}

/** `open`, or status and code of the refusal. */
function answered(url: URL): Promise<'open' | [status?: number, code?: unknown]> {
  const webSocket = new WebSocket(url);
  webSocket.on('error', () => {});
  return new Promise((resolve) => {
    webSocket.once('open', () => {
      open.push(webSocket);
      resolve('open');
    });
    webSocket.once('unexpected-response', async (_, response: IncomingMessage) => {
      await response.toArray();
      resolve([response.statusCode, response.headers['x-amzn-errortype']]);
    });
  });
}

/** An upgrade by hand, from a client that leaves its end open, whatever it is answered. */
async function upgrade(url: URL): Promise<Socket> {
  const socket = connect({ port: imago.port, host: '127.0.0.1', allowHalfOpen: true });
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'connect');
  return socket;
}

describe('a presigned URL', () => {
  test('opens a connection: bytes both ways, in order', async () => {
    const webSocket = await opened(await presignedUrl());
    webSocket.send('ls\r');
    assert.equal(String((await once(guest, 'data'))[0]), 'ls\r');
    const seen: Buffer[] = [];
    webSocket.on('message', (data) => seen.push(data as Buffer));
    const noise = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    guest.end(noise);
    const [code] = await once(webSocket, 'close');
    assert.deepEqual(Buffer.concat(seen), noise);
    assert.equal(code, 1005, 'ended, nothing to complain of');
  });

  test('ends at both ends when the client leaves', async () => {
    const webSocket = await opened(await presignedUrl());
    const ended = once(guest.resume(), 'end');
    webSocket.close();
    await ended;
  });

  test('is good for what it was signed for, and no longer', async () => {
    const other = new URL(await presignedUrl());
    other.pathname = '/imago/instances/i-2/console';
    assert.deepEqual(await refused(other), [403, 'SignatureDoesNotMatch']);
    const wrong = { ...credentials, secretAccessKey: 'wrong' };
    assert.deepEqual(await refused(await presignedUrl({ key: wrong })), [
      403,
      'SignatureDoesNotMatch',
    ]);
    const late = await presignedUrl({ expiresIn: 10, signedAgoMs: 60_000 });
    assert.deepEqual(await refused(late), [400, 'RequestExpired']);
    assert.deepEqual(await refused(await presignedUrl({ expiresIn: 61 })), [401, 'AuthFailure']);
    await opened(await presignedUrl({ expiresIn: 60 }));
    const unsigned = await presignedUrl();
    unsigned.search = '';
    assert.equal((await refused(unsigned))[0], 403);
  });

  test('of an action that says no, or that is no connection', async () => {
    const missing = '/imago/instances/i-2/console';
    const answers: [path: string, status: number, code: string][] = [
      [missing, 400, 'InvalidInstanceID.NotFound'],
      ['/imago/tasks', 400, 'UnsupportedProtocol'],
      ['/imago', 404, 'UnknownOperationException'],
    ];
    for (const [path, status, code] of answers) {
      assert.deepEqual(await refused(await presignedUrl({ path })), [status, code]);
    }
  });
});

test('asked for without an upgrade it is not there', async () => {
  const headers = await signedHeaders(imago.port, {
    method: 'GET',
    path: consolePath,
    service: 'imago',
  });
  const response = await fetch(`${imago.endpoint}${consolePath}`, { headers });
  const code = response.headers.get('x-amzn-errortype');
  assert.deepEqual([response.status, code], [426, 'UpgradeRequired']);
});

describe('limits', () => {
  test('of frames', async () => {
    const webSocket = await opened(await presignedUrl());
    webSocket.send('a'.repeat(frameMaxBytes));
    await once(guest, 'data');
    webSocket.send('a'.repeat(frameMaxBytes + 1));
    const [code] = await once(webSocket, 'close');
    assert.equal(code, 1009);
  });

  test('of connections of one account', async () => {
    for (let count = 0; count < ofAccountMax; count++) await opened(await presignedUrl());
    assert.deepEqual(await refused(await presignedUrl()), [503, 'RequestLimitExceeded']);
    const left = open[0] as WebSocket;
    left.close();
    await once(left, 'close');
    await opened(await presignedUrl());
  });

  test('of connections, whoever has them', async () => {
    const theirs = () => presignedUrl({ key: otherCredentials });
    for (let count = 0; count < ofAccountMax; count++) await opened(await presignedUrl());
    for (let count = ofAccountMax; count < connectionsMax; count++) await opened(await theirs());
    assert.deepEqual(await refused(await theirs()), [503, 'RequestLimitExceeded']);
  });

  test('of how often an account opens one, however short each is', async () => {
    await using busy = await startTestListener({
      imago: { OpenConsole: openConsole },
      limits: {
        webSockets: {
          ...{ frameMaxBytes, connectionsMax, ofAccountMax, pingMs: 1000, idleMs },
          opens: { atOnce: 2, perSecond: 0.001 },
        },
      },
    });
    const there = async (key = credentials) => {
      const url = await presignedUrl({ key, port: busy.port });
      const answer = await answered(url);
      for (const webSocket of open.splice(0)) {
        const closed = once(webSocket, 'close');
        webSocket.close();
        await closed;
      }
      return answer;
    };
    assert.deepEqual([await there(), await there()], ['open', 'open']);
    assert.deepEqual(await there(), [503, 'RequestLimitExceeded']);
    assert.equal(await there(otherCredentials), 'open');
    for (const end of guests.splice(0)) if (!end.readableEnded) await once(end.resume(), 'end');
  });

  test('of connections that are asked for at the same time', async () => {
    held = sleep(50);
    const urls = await Promise.all(Array.from({ length: 2 * ofAccountMax }, () => presignedUrl()));
    const answers = await Promise.all(urls.map(answered));
    const refusals = answers.filter((answer) => answer !== 'open');
    assert.equal(answers.length - refusals.length, ofAccountMax);
    for (const refusal of refusals) assert.deepEqual(refusal, [503, 'RequestLimitExceeded']);
  });

  test('of connections: who is refused takes none from others', async () => {
    const wrong = { ...credentials, secretAccessKey: 'wrong' };
    const missing = '/imago/instances/i-2/console';
    const sockets: Socket[] = [];
    for (let count = 0; count < ofAccountMax; count++) {
      sockets.push(await upgrade(await presignedUrl({ key: wrong })));
      sockets.push(await upgrade(await presignedUrl({ path: missing })));
    }
    for (const socket of sockets) if (!socket.bytesRead) await once(socket, 'data');
    for (let count = 0; count < ofAccountMax; count++) await opened(await presignedUrl());
    for (const socket of sockets) socket.destroy();
  });

  test('of the time that who is refused may stay, also when they leave their end open', async () => {
    const socket = await upgrade(await presignedUrl({ path: '/imago/instances/i-2/console' }));
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1.1 400 /);
    // Only what is written into a connection that is gone at the other end fails.
    const gone = once(socket, 'error');
    const writing = setInterval(() => socket.write('.'), 20);
    await gone;
    clearInterval(writing);
  });

  test('of connections: who leaves before it is open gives its place back', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    const asked = once(host, 'asked');
    const left = await upgrade(await presignedUrl());
    await asked;
    held = Promise.resolve();
    for (let count = 1; count < ofAccountMax; count++) await opened(await presignedUrl());
    assert.deepEqual(await refused(await presignedUrl()), [503, 'RequestLimitExceeded']);
    left.resetAndDestroy();
    while ((await answered(await presignedUrl())) !== 'open') await sleep(5);
    const late = once(host, 'opened');
    resolve();
    await late;
    await once(guest.resume(), 'end');
  });

  test('of silence, but not while something moves', async () => {
    const webSocket = await opened(await presignedUrl());
    const closed = once(webSocket, 'close');
    const openedMs = performance.now();
    for (let count = 0; count < 5; count++) {
      await sleep(idleMs / 3);
      guest.write('.');
    }
    const [code] = await closed;
    assert.equal(code, 4000);
    assert.ok(performance.now() - openedMs > (5 / 3) * idleMs, 'it was kept while the guest wrote');
  });

  test('of clients that are gone without a word', async () => {
    const webSocket = await opened(await presignedUrl(), false);
    const typing = setInterval(() => webSocket.send('.'), 20);
    const [code] = await once(webSocket, 'close');
    clearInterval(typing);
    assert.equal(code, 1006, 'no answer to a ping');
  });
});

describe('a key that is disabled', () => {
  test('ends what it has opened at once, and nothing of others', async () => {
    const mine = await opened(await presignedUrl());
    const myGuest = guest;
    const theirs = await opened(await presignedUrl({ key: otherCredentials }));
    const ended = once(guest.resume(), 'end');
    inactive.add(otherCredentials.accessKeyId);
    const closed = once(theirs, 'close');
    await imago.checkCallers();
    assert.equal((await closed)[0], 1008);
    await ended;
    mine.send('ls');
    assert.equal(String((await once(myGuest, 'data'))[0]), 'ls');
  });

  test('ends it with the next ping where nobody was told', async () => {
    const theirs = await opened(await presignedUrl({ key: otherCredentials }));
    inactive.add(otherCredentials.accessKeyId);
    const [code] = await once(theirs, 'close');
    assert.equal(code, 1008);
  });

  test('ends what is being opened, and opens nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    const asked = once(host, 'asked');
    const url = await presignedUrl({ key: otherCredentials });
    const socket = await upgrade(url);
    await asked;
    inactive.add(otherCredentials.accessKeyId);
    const gone = once(socket.resume(), 'end');
    await imago.checkCallers();
    await gone;
    socket.destroy();
    const late = once(host, 'opened');
    resolve();
    await late;
    await once(guest.resume(), 'end');
    assert.deepEqual(await refused(url), [403, 'UnrecognizedClientException']);
  });
});

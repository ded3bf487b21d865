/** What browsers are told of Imago when pages of other origins ask. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import { WebSocket } from 'ws';
import { Sha256 } from '../foundations/sha256.ts';
import { Origins } from './origins.ts';
import {
  consoleOf,
  credentials,
  signedHeaders,
  startTestListener,
  type TestListener,
} from './test-listener.ts';

const named = 'https://imago.example';
const operations = {
  sts: { GetCallerIdentity: { accepts: [], run: async () => ({ Account: '1' }) } },
  imago: { OpenConsole: consoleOf((guest: Duplex) => guest.resume()) },
};
let imago: TestListener;
let closed: TestListener;
before(async () => {
  imago = await startTestListener({ ...operations, consoleOrigins: [named] });
  closed = await startTestListener(operations);
});
after(async () => {
  await imago[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
});

const asking = { 'access-control-request-method': 'POST' };

function corsOf({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'));
}

async function identity({ port, endpoint }: TestListener, origin?: string): Promise<Response> {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers = await signedHeaders(port, { service: 'sts', body });
  return fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, ...(origin && { origin }) },
    body,
  });
}

describe('a page of an origin that was named', () => {
  test('may ask, and read the answer', async () => {
    const headers = { origin: named, ...asking };
    const preflight = await fetch(imago.endpoint, { method: 'OPTIONS', headers });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), named);
    const allowed = preflight.headers.get('access-control-allow-headers') ?? '';
    for (const name of ['authorization', 'content-type', 'x-amz-target', 'x-amz-security-token']) {
      assert.ok(allowed.split(', ').includes(name), name);
    }
    const answer = await identity(imago, named);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('access-control-allow-origin'), named);
    assert.equal(answer.headers.get('access-control-allow-credentials'), null);
    assert.equal(answer.headers.get('vary'), 'origin');
    const refused = await fetch(imago.endpoint, { method: 'POST', headers: { origin: named } });
    assert.equal(refused.status, 403, 'signed it has to be nevertheless');
    assert.equal(refused.headers.get('access-control-allow-origin'), named);
  });

  test('asks for a method, or it is no question of a browser', async () => {
    const { status } = await fetch(imago.endpoint, {
      method: 'OPTIONS',
      headers: { origin: named },
    });
    assert.equal(status, 403);
  });
});

test('other pages are told nothing, and nobody where none was named', async () => {
  const origins = [`${named}.example`, 'http://imago.example', `${named}:444`, 'null'];
  const asked: [TestListener, string][] = [
    ...origins.map((origin): [TestListener, string] => [imago, origin]),
    [closed, named],
    [closed, closed.endpoint],
  ];
  for (const [server, origin] of asked) {
    const headers = { origin, ...asking };
    const preflight = await fetch(server.endpoint, { method: 'OPTIONS', headers });
    assert.equal(preflight.status, 403, origin);
    assert.deepEqual(corsOf(preflight), [], origin);
    assert.deepEqual(corsOf(await identity(server, origin)), [], origin);
  }
  assert.deepEqual(corsOf(await identity(imago)), []);
});

describe('a WebSocket', () => {
  const path = '/imago/instances/i-1/console';

  async function opened({ port }: TestListener, origin?: string): Promise<unknown> {
    const signer = new SignatureV4({
      ...{ region: 'us-east-1', service: 'imago', credentials, sha256: Sha256 },
    });
    const headers = { host: `127.0.0.1:${port}` };
    const { query = {} } = await signer.presign(
      { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path, headers },
      { expiresIn: 60 },
    );
    const search = new URLSearchParams(query as Record<string, string>);
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}?${search}`, { origin });
    webSocket.on('error', () => {});
    const answer = await Promise.race([
      once(webSocket, 'open').then(() => 'open'),
      once(webSocket, 'unexpected-response').then(([, response]) => response.statusCode),
    ]);
    webSocket.terminate();
    return answer;
  }

  test('is opened for pages of its own origin, of one that was named, and for no browser', async () => {
    for (const origin of [undefined, imago.endpoint, `https://127.0.0.1:${imago.port}`, named]) {
      assert.equal(await opened(imago, origin), 'open', origin);
    }
  });

  test('is opened for no other page, be its URL never so well signed', async () => {
    const others = ['https://other.example', 'null', 'http://127.0.0.1', 'http://127.0.0.1:1'];
    for (const origin of others) assert.equal(await opened(imago, origin), 403, origin);
    assert.equal(await opened(closed, named), 403);
  });
});

test('a name that it listens at is known', () => {
  const origins = new Origins();
  assert.equal(origins.isKnownHost({ host: 'Imago.lan:8773' }), false);
  origins.addName('imago.LAN');
  assert.equal(origins.isKnownHost({ host: 'Imago.lan:8773' }), true);
  assert.equal(origins.isKnownHost({ host: 'imago.lan.' }), false);
  assert.equal(origins.isKnownHost({}), false);
});

/** Files of a web server, read by ranges; the server of the test does what servers do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { openWebFile } from './web-file.ts';

const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let address: string;
let answer: Answer;
let asked: string[];

beforeEach(async () => {
  asked = [];
  answer = ranges();
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/disks/disk.raw`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function ranges(headers: Record<string, string> = { etag: '"one"' }, of = bytes): Answer {
  return (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = of.subarray(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${to}/${of.length}`;
    response.writeHead(206, { 'content-range': range, 'content-length': part.length, ...headers });
    response.end(part);
  };
}

function open(url = address, allowed = [new URL('.', address).href]) {
  const { signal } = new AbortController();
  return openWebFile(url, { allowed, signal, pauseMs: 1 });
}

describe('a file of a web server', () => {
  test('is read by ranges', async () => {
    const file = await open();
    assert.equal(file.sizeBytes, bytes.length);
    assert.ok((await file.read(5000, 5000)).equals(bytes.subarray(5000)));
    await assert.rejects(file.read(9999, 2), RangeError);
  });

  test('is asked for again where a connection ends, or the server is busy', async () => {
    const file = await open();
    const failures: Answer[] = [
      (_, response) => response.writeHead(503).end(),
      (_, response) => response.socket?.destroy(),
      (request, response) => {
        const [, from] = /^bytes=(\d+)/.exec(request.headers.range ?? '') ?? [];
        const range = `bytes ${from}-${Number(from) + 99}/${bytes.length}`;
        const headers = { 'content-range': range, 'content-length': 100, etag: '"one"' };
        response.writeHead(206, headers).write('begun', () => response.socket?.destroy());
      },
    ];
    answer = (request, response) => (failures.shift() ?? ranges())(request, response);
    assert.ok((await file.read(100, 100)).equals(bytes.subarray(100, 200)));
    answer = (_, response) => response.writeHead(503).end();
    await assert.rejects(file.read(0, 1), /cannot be read: it answers 503/);
  });

  test('that changes is refused', async () => {
    for (const other of [ranges({ etag: '"two"' }), ranges({ etag: '"one"' }, bytes.subarray(1))]) {
      answer = ranges();
      const file = await open();
      answer = other;
      await assert.rejects(file.read(0, 10), /changed/);
    }
  });

  for (const [why, says, how] of [
    ['has no ranges', /does not serve ranges/, (_, response) => response.end(bytes)],
    ['does not say which version it has', /neither an ETag nor a date/, ranges({ etag: 'W/"a"' })],
    ['does not have it', /answers 404/, (_, response) => response.writeHead(404).end()],
    ['encodes it unasked', /encoded/, ranges({ etag: '"a"', 'content-encoding': 'gzip' })],
  ] as [string, RegExp, Answer][]) {
    test(`of a server that ${why} is refused`, async () => {
      answer = how;
      await assert.rejects(open(), says);
    });
  }

  test('is known by its date where it has no ETag', async () => {
    answer = ranges({ 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' });
    const file = await open();
    assert.ok((await file.read(0, 10)).equals(bytes.subarray(0, 10)));
  });

  test('is found where the server leads, as far as that is allowed', async () => {
    const to =
      (location: string): Answer =>
      (request, response) =>
        request.url?.endsWith('/disk.raw')
          ? response.writeHead(302, { location }).end()
          : ranges()(request, response);
    answer = to('other.raw');
    assert.equal((await open()).sizeBytes, bytes.length);
    for (const elsewhere of ['/secret', 'http://localhost:1/disks/x', 'file:///etc/passwd']) {
      answer = to(elsewhere);
      await assert.rejects(open(), /not an address that the operator .* allows/);
    }
    answer = (_, response) => response.writeHead(302, { location: 'disk.raw' }).end();
    await assert.rejects(open(), /on and on/);
  });

  test('at an address that is not allowed is not asked for', async () => {
    await assert.rejects(open(address, []), /not an address/);
    await assert.rejects(open(address, ['http://127.0.0.1/disks/']), /not an address/);
    await assert.rejects(open(address, [`${address}/below/`]), /not an address/);
    assert.deepEqual(asked, []);
  });
});

/** A client's file, read over connections that come and go. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeQuestion, encodeHello, offeredFile } from '../../api/offered-file.ts';
import type { OfferedConnection } from './offered-connection.ts';
import { OfferedFiles } from './offered-files.ts';
import { SourceRefused } from './source-file.ts';

const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));
const facts = { sizeBytes: bytes.length, changedMs: 1234 };
const { signal } = new AbortController();

/** A client that answers until it was asked so often, and then leaves. */
function client(connection: OfferedConnection, { of = facts, leaveAfter = Infinity } = {}): void {
  let asked = Buffer.alloc(0);
  let count = 0;
  connection.on('data', (chunk: Buffer) => {
    asked = Buffer.concat([asked, chunk]);
    for (; asked.length >= offeredFile.questionBytes; ) {
      const { offset, length } = decodeQuestion(asked);
      asked = asked.subarray(offeredFile.questionBytes);
      if (count++ >= leaveAfter) return connection.destroy();
      connection.write(Buffer.from([offeredFile.answers.bytes]));
      // In whatever pieces.
      connection.write(bytes.subarray(offset, offset + 3));
      connection.write(bytes.subarray(offset + 3, offset + length));
    }
  });
  const hello = Buffer.from(encodeHello(of));
  connection.write(hello.subarray(0, 5));
  connection.write(hello.subarray(5));
}

describe('a file that a client offers', () => {
  test('is read by ranges, several at a time', async () => {
    const offers = new OfferedFiles();
    client(offers.offer('a'));
    const file = await offers.open('a', { signal });
    assert.equal(file.sizeBytes, bytes.length);
    const parts = await Promise.all([file.read(0, 100), file.read(9000, 1000), file.read(50, 1)]);
    assert.ok(parts[0].equals(bytes.subarray(0, 100)));
    assert.ok(parts[1].equals(bytes.subarray(9000)));
    assert.ok(parts[2].equals(bytes.subarray(50, 51)));
    await assert.rejects(file.read(9999, 2), RangeError);
  });

  test('is awaited, and read on by the next connection when one ends', async () => {
    const offers = new OfferedFiles();
    let waited = 0;
    const opened = offers.open('a', { signal, onWaiting: () => waited++ });
    client(offers.offer('a'), { leaveAfter: 1 });
    const file = await opened;
    assert.ok(waited > 0);
    assert.ok((await file.read(0, 10)).equals(bytes.subarray(0, 10)));
    const second = file.read(10, 10);
    await new Promise(setImmediate);
    client(offers.offer('a'));
    assert.ok((await second).equals(bytes.subarray(10, 20)));
  });

  test('is awaited when the client leaves before it has said which it is', async () => {
    const offers = new OfferedFiles();
    const opened = offers.open('a', { signal });
    const first = offers.offer('a');
    await new Promise(setImmediate);
    first.destroy();
    await new Promise(setImmediate);
    client(offers.offer('a'));
    assert.equal((await opened).sizeBytes, bytes.length);
  });

  test('is refused when the client says nothing that it could be', async () => {
    const offers = new OfferedFiles();
    const opened = offers.open('a', { signal });
    offers.offer('a').write(Buffer.alloc(offeredFile.helloBytes, 'x'));
    await assert.rejects(opened, /did not say what it offers/);
  });

  test('is refused when the next connection has another', async () => {
    const offers = new OfferedFiles();
    client(offers.offer('a'), { leaveAfter: 0 });
    const file = await offers.open('a', { signal });
    const read = file.read(0, 10);
    await new Promise(setImmediate);
    client(offers.offer('a'), { of: { ...facts, changedMs: 1235 } });
    await assert.rejects(read, /changed/);
  });

  test('that nobody comes with is refused after a time', async () => {
    const offers = new OfferedFiles();
    await assert.rejects(offers.open('a', { signal, awayMs: 5 }), SourceRefused);
  });

  test('is of that import alone', async () => {
    const offers = new OfferedFiles();
    client(offers.offer('a'));
    await assert.rejects(offers.open('b', { signal, awayMs: 5 }), SourceRefused);
  });

  for (const [what, sent] of [
    ['no offer', Buffer.alloc(24, 7)],
    ['an answer without a question', Buffer.concat([Buffer.from(encodeHello(facts)), bytes])],
  ] as const) {
    test(`by who sends ${what} is cut off`, async () => {
      const offers = new OfferedFiles();
      const connection = offers.offer('a');
      const closed = new Promise((resolve) => connection.once('close', resolve));
      connection.write(sent);
      await closed;
      await assert.rejects(offers.open('a', { signal, awayMs: 5 }), SourceRefused);
    });
  }

  test('that the client cannot read any more is refused', async () => {
    const offers = new OfferedFiles();
    const connection = offers.offer('a');
    connection.write(Buffer.from(encodeHello(facts)));
    connection.on('data', () => connection.write(Buffer.from([offeredFile.answers.unreadable])));
    const file = await offers.open('a', { signal });
    await assert.rejects(file.read(0, 10), /cannot read/);
  });
});

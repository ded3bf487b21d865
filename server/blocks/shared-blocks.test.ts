import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { blockSizeBytes } from './block-store.ts';
import { SharedBlockMemory } from './shared-block-memory.ts';
import { KnownBlocks, SharedBlockReader } from './shared-block-reader.ts';
import { SharedBlocks } from './shared-blocks.ts';

const block = (fill: number) => Buffer.alloc(blockSizeBytes, fill);

/** A memory of so many blocks; what is read is counted by its name. */
function setUp(slots: number) {
  const memory = new SharedBlockMemory(slots * blockSizeBytes);
  const blocks = new SharedBlocks(memory.parts);
  const reads: string[] = [];
  const load = (name: string, bytes = block(name.charCodeAt(0))) =>
    memory.load(name, async (room) => {
      reads.push(name);
      // As who can put it there does, and as who cannot.
      if (reads.length % 2 === 0) return bytes;
      bytes.copy(room);
      return room.subarray(0, bytes.length);
    });
  const find = async (name: string) => memory.find(name) ?? load(name);
  const reader = new SharedBlockReader(blocks, new KnownBlocks(), find);
  const firstByte = async (name: string) => {
    const byte = Buffer.alloc(1);
    await reader.copy(name, 7, byte);
    return byte.toString();
  };
  return { memory, blocks, reads, load, reader, firstByte };
}

test('who asks for one block at the same time causes one read', async () => {
  const { load, reads } = setUp(2);
  const places = await Promise.all(Array.from({ length: 10 }, () => load('a')));
  assert.equal(new Set(places).size, 1);
  assert.deepEqual(reads, ['a']);
});

test('there are never more blocks than fit; those that nobody looked at make room', async () => {
  const { memory, load, firstByte, reads } = setUp(3);
  for (const name of ['a', 'b', 'c']) await load(name);
  await load('d');
  assert.equal(memory.find('a'), undefined, 'all were looked at alike: the oldest left');
  await firstByte('c');
  await load('e');
  assert.equal(await firstByte('c'), 'c');
  assert.deepEqual(reads, ['a', 'b', 'c', 'd', 'e']);
  const here = [...'abcde'].filter((name) => memory.find(name));
  assert.equal(here.length, 3);
});

test('who was told a place that has another block by now is not given that one', async () => {
  const { blocks, load, reader, firstByte } = setUp(1);
  const place = await load('a');
  assert.equal(await firstByte('a'), 'a');
  await load('b');
  assert.equal(blocks.copyNow(place, 0, Buffer.alloc(1)), false);
  assert.equal(reader.copyNow('a', 0, Buffer.alloc(1)), false);
  assert.equal(await firstByte('a'), 'a', 'it is read again');
});

test('a failure is not remembered, and costs no room', async () => {
  const { memory, firstByte } = setUp(1);
  for (let i = 0; i < 3; i++) {
    const failing = memory.load('a', async (room) => {
      room.fill(1);
      throw new Error('damaged');
    });
    await assert.rejects(failing, /damaged/);
  }
  const tooLong = memory.load('a', async () => Buffer.alloc(blockSizeBytes + 1));
  await assert.rejects(tooLong, /bytes/);
  assert.equal(await firstByte('a'), 'a');
});

test('a block of another length is a page, and no block of a volume', async () => {
  const { load, reader } = setUp(2);
  await load('p', Buffer.from('page'));
  const page = await reader.get('p');
  assert.equal(`${page}`, 'page');
  assert.equal(await reader.get('p'), page, 'as long as somebody has it');
  await assert.rejects(reader.copy('p', 0, Buffer.alloc(1)), /4 bytes/);
});

test('a thread that copies while blocks come and go gets whole blocks or none', async (t) => {
  const memory = new SharedBlockMemory(blockSizeBytes);
  const place = await memory.load('0', async () => block(0));
  const worker = new Worker(new URL('./test-copying-thread.ts', import.meta.url), {
    execArgv: [],
    workerData: { parts: memory.parts, place },
  });
  t.after(() => worker.terminate());
  const seen = Promise.withResolvers<{ whole: number; torn: number; none: number }>();
  worker.on('message', seen.resolve);
  worker.on('error', seen.reject);
  let ended = false;
  void seen.promise.finally(() => {
    ended = true;
  });
  for (let i = 1; !ended; i++) {
    await memory.load(`${i}`, async (room) => room.fill(i % 256));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { whole, torn, none } = await seen.promise;
  assert.equal(torn, 0);
  assert.ok(whole > 0 && none > 0, `${whole} whole, ${none} none`);
});

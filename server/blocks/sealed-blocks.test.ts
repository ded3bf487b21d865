/** Sealed blocks: a store like others to whoever has the key, and nothing to whoever has not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BlockCorruptError, blockMaxBytes, blockSizeBytes, digestOf } from './block-store.ts';
import { testBlockStore } from './block-store-suite.ts';
import { FsBlockStore } from './fs/fs-block-store.ts';
import { MemoryBlockStore } from './memory/memory-block-store.ts';
import { SealThreads } from './seal-threads.ts';
import { openBlock, sealBlock, sealKeyOf, WrongSealError } from './sealed-block.ts';
import { sealedStore } from './sealed-blocks.ts';
import { storeBlock } from './test-blocks.ts';

let root = '';
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'sealed-'));
});
after(() => rm(root, { recursive: true }));

const key = sealKeyOf(Buffer.alloc(32, 'one'));
const otherKey = sealKeyOf(Buffer.alloc(32, 'other'));
const threads = new SealThreads({ threads: 2 });
after(() => threads.close());

const nameOf = (plain: Buffer) => digestOf(sealBlock(plain, key));
testBlockStore(
  'sealed blocks in memory',
  async () => sealedStore(new MemoryBlockStore(), key),
  nameOf,
);
testBlockStore(
  'sealed blocks in a folder, by threads',
  async () =>
    sealedStore(await FsBlockStore.open(await mkdtemp(path.join(root, 'x'))), key, threads),
  nameOf,
);

const marker = Buffer.from('a marker that a guest wrote ');
const marked = Buffer.alloc(blockSizeBytes, marker);

test('equal blocks are one under a key, and have nothing in common under two', () => {
  const one = sealBlock(marked, key);
  assert.deepEqual(sealBlock(Buffer.from(marked), key), one);
  const other = sealBlock(marked, otherKey);
  assert.notEqual(digestOf(one), digestOf(other));
  for (const at of [8, 24, 36]) {
    assert.notDeepEqual(one.subarray(at, at + 12), other.subarray(at, at + 12));
  }
  const nonces = Array.from({ length: 1000 }, (_, i) =>
    sealBlock(Buffer.from(`block ${i}`), key).toString('hex', 24, 36),
  );
  assert.equal(new Set(nonces).size, nonces.length);
});

test('nothing of a block is in what the store has, compressible or not', async () => {
  const noise = randomBytes(blockSizeBytes);
  for (const plain of [marked, noise]) {
    const sealed = sealBlock(plain, key);
    assert.ok(sealed.length <= blockMaxBytes);
    for (let at = 0; at + 16 <= plain.length; at += 4096) {
      assert.equal(sealed.indexOf(plain.subarray(at, at + 16)), -1);
    }
  }
  assert.equal(sealBlock(noise, key).length, blockMaxBytes);
  assert.ok(sealBlock(marked, key).length < 1000);
});

test('whatever is changed of it, it does not open; with another key neither', () => {
  const sealed = sealBlock(marked, key);
  const digest = digestOf(sealed);
  assert.deepEqual(openBlock(digest, sealed, key), marked);
  assert.throws(() => openBlock(digest, sealed, otherKey), WrongSealError);
  assert.throws(() => openBlock(digest, marked, key), WrongSealError);
  assert.throws(() => openBlock(digest, sealed.subarray(0, 51), key), WrongSealError);
  for (const at of [24, 35, 36, sealed.length - 17, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => openBlock(digest, changed, key), BlockCorruptError, `byte ${at}`);
  }
  assert.throws(() => openBlock(digest, sealed.subarray(0, -1), key), BlockCorruptError);
});

test('threads seal and open as it is done here, and tell the same errors', async () => {
  const sealed = await threads.seal(marked, key);
  assert.deepEqual(sealed, sealBlock(marked, key));
  const digest = digestOf(sealed);
  assert.deepEqual(await threads.open(digest, Buffer.from(sealed), key), marked);
  await assert.rejects(threads.open(digest, Buffer.from(sealed), otherKey), WrongSealError);
  const changed = Buffer.from(sealed);
  changed[40] = (changed[40] ?? 0) ^ 1;
  await assert.rejects(threads.open(digest, changed, key), BlockCorruptError);
  const many = Array.from({ length: 30 }, (_, i) => Buffer.alloc(blockSizeBytes, `text ${i}`));
  const all = await Promise.all(many.map((plain) => threads.seal(plain, key)));
  assert.deepEqual(
    all,
    many.map((plain) => sealBlock(plain, key)),
  );
  const soon = new SealThreads({ idleMs: 1 });
  await soon.seal(marked, key);
  while (soon.threads > 0) await delay(5);
  await soon.close();
  await assert.rejects(soon.seal(marked, key), /ended/);
});

test('a guest’s own bytes that look like a seal are stored and given back as they are', async () => {
  const store = await FsBlockStore.open(path.join(root, 'look-alike'));
  const plain = Buffer.alloc(blockSizeBytes, 'x');
  plain.write('IMAGSEA1', 'latin1');
  assert.deepEqual(await store.get(await storeBlock(store, plain)), plain);
});

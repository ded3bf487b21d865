import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BlockCorruptError, blockSizeBytes, digestOf } from '../block-store.ts';
import { testBlockStore } from '../block-store-suite.ts';
import { testCollection } from '../collection-suite.ts';
import { BlockThreads } from './block-threads.ts';
import { testDeltas } from './delta-suite.ts';
import { FsBlockStore } from './fs-block-store.ts';

let root = '';
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'threads-'));
});
after(() => rm(root, { recursive: true }));

const shared = new BlockThreads();
after(() => shared.close());
const newStore = async () =>
  FsBlockStore.open(await mkdtemp(path.join(root, 'x')), { work: shared });
testBlockStore('FsBlockStore with threads', newStore);
testCollection('FsBlockStore with threads', newStore);
testDeltas('FsBlockStore with threads', shared);

let work: BlockThreads;
let folder = '';
let files = 0;
beforeEach(async () => {
  work = new BlockThreads({ threads: 2 });
  folder = await mkdtemp(path.join(root, 'y'));
});
afterEach(() => work.close());

/** Written by a thread, and where. */
async function written(plain: Buffer, by = work) {
  const file = path.join(folder, `file ${files++}`);
  const { digest, storedBytes } = await by.write({ folder, plain, file });
  return { file, digest, storedBytes };
}

test('many blocks at once come back as they were, by no more threads than allowed', async () => {
  const plains = Array.from({ length: 60 }, (_, i) =>
    i % 2 ? randomBytes(1 + i * 8000) : Buffer.alloc(blockSizeBytes, `text ${i}`),
  );
  await Promise.all(
    plains.map(async (plain) => {
      const { file, digest, storedBytes } = await written(plain);
      assert.equal(digest, digestOf(plain));
      assert.equal((await readFile(file)).length, storedBytes);
      assert.deepEqual(await work.read({ folder, digest, file }), plain);
    }),
  );
  assert.ok(work.threads <= 2);
});

test('bytes that are given are taken, others stay as they are', async () => {
  const [given, kept] = [randomBytes(blockSizeBytes), randomBytes(blockSizeBytes)];
  const digests = [given, kept].map(digestOf);
  const own = Buffer.allocUnsafeSlow(blockSizeBytes);
  given.copy(own);
  const file = (name: string) => path.join(folder, name);
  const first = await work.write({ folder, plain: own, given: true, file: file('given') });
  const second = await work.write({ folder, plain: kept, file: file('kept') });
  assert.deepEqual([first.digest, second.digest], digests);
  assert.equal(own.length, 0);
  assert.equal(digestOf(kept), second.digest);
});

test('wrong bytes are corrupt, whether a thread finds it or not', async () => {
  const { file, digest } = await written(Buffer.from('block'));
  const bytes = await readFile(file);
  bytes[2] = (bytes[2] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const wrong = (error: unknown) => {
    assert.ok(error instanceof BlockCorruptError);
    assert.equal(error.digest, digest);
    assert.match(error.message, /^block [0-9a-f]{64} is corrupt: its bytes have another digest$/);
    return true;
  };
  await assert.rejects(work.read({ folder, digest, file }), wrong);
  const fresh = new BlockThreads();
  await assert.rejects(fresh.read({ folder, digest, file }), wrong);
  await fresh.close();
});

test('a file that cannot be made leaves nothing, and says why by its code', async () => {
  const file = path.join(folder, 'there');
  await writeFile(file, 'of another');
  const order = { folder, plain: Buffer.from('block'), file: path.join(folder, 'absent', 'file') };
  await assert.rejects(work.write(order), { code: 'ENOENT' });
  assert.deepEqual(await readdir(folder), ['there']);
});

test('threads end when there is nothing to do, and start again', async () => {
  const soon = new BlockThreads({ idleMs: 1 });
  await written(Buffer.from('a'), soon);
  while (soon.threads > 0) await delay(5);
  assert.equal((await written(Buffer.from('a'), soon)).digest, digestOf(Buffer.from('a')));
  await soon.close();
});

test('threads that are closed fail what they had and what comes', async () => {
  const waiting = Array.from({ length: 20 }, () => written(randomBytes(blockSizeBytes)));
  const outcomes = Promise.allSettled(waiting);
  await work.close();
  assert.ok((await outcomes).some(({ status }) => status === 'rejected'));
  await assert.rejects(written(Buffer.from('a')), /closed/);
});

test('threads that rest keep no process alive', async () => {
  const order = { folder, file: path.join(folder, 'file') };
  const script = `
    import { BlockThreads } from '${new URL('./block-threads.ts', import.meta.url)}';
    const order = { ...${JSON.stringify(order)}, plain: Buffer.from('a') };
    const { digest } = await new BlockThreads({ idleMs: 1e6 }).write(order);
    console.log(digest);`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { timeout: 60_000 },
  );
  assert.equal(stdout.trim(), digestOf(Buffer.from('a')));
});

test('memory that is given back has other blocks, and never one that somebody looks at', async () => {
  const plains = Array.from({ length: 12 }, (_, i) =>
    i % 2 ? randomBytes(blockSizeBytes) : Buffer.alloc(blockSizeBytes, `text ${i}`),
  );
  const blocks = await Promise.all(
    plains.map(async (plain) => ({ plain, ...(await written(plain)) })),
  );
  const kept: { read: Buffer | undefined; plain: Buffer }[] = [];
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      blocks.map(async ({ plain, file, digest }, i) => {
        const read = await work.read({ folder, digest, file });
        assert.deepEqual(read, plain);
        if ((i + round) % 3 === 0) kept.push({ read, plain });
        else if (read) work.reuse(read);
      }),
    );
  }
  for (const { read, plain } of kept) assert.deepEqual(read, plain);
});

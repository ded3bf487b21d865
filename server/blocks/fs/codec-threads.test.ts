import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BlockCorruptError, blockSizeBytes, digestOf } from '../block-store.ts';
import { testBlockStore } from '../block-store-suite.ts';
import { CodecThreads } from './codec-threads.ts';
import { FsBlockStore } from './fs-block-store.ts';

let root = '';
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'threads-'));
});
after(() => rm(root, { recursive: true }));

const shared = new CodecThreads();
after(() => shared.close());
testBlockStore('FsBlockStore with threads', async () =>
  FsBlockStore.open(await mkdtemp(path.join(root, 'x')), { codec: shared }),
);

let codec: CodecThreads;
beforeEach(() => {
  codec = new CodecThreads({ threads: 2 });
});
afterEach(() => codec.close());

test('many blocks at once come back as they were, by no more threads than allowed', async () => {
  const plains = Array.from({ length: 60 }, (_, i) =>
    i % 2 ? randomBytes(1 + i * 8000) : Buffer.alloc(blockSizeBytes, `text ${i}`),
  );
  await Promise.all(
    plains.map(async (plain) => {
      const hashed = await codec.hash(plain);
      assert.equal(hashed.digest, digestOf(plain));
      const file = await hashed.encode();
      assert.deepEqual(await codec.decode(hashed.digest, file), plain);
    }),
  );
  assert.ok(codec.threads <= 2);
});

test('wrong bytes are corrupt, whether a thread finds it or not', async () => {
  const { digest, encode } = await codec.hash(Buffer.from('block'));
  const file = await encode();
  file[2] = (file[2] ?? 0) ^ 1;
  const wrong = (error: unknown) => {
    assert.ok(error instanceof BlockCorruptError);
    assert.equal(error.digest, digest);
    assert.match(error.message, /^block [0-9a-f]{64} is corrupt: its bytes have another digest$/);
    return true;
  };
  await assert.rejects(codec.decode(digest, Buffer.from(file)), wrong);
  const fresh = new CodecThreads();
  await assert.rejects(fresh.decode(digest, file), wrong);
  await fresh.close();
});

test('threads end when there is nothing to do, and start again', async () => {
  const soon = new CodecThreads({ idleMs: 1 });
  await soon.hash(Buffer.from('a'));
  while (soon.threads > 0) await delay(5);
  assert.equal((await soon.hash(Buffer.from('a'))).digest, digestOf(Buffer.from('a')));
  await soon.close();
});

test('a codec that is closed fails what it had and what comes', async () => {
  const waiting = Array.from({ length: 20 }, () => codec.hash(randomBytes(blockSizeBytes)));
  const outcomes = Promise.allSettled(waiting);
  await codec.close();
  assert.ok((await outcomes).some(({ status }) => status === 'rejected'));
  await assert.rejects(codec.hash(Buffer.from('a')), /closed/);
});

test('threads that rest keep no process alive', async () => {
  const script = `
    import { CodecThreads } from '${new URL('./codec-threads.ts', import.meta.url)}';
    const { digest } = await new CodecThreads({ idleMs: 1e6 }).hash(Buffer.from('a'));
    console.log(digest);`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { timeout: 60_000 },
  );
  assert.equal(stdout.trim(), digestOf(Buffer.from('a')));
});

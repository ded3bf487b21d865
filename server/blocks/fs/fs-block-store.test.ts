import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import {
  BlockCorruptError,
  BlockMissingError,
  BlockStoreFullError,
  blockSizeBytes,
  digestOf,
} from '../block-store.ts';
import { testBlockStore } from '../block-store-suite.ts';
import { blockFile, FsBlockReader } from './fs-block-reader.ts';
import { FsBlockStore } from './fs-block-store.ts';

let root = '';
let stores = 0;
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'blocks-'));
});
after(async () => {
  await rm(root, { recursive: true });
});
const newFolder = () => path.join(root, String(stores++));

testBlockStore('FsBlockStore', () => FsBlockStore.open(newFolder()));

async function storeWith(plain: Buffer) {
  const folder = newFolder();
  const store = await FsBlockStore.open(folder);
  const { digest, storedBytes } = await store.put(plain);
  await store.flush();
  return { folder, store, digest, storedBytes, file: blockFile(folder, digest) };
}

test('a block is compressed only where that saves a tenth', async () => {
  const random = await storeWith(randomBytes(blockSizeBytes));
  assert.equal((await stat(random.file)).size, 1 + blockSizeBytes);
  assert.equal(random.storedBytes, 1 + blockSizeBytes);
  const text = await storeWith(Buffer.alloc(blockSizeBytes, 'text'));
  assert.ok((await stat(text.file)).size < blockSizeBytes / 100);
});

test('a block has no name before a flush, and survives the process after it', async () => {
  const folder = newFolder();
  const store = await FsBlockStore.open(folder);
  const { digest } = await store.put(Buffer.from('block'));
  const reader = new FsBlockReader(folder);
  await assert.rejects(reader.get(digest), BlockMissingError);
  await store.flush();
  assert.deepEqual(await reader.get(digest), Buffer.from('block'));
  const reopened = await FsBlockStore.open(folder);
  assert.equal((await reopened.put(Buffer.from('block'))).storedBytes, 0);
});

test('what a crash left unflushed is gone at the next open', async () => {
  const folder = newFolder();
  const crashed = await FsBlockStore.open(folder);
  const { digest } = await crashed.put(randomBytes(1000));
  assert.equal((await readdir(path.join(folder, 'incoming'))).length, 1);
  const reopened = await FsBlockStore.open(folder);
  assert.deepEqual(await readdir(path.join(folder, 'incoming')), []);
  assert.equal(await reopened.has(digest), false);
});

const damages: Record<string, (file: Buffer) => Buffer> = {
  'no bytes': () => Buffer.alloc(0),
  'half of its bytes': (file) => file.subarray(0, file.length / 2),
  'one bit changed': (file) => {
    const changed = Buffer.from(file);
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
    return changed;
  },
  'an unknown encoding': (file) => Buffer.concat([Buffer.of(9), file.subarray(1)]),
  'another block': () => Buffer.concat([Buffer.of(0), Buffer.from('another')]),
  'far too many bytes': () => Buffer.alloc(3 * blockSizeBytes),
  'a frame that inflates beyond a block': () =>
    Buffer.concat([Buffer.of(1), zstdCompressSync(Buffer.alloc(64 * blockSizeBytes))]),
};
for (const [damage, apply] of Object.entries(damages)) {
  for (const plain of [randomBytes(30_000), Buffer.alloc(30_000, 'text')]) {
    test(`a file with ${damage} is corrupt, and putting the block heals it`, async () => {
      const { store, file, digest } = await storeWith(plain);
      await writeFile(file, apply(await readFile(file)));
      await assert.rejects(store.get(digest), (error) => {
        assert.ok(error instanceof BlockCorruptError);
        assert.equal(error.digest, digest);
        return true;
      });
      assert.ok((await store.put(plain)).storedBytes > 0);
      await store.flush();
      assert.deepEqual(await store.get(digest), plain);
    });
  }
}

test('a flush that fails is told to every caller whose blocks it held, and keeps none of them', async () => {
  const folder = newFolder();
  const store = await FsBlockStore.open(folder);
  const { digest } = await store.put(Buffer.from('first'));
  await rm(path.join(folder, digest.slice(0, 2)), { recursive: true });
  const outcomes = await Promise.allSettled([store.flush(), store.flush()]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ['rejected', 'rejected'],
  );
  assert.equal(await store.has(digest), false);
  assert.deepEqual(await readdir(path.join(folder, 'incoming')), []);
  await store.put(Buffer.from('second'));
  await store.flush();
  assert.equal(await store.has(digestOf(Buffer.from('second'))), true);
});

const isRoot = process.getuid?.() === 0;

test('a full disk is a clear error and leaves nothing', { skip: !isRoot }, async () => {
  const folder = newFolder();
  await mkdir(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
  try {
    const store = await FsBlockStore.open(folder);
    const put = async () => {
      for (;;) await store.put(randomBytes(blockSizeBytes));
    };
    await assert.rejects(put(), BlockStoreFullError);
    await store.flush();
    assert.deepEqual(await readdir(path.join(folder, 'incoming')), []);
    for await (const digest of store.list())
      assert.equal((await store.get(digest)).length, blockSizeBytes);
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('the group of the reader may read blocks, whatever the umask', { skip: !isRoot }, async () => {
  const folder = newFolder();
  const umask = process.umask(0o077);
  try {
    const readerGid = 65_534;
    const store = await FsBlockStore.open(folder, { readerGid });
    const { digest } = await store.put(Buffer.from('shared'));
    await store.flush();
    const file = await stat(blockFile(folder, digest));
    assert.deepEqual([file.mode & 0o777, file.gid], [0o640, readerGid]);
    for (const name of ['', digest.slice(0, 2)]) {
      const { mode, gid } = await stat(path.join(folder, name));
      assert.deepEqual([mode & 0o777, gid], [0o750, readerGid]);
    }
  } finally {
    process.umask(umask);
  }
});

test('blocks of a folder that had no reader are given to it', { skip: !isRoot }, async () => {
  const folder = newFolder();
  const before = await FsBlockStore.open(folder);
  const { digest } = await before.put(Buffer.from('private'));
  await before.flush();
  const readerGid = 65_534;
  await FsBlockStore.open(folder, { readerGid });
  const file = await stat(blockFile(folder, digest));
  assert.deepEqual([file.mode & 0o777, file.gid], [0o640, readerGid]);
  assert.equal((await stat(folder)).gid, readerGid);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { CrashingFiles, type FileOperation } from '../../files/crashing/crashing-files.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  BlockStoreFullError,
  blockSizeBytes,
  digestOf,
  WriterFailedError,
} from '../block-store.ts';
import { testBlockStore } from '../block-store-suite.ts';
import { testCollection } from '../collection-suite.ts';
import { digestsIn, storeBlock } from '../test-blocks.ts';
import { blockFile } from './block-places.ts';
import { FsBlockReader } from './fs-block-reader.ts';
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

const newStore = () => FsBlockStore.open(newFolder());
testBlockStore('FsBlockStore', newStore);
testCollection('FsBlockStore', newStore);

async function storeWith(plain: Buffer) {
  const folder = newFolder();
  const store = await FsBlockStore.open(folder);
  await using writer = store.begin();
  const { digest, storedBytes } = await writer.put(plain);
  await writer.commit();
  return { folder, store, digest, storedBytes, file: blockFile(folder, digest) };
}

test('a block is compressed only where that saves a tenth', async () => {
  const random = await storeWith(randomBytes(blockSizeBytes));
  assert.equal((await stat(random.file)).size, 1 + blockSizeBytes);
  assert.equal(random.storedBytes, 1 + blockSizeBytes);
  const text = await storeWith(Buffer.alloc(blockSizeBytes, 'text'));
  assert.ok((await stat(text.file)).size < blockSizeBytes / 100);
  const partly = randomBytes(blockSizeBytes).fill('text', 200_000, 300_000);
  const { file } = await storeWith(partly);
  assert.ok((await stat(file)).size < blockSizeBytes - 90_000);
});

test('a block has no name before a commit, and survives the process after it', async () => {
  const folder = newFolder();
  const store = await FsBlockStore.open(folder);
  await using writer = store.begin();
  const { digest } = await writer.put(Buffer.from('block'));
  const reader = new FsBlockReader(folder);
  await assert.rejects(reader.get(digest), BlockMissingError);
  await writer.commit();
  assert.deepEqual(await reader.get(digest), Buffer.from('block'));
  await using again = (await FsBlockStore.open(folder)).begin();
  assert.equal((await again.put(Buffer.from('block'))).storedBytes, 0);
});

test('what a crash left uncommitted is gone at the next open', async () => {
  const folder = newFolder();
  const crashed = await FsBlockStore.open(folder);
  const { digest } = await crashed.begin().put(randomBytes(1000));
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
      await using writer = store.begin();
      assert.deepEqual([await store.has(digest), await writer.has(digest)], [true, false]);
      assert.ok((await writer.put(plain)).storedBytes > 0);
      assert.equal(await writer.has(digest), true);
      await writer.commit();
      assert.equal(await writer.has(digest), true);
      assert.deepEqual(await store.get(digest), plain);
    });
  }
}

/** A store whose next operation of this kind on a file that `where` picks fails once. */
async function storeThatFails() {
  let failing: { operation: FileOperation; where: RegExp } | undefined;
  const files = new CrashingFiles({
    seed: 1,
    fault: (operation, file) => {
      if (operation !== failing?.operation || !failing.where.test(file)) return undefined;
      failing = undefined;
      return 'EIO';
    },
  });
  const store = await FsBlockStore.open('/blocks', { files });
  const failNext = (operation: FileOperation, where: RegExp) => {
    failing = { operation, where };
  };
  return { files, store, failNext };
}

test('a failed sync fails the writers that rely on the block, and no other', async () => {
  const { files, store, failNext } = await storeThatFails();
  const [shared, own, later] = [Buffer.from('shared'), Buffer.from('own'), Buffer.from('later')];
  const [first, second, third] = [store.begin(), store.begin(), store.begin()];
  await first.put(shared);
  assert.equal((await second.put(shared)).storedBytes, 0);
  await second.put(own);
  await third.put(later);
  failNext('sync', /incoming/);
  await assert.rejects(first.commit(), { code: 'EIO' });
  await third.commit();
  // It never saw the sync fail, and must not be told that its block is there.
  await assert.rejects(second.commit(), { code: 'EIO' });
  await assert.rejects(second.commit(), WriterFailedError);
  await assert.rejects(second.put(own), WriterFailedError);
  await assert.rejects(store.get(digestOf(shared)), BlockMissingError);
  for (const writer of [first, second, third]) await writer.abort();
  await using again = store.begin();
  assert.ok((await again.put(shared)).storedBytes > 0);
  await again.commit();
  assert.equal((await again.get(digestOf(shared))).toString(), 'shared');
  assert.deepEqual(await files.readdir('/blocks/incoming'), []);
});

test('names whose folder could not be synced are synced by the next who relies on them', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { files, store, failNext } = await storeThatFails();
    await using first = store.begin();
    const { digest } = await first.put(Buffer.from('block'));
    failNext('syncFolder', /blocks\/..$/);
    await assert.rejects(first.commit(), { code: 'EIO' });
    assert.equal(await storeBlock(store, Buffer.from('block')), digest);
    files.set({ seed });
    const left = await FsBlockStore.open('/blocks', { files: files.cut() });
    assert.equal((await left.get(digest)).toString(), 'block', `seed ${seed}`);
  }
});

test('condemned blocks stay condemned over a restart; others may read them', async () => {
  const folder = newFolder();
  const store = await FsBlockStore.open(folder);
  const digest = await storeBlock(store, Buffer.from('garbage'));
  {
    await using collection = await store.collect();
    const { id } = await collection.beginRound({ at: 1 });
    await collection.condemn(id, digest);
  }
  const reopened = await FsBlockStore.open(folder);
  assert.deepEqual(await digestsIn(reopened), []);
  assert.equal((await new FsBlockReader(folder).get(digest)).toString(), 'garbage');
  assert.equal(await new FsBlockReader(folder).has(digest), true);
  assert.deepEqual(await digestsIn(reopened), []);
  await using collection = await reopened.collect();
  const [round] = await collection.rounds();
  assert.deepEqual(round?.note, { at: 1 });
  assert.equal(await collection.destroy(round?.id ?? 0, digest), true);
});

test('the end of a round syncs the folders to which its blocks went back, and no other', async () => {
  const synced = new Set<string>();
  const files = new CrashingFiles({
    seed: 1,
    fault: (operation, file) => {
      if (operation === 'syncFolder' && /blocks\/..$/.test(file)) synced.add(file);
      return undefined;
    },
  });
  const store = await FsBlockStore.open('/blocks', { files });
  const digests: string[] = [];
  for (const text of ['first', 'second', 'third']) {
    digests.push(await storeBlock(store, Buffer.from(text)));
  }
  const [first = '', second = '', third = ''] = digests;
  const condemned = async (of: FsBlockStore) => {
    await using collection = await of.collect();
    const { id } = await collection.beginRound(null);
    for (const digest of digests) await collection.condemn(id, digest);
    return id;
  };
  const round = await condemned(store);
  synced.clear();
  {
    await using collection = await store.collect();
    await collection.pardon(first);
    await collection.destroy(round, second);
    await collection.endRound(round);
    assert.deepEqual([...synced], []);
    await collection.pardon(third);
    await collection.endRound(round);
    assert.deepEqual(await collection.rounds(), []);
  }
  const shards = [first, third].map((digest) => path.dirname(blockFile('/blocks', digest)));
  assert.deepEqual([...synced].sort(), [...new Set(shards)].sort());
  // Of one that a process began which was killed nobody knows to which.
  const left = await condemned(store);
  const reopened = await FsBlockStore.open('/blocks', { files });
  synced.clear();
  await using collection = await reopened.collect();
  for (const digest of digests) await collection.pardon(digest);
  await collection.endRound(left);
  assert.equal(synced.size, 256);
});

const isRoot = process.getuid?.() === 0;

test('a full disk is a clear error and leaves nothing', { skip: !isRoot }, async () => {
  const folder = newFolder();
  await mkdir(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
  try {
    const store = await FsBlockStore.open(folder);
    await using writer = store.begin();
    const put = async () => {
      for (;;) await writer.put(randomBytes(blockSizeBytes));
    };
    await assert.rejects(put(), BlockStoreFullError);
    await writer.commit();
    assert.deepEqual(await readdir(path.join(folder, 'incoming')), []);
    for await (const { digest } of store.list())
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
    const digest = await storeBlock(store, Buffer.from('shared'));
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
  const digest = await storeBlock(before, Buffer.from('private'));
  const readerGid = 65_534;
  await FsBlockStore.open(folder, { readerGid });
  const file = await stat(blockFile(folder, digest));
  assert.deepEqual([file.mode & 0o777, file.gid], [0o640, readerGid]);
  assert.equal((await stat(folder)).gid, readerGid);
});

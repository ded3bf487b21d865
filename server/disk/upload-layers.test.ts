import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type BlockStore, blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { BlockThreads } from '../blocks/fs/block-threads.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { createLayer } from './qcow2-create.ts';
import { openRawFileDisk } from './raw-file-disk.ts';
import { openSnapshotDisk } from './snapshot-disk.ts';
import { uploadDisk, uploadLayers } from './upload-layers.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;

let folder = '';
let files = 0;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'capture-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});
const newPath = () => path.join(folder, String(files++));

async function newLayer(sizeBytes: number, ...commands: string[]): Promise<string> {
  const layer = newPath();
  await createLayer(layer, sizeBytes);
  const image = [
    '--image-opts',
    `driver=qcow2,discard=unmap,file.driver=file,file.filename=${layer}`,
  ];
  execFileSync('qemu-io', [...image, ...commands.flatMap((command) => ['-c', command])]);
  return layer;
}

async function contentOf(store: BlockStore, root: string): Promise<Buffer> {
  const reader = new CachedBlockReader(store, { capacityBytes: 4 * blockSizeBytes });
  const disk = await openSnapshotDisk(reader, root);
  return disk.pread(0, disk.sizeBytes);
}

async function captureFile(store: BlockStore, content: Buffer) {
  const file = newPath();
  await writeFile(file, content);
  const disk = await openRawFileDisk(file);
  try {
    return await uploadDisk({ store, disk });
  } finally {
    await disk.close();
  }
}

test('layers over a base give the content that the guest saw, and the root of that content', async () => {
  const store = new MemoryBlockStore();
  const baseContent = Buffer.alloc(6 * mib);
  baseContent.fill('base', mib, 5 * mib);
  const base = await captureFile(store, baseContent);
  const sizeBytes = 8 * mib;
  const layers = [
    await newLayer(6 * mib, 'write -P 1 0 64k', 'write -P 2 1100k 4k', 'write -z 2M 512k'),
    await newLayer(sizeBytes, 'write -P 3 1104k 64k', 'write -P 4 7M 1M', 'write -z 0 64k'),
  ];
  const model = Buffer.concat([baseContent], sizeBytes);
  // A layer is written over zeros here, so a cluster that is written in part has zeros around.
  model.fill(0, 1088 * 1024, 1152 * 1024).fill(2, 1100 * 1024, 1104 * 1024);
  model.fill(0, 2 * mib, 2 * mib + 512 * 1024);
  model.fill(0, 1088 * 1024, 1216 * 1024).fill(3, 1104 * 1024, 1168 * 1024);
  model.fill(4, 7 * mib, 8 * mib);

  const progress: number[] = [];
  const captured = await uploadLayers({
    store,
    base: { root: base.root, sizeBytes: 6 * mib },
    layers,
    sizeBytes,
    onProgress: (done, total) => progress.push(done / total),
  });
  assert.ok((await contentOf(store, captured.root)).equals(model));
  assert.equal(captured.root, (await captureFile(store, model)).root);
  assert.equal(captured.changedBlocks, 5);
  assert.equal(progress.at(-1), 1);
  // Of the eight blocks of the base one became zeros; two were added at the end, equal ones, so
  // stored once.
  const blocks = (bytes: number) => bytes / blockSizeBytes;
  assert.equal(blocks(base.fullSizeBytes), 8);
  assert.equal(blocks(captured.fullSizeBytes), 9);
  assert.equal(blocks(captured.sharedBytes), 7);
});

test('capturing the same again stores nothing and gives the same root', async () => {
  const store = await FsBlockStore.open(newPath());
  const options = { store, layers: [await newLayer(gib, 'write -P 5 300M 3M')], sizeBytes: gib };
  const first = await uploadLayers(options);
  const again = await uploadLayers(options);
  assert.ok(first.storedBytes > 0);
  assert.deepEqual([again.root, again.storedBytes], [first.root, 0]);
  assert.equal(again.sharedBytes, again.fullSizeBytes);
  assert.equal(again.fullSizeBytes, 3 * mib);
});

test('a volume without layers is its base, grown', async () => {
  const store = new MemoryBlockStore();
  const base = await captureFile(store, Buffer.alloc(mib, 'x'));
  const grown = await uploadLayers({
    store,
    base: { root: base.root, sizeBytes: mib },
    layers: [],
    sizeBytes: 2 * mib,
  });
  const content = await contentOf(store, grown.root);
  assert.ok(content.equals(Buffer.concat([Buffer.alloc(mib, 'x')], 2 * mib)));
});

test('a disk whose size is no multiple of a block keeps its size', async () => {
  const store = new MemoryBlockStore();
  const content = Buffer.alloc(mib + 512, 'y');
  const captured = await captureFile(store, content);
  assert.ok((await contentOf(store, captured.root)).equals(content));
  assert.equal(captured.fullSizeBytes, 3 * blockSizeBytes);
});

test('only what changed is read: a capture does not touch the rest of its base', async () => {
  const store = new MemoryBlockStore();
  const content = Buffer.alloc(4 * mib);
  for (let i = 0; i < 8; i++) content.fill(i + 1, i * blockSizeBytes, (i + 1) * blockSizeBytes);
  const base = await captureFile(store, content);
  for await (const { digest } of store.list()) {
    const block = await store.get(digest);
    if (block.length === blockSizeBytes && block[0] !== 3 && block[0] === block.at(-1)) {
      store.lose(digest);
    }
  }
  const layer = await newLayer(4 * mib, 'write -P 77 1088k 64k');
  const under = { root: base.root, sizeBytes: 4 * mib };
  const captured = await uploadLayers({ store, base: under, layers: [layer], sizeBytes: 4 * mib });
  assert.equal(captured.changedBlocks, 1);
});

test('a volume may be larger than its layers: zeros from there on', async () => {
  const store = new MemoryBlockStore();
  const layer = await newLayer(mib, 'write -P 1 0 1M');
  const { root } = await uploadLayers({ store, layers: [layer], sizeBytes: 2 * mib });
  assert.deepEqual(await contentOf(store, root), Buffer.concat([Buffer.alloc(mib, 1)], 2 * mib));
});

test('sizes that contradict each other are refused', async () => {
  const store = new MemoryBlockStore();
  const layer = await newLayer(mib, 'write 0 64k');
  await assert.rejects(uploadLayers({ store, layers: [layer], sizeBytes: mib / 2 }), RangeError);
  const base = await captureFile(store, Buffer.alloc(mib, 'x'));
  const under = { root: base.root, sizeBytes: 2 * mib };
  const wrong = uploadLayers({ store, base: under, layers: [layer], sizeBytes: mib });
  await assert.rejects(wrong, RangeError);
});

test('an aborted capture ends with the reason, and can be run again', async () => {
  const store = await FsBlockStore.open(newPath());
  const sizeBytes = 256 * mib;
  const layer = await newLayer(sizeBytes, 'write -P 1 0 30M', 'write -P 2 30M 30M');
  const aborting = new AbortController();
  const aborted = uploadLayers({
    store,
    layers: [layer],
    sizeBytes,
    signal: aborting.signal,
    onProgress: (done) => done === 10 && aborting.abort(new Error('stopped by test')),
  });
  await assert.rejects(aborted, /stopped by test/);
  const { fullSizeBytes } = await uploadLayers({ store, layers: [layer], sizeBytes });
  assert.equal(fullSizeBytes, 60 * mib);
});

test('threads that read layers and files themselves give the same root', async () => {
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await newStoreWithThreads(), (each) => each.close());
  const content = Buffer.alloc(5 * mib + 1000, 'content ').fill(0, mib, 2 * mib);
  const [here, there] = [new MemoryBlockStore(), store].map((each) => captureFile(each, content));
  assert.deepEqual((await here)?.root, (await there)?.root);
  assert.ok((await contentOf(store, (await there)?.root ?? '')).equals(content));
  // A whole block under a hole, one of zeros, one in parts, and one that the file ends in.
  const sizeBytes = 6 * mib;
  const layers = [
    await newLayer(sizeBytes, 'write -P 1 0 2M', 'write -P 0 2M 512k'),
    await newLayer(sizeBytes, 'write -P 2 512k 64k', 'write -P 3 5M 4k'),
  ];
  const roots = [new MemoryBlockStore(), store].map((each) =>
    uploadLayers({ store: each, layers, sizeBytes }),
  );
  const [inHere, inThreads] = await Promise.all(roots);
  assert.equal(inThreads?.root, inHere?.root);
  assert.equal(inThreads?.changedBlocks, inHere?.changedBlocks);
  const again = await uploadLayers({ store, layers, sizeBytes });
  assert.deepEqual([again.root, again.storedBytes], [inHere?.root, 0]);
});

test('a file that shrinks while it is captured is an error', async () => {
  const withThreads = await newStoreWithThreads();
  for (const store of [new MemoryBlockStore(), withThreads]) {
    const file = newPath();
    await writeFile(file, Buffer.alloc(4 * mib, 'z'));
    const disk = await openRawFileDisk(file);
    await using handle = await open(file, 'r+');
    await handle.truncate(mib);
    await assert.rejects(uploadDisk({ store, disk }), /became shorter/);
    await disk.close();
  }
  await withThreads.close();
});

function newStoreWithThreads(): Promise<FsBlockStore> {
  return FsBlockStore.open(newPath(), { work: new BlockThreads({ threads: 2 }) });
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readBlockMap } from './block-map.ts';
import { BlockMissingError, blockSizeBytes, type Digest } from './block-store.ts';
import { blockFile } from './fs/block-places.ts';
import { FsBlockStore } from './fs/fs-block-store.ts';
import { type FsckFinding, fsck, reachable } from './fsck.ts';
import { blocksPerLeaf } from './map-pages.ts';
import { digestsIn, storeBlock, storeMap } from './test-blocks.ts';

const sizeBytes = 20 * 1024 ** 3;
let folder = '';
let store: FsBlockStore;
let blocks: [Digest, Digest, Digest, Digest];
let first: Digest;
let second: Digest;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fsck-'));
  store = await FsBlockStore.open(folder);
  const put = (fill: number) => storeBlock(store, Buffer.alloc(blockSizeBytes, fill));
  blocks = [await put(1), await put(2), await put(3), await put(4)];
  const [a, b, c] = blocks;
  const changes = new Map([
    [0, a],
    [1, b],
    [blocksPerLeaf, c],
    [blocksPerLeaf + 1, c],
  ]);
  first = (await storeMap(store, { sizeBytes, changes })).root;
  const further = new Map([[7, c]]);
  second = (await storeMap(store, { sizeBytes, base: first, changes: further })).root;
});
afterEach(() => rm(folder, { recursive: true }));

async function findings(...roots: Digest[]): Promise<FsckFinding[]> {
  return Array.fromAsync(fsck({ store, roots }));
}

const damage = (digest: Digest) => writeFile(blockFile(folder, digest), 'damaged');

test('a sound store has no findings but the summary', async () => {
  // Four blocks, two roots, two first leaves, one second leaf that both share; one block is
  // garbage.
  const plainBytes = 7 * blockSizeBytes + 2 * (40 + 3 * 36);
  assert.deepEqual(await findings(first, second, first), [
    { kind: 'summary', blocks: 9, plainBytes, unreferencedBlocks: 1 },
  ]);
});

test('a missing block is told for each map that needs it, once', async () => {
  await rm(blockFile(folder, blocks[2]));
  const [one, two, summary, ...rest] = await findings(first, second);
  assert.deepEqual(one, { kind: 'missing', digest: blocks[2], root: first });
  assert.deepEqual(two, { kind: 'missing', digest: blocks[2], root: second });
  assert.equal(summary?.kind, 'summary');
  assert.deepEqual(rest, []);
});

test('corrupt blocks are told, with the map that needs them and without', async () => {
  await damage(blocks[0]);
  await damage(blocks[3]);
  const found = await findings(first);
  assert.deepEqual(
    found.map((finding) => [finding.kind, 'digest' in finding && finding.digest]),
    [
      ['corrupt', blocks[0]],
      ['corrupt', blocks[3]],
      ['summary', false],
    ],
  );
  assert.equal(found[0]?.kind === 'corrupt' && found[0].root, first);
  assert.equal(found[1]?.kind === 'corrupt' && found[1].root, undefined);
});

test('a damaged page hides only what is under it', async () => {
  const leaf = (await readBlockMap(store, first)).leaves[0]?.digest as Digest;
  await damage(leaf);
  await rm(blockFile(folder, blocks[2]));
  assert.deepEqual(
    (await findings(first)).map((finding) => finding.kind),
    // The other map's leaf is stored as what differs from it.
    ['corrupt', 'missing', 'corrupt', 'summary'],
  );
  await damage(first);
  assert.deepEqual(
    (await findings(first)).map((finding) => finding.kind),
    // The leaves and the root are corrupt; nobody is known any more to need the leaves.
    ['corrupt', 'corrupt', 'corrupt', 'summary'],
  );
});

test('blocks that are no pages, and pages that are no blocks, are malformed', async () => {
  assert.equal((await findings(blocks[0]))[0]?.kind, 'malformed');
  const changes = new Map([[0, first]]);
  const odd = (await storeMap(store, { sizeBytes, changes })).root;
  const [finding] = await findings(odd);
  assert.equal(finding?.kind, 'malformed');
  assert.equal(finding.digest, first);
});

test('a root that is not there is missing', async () => {
  const root = '0'.repeat(64);
  assert.deepEqual((await findings(root))[0], { kind: 'missing', digest: root, root });
});

test('reachable names everything that must be kept, and fails on a broken map', async () => {
  const reached = new Set(await Array.fromAsync(reachable(store, [first, second])));
  const stored = new Set(await digestsIn(store));
  assert.deepEqual(stored.difference(reached), new Set([blocks[3]]));
  assert.deepEqual(reached.difference(stored), new Set());
  const leaf = (await readBlockMap(store, first)).leaves[1]?.digest as Digest;
  await rm(blockFile(folder, leaf));
  await assert.rejects(Array.fromAsync(reachable(store, [first])), BlockMissingError);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readBlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { findBlockOwners } from './block-owners.ts';
import { Pace } from './pace.ts';

const sizeBytes = 20 * 1024 ** 3;
let folder = '';
let store: FsBlockStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'owners-'));
  store = await FsBlockStore.open(folder);
});
afterEach(() => rm(folder, { recursive: true }));

async function mapOf(blocks: Record<number, Digest>): Promise<Digest> {
  const changes = new Map(Object.entries(blocks).map(([index, digest]) => [Number(index), digest]));
  return (await storeMap(store, { sizeBytes, changes })).root;
}

/** By another way: all that the roots need, with bases, and what nobody else does. */
async function expected(owners: ReadonlyMap<string, readonly Digest[]>) {
  const sizes = new Map<Digest, number>();
  for await (const { digest, storedBytes } of store.list()) sizes.set(digest, storedBytes);
  const bases = new Map<Digest, Digest>();
  for await (const { digest, base } of store.bases()) bases.set(digest, base);
  const needs = new Map<string, Set<Digest>>();
  for (const [owner, roots] of owners) {
    const needed = new Set<Digest>();
    for (const root of roots) {
      const map = await readBlockMap(store, root);
      for (const page of map.pages()) needed.add(page);
      for await (const { digest } of map.entries()) needed.add(digest);
    }
    for (const digest of needed) {
      const base = bases.get(digest);
      if (base) needed.add(base);
    }
    needs.set(owner, needed);
  }
  const sum = (digests: Iterable<Digest>) =>
    [...digests].reduce((bytes, digest) => bytes + (sizes.get(digest) ?? Number.NaN), 0);
  return new Map(
    [...needs].map(([owner, needed]) => {
      const others = [...needs].flatMap(([other, theirs]) => (other === owner ? [] : [...theirs]));
      const exclusive = needed.difference(new Set(others));
      return [owner, { storedBytes: sum(needed), exclusiveBytes: sum(exclusive) }];
    }),
  );
}

test('what an owner needs, and what nobody else does, is told to the byte', async () => {
  const put = (size: number) => storeBlock(store, randomBytes(size));
  const [a, b, c, d] = [await put(1000), await put(2000), await put(3000), await put(4000)];
  const shared = await mapOf({ 0: a, 1: b });
  const owners = new Map([
    ['ami-1', [shared, await mapOf({ 5: c })]],
    ['ami-2', [shared]],
    ['snap-3', [await mapOf({ 0: b, 20000: d })]],
    ['nothing', []],
  ]);
  // Of nobody.
  await storeBlock(store, randomBytes(5000));
  const { owned, neededBytes } = await findBlockOwners({ store, owners, pace: new Pace(0) });
  assert.deepEqual(owned, await expected(owners));
  assert.ok((owned.get('ami-1')?.exclusiveBytes ?? 0) > 3001);
  assert.equal(owned.get('ami-2')?.exclusiveBytes, 0);
  assert.deepEqual(owned.get('nothing'), { storedBytes: 0, exclusiveBytes: 0 });
  const all = await Array.fromAsync(store.list());
  assert.equal(
    neededBytes,
    all.reduce((sum, { storedBytes }) => sum + storedBytes, -5001),
  );
});

test('the base of a delta belongs to whom needs the delta, too', async () => {
  const first = randomBytes(blockSizeBytes);
  const second = Buffer.from(first);
  second.fill(1, 0, 1000);
  const base = await storeBlock(store, first);
  await using writer = store.begin();
  const { digest, storedBytes } = await writer.put(second, { replaces: base });
  await writer.commit();
  assert.ok(storedBytes < 5000);
  const owners = new Map([['new', [await mapOf({ 0: digest })]]]);
  const alone = await findBlockOwners({ store, owners, pace: new Pace(0) });
  assert.deepEqual(alone.owned, await expected(owners));
  assert.ok((alone.owned.get('new')?.exclusiveBytes ?? 0) > blockSizeBytes);
  owners.set('old', [await mapOf({ 0: base })]);
  const both = await findBlockOwners({ store, owners, pace: new Pace(0) });
  assert.deepEqual(both.owned, await expected(owners));
  assert.ok((both.owned.get('new')?.exclusiveBytes ?? blockSizeBytes) < 10_000);
});

test('a map that cannot be read is an error, not nothing', async () => {
  const owners = new Map([['ami-1', ['ab'.repeat(32)]]]);
  await assert.rejects(findBlockOwners({ store, owners, pace: new Pace(0) }), /missing/);
});

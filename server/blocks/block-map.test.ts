import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BlockMap, readBlockMap } from './block-map.ts';
import { type BlockReader, blockSizeBytes, type Digest, digestOf } from './block-store.ts';
import { blockCountOf, blocksPerLeaf, encodeRootPage, MalformedMapError } from './map-pages.ts';
import { MemoryBlockStore } from './memory/memory-block-store.ts';
import { digestsIn, storeBlock, storeMap } from './test-blocks.ts';

const gib = 1024 ** 3;
const digest = (n: number): Digest => digestOf(Buffer.from(`block ${n}`));

/** A small generator of numbers with a fixed seed, so that a failure comes again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function contentOf(map: BlockMap): Promise<Map<number, Digest>> {
  const content = new Map<number, Digest>();
  for await (const { index, digest } of map.entries()) content.set(index, digest);
  return content;
}

test('any series of changes gives the same root as its outcome written at once', async () => {
  const store = new MemoryBlockStore();
  const random = numbers(7);
  let sizeBytes = 3 * gib;
  let base: Digest | undefined;
  const model = new Map<number, Digest>();
  for (let round = 0; round < 12; round++) {
    sizeBytes += random(4) * gib;
    const changes = new Map<number, Digest | null>();
    for (let i = 0; i < 30; i++) {
      // Few indexes, so that blocks are overwritten and zeroed, on both sides of a leaf's end.
      const index = (random(2) ? blocksPerLeaf - 20 : 0) + random(40);
      if (index >= blockCountOf(sizeBytes)) continue;
      changes.set(index, random(3) ? digest(random(50)) : null);
    }
    for (const [index, to] of changes) to ? model.set(index, to) : model.delete(index);
    const written = await storeMap(store, { sizeBytes, base, changes });
    const atOnce = await storeMap(store, { sizeBytes, changes: model });
    assert.equal(written.root, atOnce.root);
    assert.equal(written.fullSizeBytes, model.size * blockSizeBytes);
    const map = await readBlockMap(store, written.root);
    const ascending = [...model].sort(([a], [b]) => a - b);
    assert.deepEqual([...(await contentOf(map))], ascending);
    assert.equal(map.sizeBytes, sizeBytes);
    base = written.root;
  }
});

test('the example of the format document', async () => {
  const store = new MemoryBlockStore();
  const block = await storeBlock(store, Buffer.alloc(blockSizeBytes, 'a'));
  const { root } = await storeMap(store, { sizeBytes: gib, changes: new Map([[1, block]]) });
  assert.equal(root, '82aecec7adc4e6d31d76aabe0029979ca10b461d13cdc193e177aae7b049ce80');
  const page = [
    '494d41474f4d4150 00000001 00080000 0000000040000000 0000000000000001 00000001 00000000',
    'ba322a4a1b362fb751a374311e2d302e27211d6d5e15350595839fcc65b883dd 00000001',
  ];
  assert.equal((await store.get(root)).toString('hex'), page.join('').replaceAll(' ', ''));
});

test('size and content both make the root', async () => {
  const store = new MemoryBlockStore();
  const roots = new Set<Digest>();
  for (const sizeBytes of [gib, 2 * gib]) {
    for (const changes of [new Map(), new Map([[0, digest(1)]]), new Map([[1, digest(1)]])]) {
      roots.add((await storeMap(store, { sizeBytes, changes })).root);
    }
  }
  assert.equal(roots.size, 6);
});

test('lookup and peek tell digests, zeros and what is not in memory', async () => {
  const store = new MemoryBlockStore();
  const changes = new Map([[blocksPerLeaf + 1, digest(1)]]);
  const { root } = await storeMap(store, { sizeBytes: 20 * gib, changes });
  const map = await readBlockMap(store, root);
  assert.equal(map.peek(0), null);
  assert.equal(map.peek(blocksPerLeaf + 1), undefined);
  assert.equal(await map.lookup(blocksPerLeaf + 1), digest(1));
  assert.equal(map.peek(blocksPerLeaf + 1), digest(1));
  assert.equal(map.peek(blocksPerLeaf + 2), null);
  assert.throws(() => map.peek(map.blockCount), RangeError);
});

test('a change reads and writes only the pages it touches', async () => {
  const store = new MemoryBlockStore();
  const changes = new Map(Array.from({ length: 64 }, (_, i) => [i * blocksPerLeaf, digest(i)]));
  const base = (await storeMap(store, { sizeBytes: 512 * gib, changes })).root;
  const before = (await digestsIn(store)).length;
  const baseMap = await readBlockMap(store, base);
  // With all other leaves gone, only a writer that leaves them alone succeeds.
  const touched = baseMap.leaves[5]?.digest;
  for (const { digest } of baseMap.leaves) {
    if (digest && digest !== touched) store.lose(digest);
  }
  const next = await storeMap(store, {
    sizeBytes: 512 * gib,
    base,
    changes: new Map([[5 * blocksPerLeaf + 3, digest(99)]]),
  });
  const nextMap = await readBlockMap(store, next.root);
  const shared = [...nextMap.pages()].filter((page) => [...baseMap.pages()].includes(page));
  assert.equal(shared.length, 63);
  assert.equal((await digestsIn(store)).length, before - 63 + 2);
});

test('refuses changes outside of the volume, and a base that is larger', async () => {
  const store = new MemoryBlockStore();
  const outside = { sizeBytes: gib, changes: new Map([[2048, digest(1)]]) };
  await assert.rejects(storeMap(store, outside), RangeError);
  const base = (await storeMap(store, { sizeBytes: 2 * gib, changes: new Map() })).root;
  await assert.rejects(storeMap(store, { sizeBytes: gib, base, changes: new Map() }), RangeError);
  await assert.rejects(storeMap(store, { sizeBytes: 0, changes: new Map() }), RangeError);
});

describe('hostile pages are refused:', () => {
  const good = encodeRootPage({ sizeBytes: gib, leaves: [{ digest: digest(1), blocks: 3 }] });
  const edits: Record<string, (page: Buffer) => Buffer | undefined> = {
    'another magic': (page) => void page.write('X', 0),
    'a later version': (page) => void page.writeUInt32BE(2, 8),
    'another block size': (page) => void page.writeUInt32BE(4096, 12),
    'no size': (page) => void page.writeBigUInt64BE(0n, 16),
    'a size beyond all volumes': (page) => void page.writeBigUInt64BE(2n ** 63n, 16),
    'a count that is not the sum': (page) => void page.writeBigUInt64BE(4n, 24),
    'another number of leaves': (page) => void page.writeUInt32BE(2, 32),
    'reserved bytes': (page) => void page.writeUInt32BE(1, 36),
    'blocks in a leaf without digest': (page) => void page.fill(0, 40, 72),
    'more blocks than the volume has': (page) => {
      page.writeUInt32BE(2049, 72);
      page.writeBigUInt64BE(2049n, 24);
    },
    'a part of it': (page) => page.subarray(0, 50),
    'something after it': (page) => Buffer.concat([page, Buffer.of(0)]),
    nothing: () => Buffer.from('x'),
  };
  for (const [edit, apply] of Object.entries(edits)) {
    test(`a root page with ${edit}`, async () => {
      const store = new MemoryBlockStore();
      const page = Buffer.from(good);
      const digest = await storeBlock(store, apply(page) ?? page);
      await assert.rejects(readBlockMap(store, digest), MalformedMapError);
    });
  }

  test('a leaf that says something else than its root', async () => {
    const store = new MemoryBlockStore();
    const leaf = Buffer.alloc(blockSizeBytes);
    leaf.write(digest(1), 0, 'hex');
    const put = async (blocks: number, page: Buffer): Promise<BlockReader & { root: Digest }> => {
      const entry = { digest: await storeBlock(store, page), blocks };
      const root = encodeRootPage({ sizeBytes: gib, leaves: [entry] });
      return Object.assign(store, { root: await storeBlock(store, root) });
    };
    const cases = [
      { blocks: 2, page: leaf },
      { blocks: 1, page: leaf.subarray(0, 64) },
      { blocks: 1, page: Buffer.concat([leaf.subarray(32), leaf.subarray(0, 32)]) },
    ];
    for (const { blocks, page } of cases) {
      const { root } = await put(blocks, page);
      const map = await readBlockMap(store, root);
      await assert.rejects(map.lookup(0), MalformedMapError);
    }
  });
});

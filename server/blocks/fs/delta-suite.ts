/** Blocks that are stored as what differs from another: with each way of doing a block's work. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BlockCorruptError, blockSizeBytes, digestOf } from '../block-store.ts';
import { digestsIn } from '../test-blocks.ts';
import { blockFile, deltaOf } from './block-places.ts';
import type { BlockWork } from './block-work.ts';
import { FsBlockReader } from './fs-block-reader.ts';
import { FsBlockStore } from './fs-block-store.ts';

/** Random bytes, of which a little changes from one to the next. */
function generations(count: number, first = randomBytes(blockSizeBytes)): Buffer[] {
  const blocks = [first];
  while (blocks.length < count) {
    const next = Buffer.from(blocks.at(-1) as Buffer);
    randomBytes(4096).copy(next, blocks.length * 8192);
    blocks.push(next);
  }
  return blocks;
}

export function testDeltas(name: string, work?: BlockWork): void {
  describe(`${name}: deltas`, () => {
    let root = '';
    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'deltas-'));
    });
    after(() => rm(root, { recursive: true }));

    async function newStore() {
      const folder = await mkdtemp(path.join(root, 'x'));
      const store = await FsBlockStore.open(folder, { work });
      return { folder, store };
    }

    /** Each replaces the one before. */
    async function storeAll(store: FsBlockStore, blocks: readonly Buffer[]) {
      await using writer = store.begin();
      const stored: number[] = [];
      let replaces: string | undefined;
      for (const block of blocks) {
        const put = await writer.put(block, { replaces });
        await writer.commit();
        stored.push(put.storedBytes);
        replaces = put.digest;
      }
      return stored;
    }

    test('a block that replaces one like it takes what differs, and one read more', async () => {
      const { folder, store } = await newStore();
      const blocks = generations(4);
      const [whole = 0, ...deltas] = await storeAll(store, blocks);
      assert.ok(whole > blockSizeBytes);
      for (const [i, bytes] of deltas.entries()) {
        assert.ok(bytes < (i + 2) * 4096 + 1024, `${bytes} bytes for generation ${i + 1}`);
      }
      const reader = new FsBlockReader(folder, { work });
      for (const block of blocks) {
        assert.deepEqual(await store.get(digestOf(block)), block);
        assert.deepEqual(await reader.get(digestOf(block)), block);
        assert.equal(await reader.has(digestOf(block)), true);
      }
      assert.deepEqual((await digestsIn(store)).sort(), blocks.map(digestOf).sort());
      // All of the first: reading one never needs more than one other.
      const bases = await Array.fromAsync(store.bases());
      assert.deepEqual(
        new Set(bases.map(({ base }) => base)),
        new Set([digestOf(blocks[0] as Buffer)]),
      );
      assert.equal(bases.length, 3);
    });

    test('one that has little of the other is stored whole', async () => {
      const { store } = await newStore();
      const [one, other] = [randomBytes(blockSizeBytes), randomBytes(blockSizeBytes)];
      const stored = await storeAll(store, [one, other]);
      assert.deepEqual(stored, [blockSizeBytes + 1, blockSizeBytes + 1]);
    });

    test('bytes that a dictionary of Zstandard begins with are no base', async () => {
      const first = randomBytes(blockSizeBytes);
      Buffer.of(0x37, 0xa4, 0x30, 0xec).copy(first);
      const { store } = await newStore();
      const blocks = generations(2, first);
      assert.equal((await storeAll(store, blocks))[1], blockSizeBytes + 1);
      for (const block of blocks) assert.deepEqual(await store.get(digestOf(block)), block);
    });

    test('a delta that is condemned takes its base along, and both come back', async () => {
      const { folder, store } = await newStore();
      const [first, second] = generations(2) as [Buffer, Buffer];
      await storeAll(store, [first, second]);
      await using collection = await store.collect();
      const { id } = await collection.beginRound({});
      for (const block of [first, second]) {
        assert.equal(await collection.condemn(id, digestOf(block)), true);
      }
      assert.deepEqual(await digestsIn(store), []);
      const reader = new FsBlockReader(folder, { work });
      assert.deepEqual(await reader.get(digestOf(second)), second);
      assert.deepEqual(await Array.fromAsync(store.bases()), [
        { digest: digestOf(second), base: digestOf(first) },
      ]);
      assert.deepEqual(await store.get(digestOf(second)), second);
      assert.deepEqual(await digestsIn(store), [digestOf(second)]);
      await collection.pardon(digestOf(first));
      assert.equal((await digestsIn(store)).length, 2);
    });

    test('a base that is in use by an open writer is not condemned', async () => {
      const { store } = await newStore();
      const [first, second] = generations(2) as [Buffer, Buffer];
      await storeAll(store, [first]);
      await using writer = store.begin();
      await writer.put(second, { replaces: digestOf(first) });
      await using collection = await store.collect();
      const { id } = await collection.beginRound({});
      assert.equal(await collection.condemn(id, digestOf(first)), false);
    });

    for (const [damage, harm] of Object.entries({
      'is damaged': (file: string) => writeFile(file, Buffer.of(0, 1, 2)),
      'is lost': (file: string) => rm(file),
    })) {
      test(`where the base ${damage} the delta is corrupt, and heals by a put of either`, async () => {
        for (const healed of [0, 1]) {
          const { folder, store } = await newStore();
          const blocks = generations(2) as [Buffer, Buffer];
          const [first, second] = blocks;
          await storeAll(store, blocks);
          await harm(blockFile(folder, digestOf(first)));
          await assert.rejects(store.get(digestOf(second)), BlockCorruptError);
          await assert.rejects(store.get(digestOf(first)));
          await using writer = store.begin();
          await writer.put(blocks[healed] as Buffer);
          await writer.commit();
          assert.deepEqual(await store.get(digestOf(second)), second);
          const delta = stat(deltaOf(blockFile(folder, digestOf(second))));
          if (healed === 1) await assert.rejects(delta, { code: 'ENOENT' });
          else assert.ok((await delta).size > 0);
        }
      });
    }

    test('a delta whose bytes or base were changed is corrupt', async () => {
      const { folder, store } = await newStore();
      const blocks = generations(2) as [Buffer, Buffer];
      await storeAll(store, blocks);
      const digest = digestOf(blocks[1]);
      const file = deltaOf(blockFile(folder, digest));
      const bytes = await readFile(file);
      for (const at of [2, 20, bytes.length - 100]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        await writeFile(file, changed);
        await assert.rejects(store.get(digest), BlockCorruptError, `byte ${at}`);
      }
      // Its own base: there is no end of it.
      await writeFile(file, Buffer.concat([Buffer.from(`02${digest}`, 'hex'), bytes.subarray(33)]));
      await assert.rejects(store.get(digest), BlockCorruptError);
    });
  });
}

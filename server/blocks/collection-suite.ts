/** What every block store must do for garbage collection: called by the test of each. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BlockMissingError, type BlockStore, type Digest, digestOf } from './block-store.ts';
import { type BlockCollection, CollectionRunningError } from './collection.ts';
import { digestsIn, storeBlock } from './test-blocks.ts';

/** `open` gives a new, empty store for each test. */
export function testCollection(name: string, open: () => Promise<BlockStore>): void {
  const condemnedIn = async (collection: BlockCollection, round: number) =>
    (await Array.fromAsync(collection.condemned(round))).map(({ digest }) => digest);

  async function setUp() {
    const store = await open();
    const plain = Buffer.from('garbage');
    const digest = await storeBlock(store, plain);
    return { store, plain, digest };
  }

  describe(`collection of ${name}`, () => {
    test('what is condemned is out of the list, can be destroyed, and is put anew then', async () => {
      const { store, plain, digest } = await setUp();
      await using collection = await store.collect();
      const { id } = await collection.beginRound({ at: 'noon' });
      assert.equal(await collection.condemn(id, digest), true);
      assert.deepEqual(await digestsIn(store), []);
      assert.deepEqual(await condemnedIn(collection, id), [digest]);
      assert.deepEqual(await collection.rounds(), [{ id, note: { at: 'noon' } }]);
      assert.equal(await collection.condemn(id, digest), false);
      await collection.endRound(id);
      assert.equal((await collection.rounds()).length, 1, 'a round with blocks stays');
      assert.equal(await collection.destroy(id, digest), true);
      assert.equal(await collection.destroy(id, digest), false);
      await collection.endRound(id);
      assert.deepEqual(await collection.rounds(), []);
      await assert.rejects(store.get(digest), BlockMissingError);
      await using writer = store.begin();
      assert.ok((await writer.put(plain)).storedBytes > 0);
    });

    const returns: Record<string, (store: BlockStore, digest: Digest) => Promise<unknown>> = {
      read: (store, digest) => store.get(digest),
      'put again': (store) => storeBlock(store, Buffer.from('garbage')),
      pardoned: async (store, digest) => {
        await using collection = await store.collect();
        await collection.pardon(digest);
      },
    };
    for (const [way, bringBack] of Object.entries(returns)) {
      test(`a condemned block is in its place again when it is ${way}`, async () => {
        const { store, digest } = await setUp();
        let round = 0;
        {
          await using collection = await store.collect();
          round = (await collection.beginRound(null)).id;
          await collection.condemn(round, digest);
          assert.equal(await store.has(digest), true);
        }
        await bringBack(store, digest);
        assert.deepEqual(await digestsIn(store), [digest]);
        await using collection = await store.collect();
        assert.equal(await collection.destroy(round, digest), false);
        assert.equal(digestOf(await store.get(digest)), digest);
        await collection.endRound(round);
        assert.deepEqual(await collection.rounds(), []);
      });
    }

    test('a writer does not have what is condemned before it was put again', async () => {
      const { store, plain, digest } = await setUp();
      await using collection = await store.collect();
      const { id } = await collection.beginRound(null);
      await using writer = store.begin();
      assert.equal(await writer.has(digest), true);
      await collection.condemn(id, digest);
      assert.deepEqual([await store.has(digest), await writer.has(digest)], [true, false]);
      await writer.put(plain);
      assert.equal(await writer.has(digest), true);
    });

    test('a block of an open writer is neither condemned nor destroyed', async () => {
      const { store, plain, digest } = await setUp();
      await using collection = await store.collect();
      const { id } = await collection.beginRound(null);
      const writer = store.begin();
      assert.equal((await writer.put(plain)).storedBytes, 0);
      assert.equal(await collection.condemn(id, digest), false);
      // Nor is one that was put since the collection began, though its writer has ended.
      await writer.commit();
      await writer.abort();
      assert.equal(await collection.condemn(id, digest), false);
      assert.deepEqual(await digestsIn(store), [digest]);
    });

    test('a block that is put while its round goes is whole for who put it', async () => {
      const { store, plain, digest } = await setUp();
      for (let i = 0; i < 50; i++) {
        await using collection = await store.collect();
        const { id } = await collection.beginRound(null);
        await using writer = store.begin();
        const work = [
          () => collection.condemn(id, digest),
          () => collection.destroy(id, digest),
          () => writer.put(plain),
        ];
        const order = [...work.slice(i % 3), ...work.slice(0, i % 3)];
        await Promise.all(order.map((step) => step()));
        await collection.destroy(id, digest);
        await writer.commit();
        assert.deepEqual(await store.get(digest), plain);
        await collection.endRound(id);
      }
    });

    test('a second collection is refused while one is open', async () => {
      const { store } = await setUp();
      {
        await using _collection = await store.collect();
        await assert.rejects(store.collect(), CollectionRunningError);
      }
      await using _next = await store.collect();
    });
  });
}

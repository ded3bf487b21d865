/** What every block store must do: called by the test of each implementation. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { BlockMissingError, type BlockStore, blockSizeBytes, digestOf } from './block-store.ts';

/** `open` gives a new, empty store for each test. */
export function testBlockStore(name: string, open: () => Promise<BlockStore>): void {
  describe(name, () => {
    for (const [kind, plain] of Object.entries({
      'incompressible bytes': randomBytes(blockSizeBytes),
      'compressible bytes': Buffer.from('amazon machine image '.repeat(24_000)),
      'one byte': Buffer.of(7),
    })) {
      test(`gives back ${kind}, before and after a flush`, async () => {
        const store = await open();
        const { digest, storedBytes } = await store.put(plain);
        assert.equal(digest, digestOf(plain));
        assert.ok(storedBytes > 0);
        assert.deepEqual(await store.get(digest), plain);
        await store.flush();
        assert.deepEqual(await store.get(digest), plain);
        assert.equal(await store.has(digest), true);
      });
    }

    test('stores a block once, however often it is put', async () => {
      const store = await open();
      const plain = randomBytes(blockSizeBytes);
      const together = await Promise.all(Array.from({ length: 8 }, () => store.put(plain)));
      assert.equal(together.filter((put) => put.storedBytes > 0).length, 1);
      assert.equal((await store.put(plain)).storedBytes, 0);
      await store.flush();
      assert.equal((await store.put(plain)).storedBytes, 0);
      assert.deepEqual(await Array.fromAsync(store.list()), [digestOf(plain)]);
    });

    test('is not changed by what a caller does to its buffers', async () => {
      const store = await open();
      const plain = Buffer.alloc(1000, 'a');
      const { digest } = await store.put(plain);
      plain.fill('b');
      (await store.get(digest)).fill('c');
      assert.deepEqual(await store.get(digest), Buffer.alloc(1000, 'a'));
    });

    test('says that a block is missing, also of names that are no digests', async () => {
      const store = await open();
      for (const digest of [digestOf(Buffer.of(1)), '', '../../../etc/passwd', 'A'.repeat(64)]) {
        assert.equal(await store.has(digest), false);
        await assert.rejects(store.get(digest), BlockMissingError);
        await store.delete(digest);
      }
    });

    test('refuses blocks of a wrong size', async () => {
      const store = await open();
      await assert.rejects(store.put(Buffer.alloc(0)), RangeError);
      await assert.rejects(store.put(Buffer.alloc(blockSizeBytes + 1)), RangeError);
    });

    test('forgets a block that is deleted, and takes it again', async () => {
      const store = await open();
      const plain = randomBytes(1000);
      const { digest } = await store.put(plain);
      await store.flush();
      await store.delete(digest);
      await assert.rejects(store.get(digest), BlockMissingError);
      assert.ok((await store.put(plain)).storedBytes > 0);
    });

    test('takes puts and flushes of several callers at a time', async () => {
      const store = await open();
      const blocks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(5000, i + 1));
      await Promise.all(
        blocks.map(async (block, i) => {
          await store.put(block);
          if (i % 7 === 0) await store.flush();
          assert.deepEqual(await store.get(digestOf(block)), block);
        }),
      );
      await store.flush();
      const listed = await Array.fromAsync(store.list());
      assert.deepEqual(listed.sort(), blocks.map(digestOf).sort());
    });
  });
}

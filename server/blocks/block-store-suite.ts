/** What every block store must do: called by the test of each implementation. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  BlockMissingError,
  type BlockStore,
  blockSizeBytes,
  type Digest,
  digestOf,
  WriterFailedError,
} from './block-store.ts';
import { digestsIn, storeBlock } from './test-blocks.ts';

/** `open` gives a new, empty store for each test, `nameOf` what a block is called in it. */
export function testBlockStore(
  name: string,
  open: () => Promise<BlockStore>,
  nameOf: (plain: Buffer) => Digest = digestOf,
): void {
  describe(name, () => {
    for (const [kind, plain] of Object.entries({
      'incompressible bytes': randomBytes(blockSizeBytes),
      'compressible bytes': Buffer.from('amazon machine image '.repeat(24_000)),
      'one byte': Buffer.of(7),
    })) {
      test(`gives back ${kind}, before and after a commit`, async () => {
        const store = await open();
        await using writer = store.begin();
        const { digest, storedBytes } = await writer.put(plain);
        assert.equal(digest, nameOf(plain));
        assert.ok(storedBytes > 0);
        assert.deepEqual(await writer.get(digest), plain);
        assert.deepEqual(await digestsIn(store), []);
        await writer.commit();
        assert.deepEqual(await store.get(digest), plain);
        assert.equal(await store.has(digest), true);
      });
    }

    test('stores a block once, however often and by however many it is put', async () => {
      const store = await open();
      const plain = randomBytes(blockSizeBytes);
      await using one = store.begin();
      await using other = store.begin();
      const together = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 ? one : other).put(plain)),
      );
      assert.equal(together.filter((put) => put.storedBytes > 0).length, 1);
      assert.equal((await one.put(plain)).storedBytes, 0);
      await one.commit();
      assert.equal((await one.put(plain)).storedBytes, 0);
      await other.commit();
      assert.deepEqual(await digestsIn(store), [nameOf(plain)]);
    });

    test('is not changed by what a caller does to its buffers', async () => {
      const store = await open();
      const plain = Buffer.alloc(1000, 'a');
      await using writer = store.begin();
      const put = writer.put(plain);
      plain.fill('b');
      const { digest } = await put;
      await writer.commit();
      (await store.get(digest)).fill('c');
      assert.deepEqual(await store.get(digest), Buffer.alloc(1000, 'a'));
    });

    test('says that a block is missing, also of names that are no digests', async () => {
      const store = await open();
      for (const digest of [nameOf(Buffer.of(1)), '', '../../../etc/passwd', 'A'.repeat(64)]) {
        assert.equal(await store.has(digest), false);
        await assert.rejects(store.get(digest), BlockMissingError);
      }
    });

    test('refuses blocks of a wrong size', async () => {
      await using writer = (await open()).begin();
      await assert.rejects(writer.put(Buffer.alloc(0)), RangeError);
      await assert.rejects(writer.put(Buffer.alloc(blockSizeBytes + 1)), RangeError);
    });

    test('a writer that ends keeps what it committed, and nothing else of its own', async () => {
      const store = await open();
      const [kept, given, shared] = [Buffer.of(1), Buffer.of(2), Buffer.of(3)];
      const writer = store.begin();
      await using other = store.begin();
      await writer.put(kept);
      await writer.commit();
      await writer.put(given);
      await writer.put(shared);
      await other.put(shared);
      await writer.abort();
      await writer.abort();
      await assert.rejects(store.get(nameOf(given)), BlockMissingError);
      await other.commit();
      assert.deepEqual((await digestsIn(store)).sort(), [kept, shared].map(nameOf).sort());
      await assert.rejects(writer.put(given), WriterFailedError);
      await assert.rejects(writer.commit(), WriterFailedError);
      assert.equal(await storeBlock(store, given), nameOf(given));
    });

    test('takes puts and commits of several writers at a time', async () => {
      const store = await open();
      const blocks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(5000, i + 1));
      const writers = Array.from({ length: 3 }, () => store.begin());
      await Promise.all(
        blocks.map(async (block, i) => {
          const writer = writers[i % 3];
          await writer?.put(block);
          if (i % 7 === 0) await writer?.commit();
          assert.deepEqual(await store.get(nameOf(block)), block);
        }),
      );
      for (const writer of writers) {
        await writer.commit();
        await writer.abort();
      }
      assert.deepEqual((await digestsIn(store)).sort(), blocks.map(nameOf).sort());
    });
  });
}

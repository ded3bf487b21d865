/** Blocks on the wire: as Zstandard between two Imagos, as they are to who does not know of it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { blockSizeBytes, digestOf } from '../../server/blocks/block-store.ts';
import { Bandwidth } from '../../server/foundations/bandwidth.ts';
import { testBlock } from '../../server/operations/test-uploads.ts';
import { EbsDirect } from '../../server/remotes/ebs-direct.ts';
import { FarClient } from '../../server/remotes/far-client.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { FarEnd, pull, push, snapshotOf } from '../support/far-end.ts';
import type { Passed, Sent } from '../support/far-proxy.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

const isBlock = ({ path }: Passed) => /\/blocks\/\d/.test(path);

/** Bytes of the blocks that go through from now on, as they are on the wire. */
function watchBlocks() {
  const seen: { puts: Sent[]; gets: Sent[]; got: number[] } = { puts: [], gets: [], got: [] };
  end.proxy.rules.see = (sent) => {
    if (isBlock(sent)) (sent.method === 'PUT' ? seen.puts : seen.gets).push(sent);
  };
  end.proxy.rules.change = (passed, body) => {
    if (isBlock(passed) && passed.method === 'GET') seen.got.push(body.length);
    return body;
  };
  return seen;
}

test('between two Imagos blocks are Zstandard, there and back', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const seen = watchBlocks();
  const { id, root } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 900: 'c' });
  const sent = await push(imago, remote, id);
  assert.equal(sent.State, 'completed', sent.Message);
  await imago.catalog.write(({ snapshots }) => snapshots.delete(id));
  const back = await pull(imago, remote, sent.MadeId ?? '');
  assert.equal(back.State, 'completed', back.Message);
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(back.MadeId ?? ''));
  assert.equal(row?.root, root);
  // Each is read back where it was put, and fetched.
  assert.deepEqual([seen.puts.length, seen.gets.length], [3, 6]);
  for (const { headers, body } of seen.puts) {
    assert.equal(headers['content-encoding'], 'zstd');
    assert.equal(headers['x-amz-content-sha256'], digestOf(body));
    assert.equal(headers['x-amz-data-length'], String(blockSizeBytes));
    assert.ok(body.length < blockSizeBytes / 100);
  }
  assert.ok(seen.got.every((bytes) => bytes < blockSizeBytes / 100));
  // Progress is of the blocks, not of what is on the wire.
  assert.equal(sent.TotalBytes, 3 * blockSizeBytes);
});

test('an older Imago, which does not say that it takes them so, is sent blocks as they are', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const seen = watchBlocks();
  end.proxy.rules.omit = 'accept-encoding';
  const sent = await push(imago, remote, (await snapshotOf(imago, 'vol-1', { 0: 'a' })).id);
  assert.equal(sent.State, 'completed', sent.Message);
  assert.deepEqual(
    seen.puts.map(({ headers, body }) => [headers['content-encoding'], body.length]),
    [[undefined, blockSizeBytes]],
  );
});

test('AWS is told and asked nothing of it', async () => {
  const { accessKeyId, secretAccessKey } = end.imago.credentials;
  const key = { accessKeyId, secretAccessKey };
  const place = { endpoint: end.proxy.endpoint, region: 'us-east-1', ...key };
  const { signal } = new AbortController();
  using client = new FarClient(place, { signal, bandwidth: new Bandwidth() });
  const ebs = new EbsDirect(client);
  const seen = watchBlocks();
  const about = { volumeSizeGiB: 1, clientToken: 'as-aws', description: '' };
  const { farId, takesZstd } = await ebs.start(about);
  const block = testBlock('a');
  const digest = digestOf(block);
  await ebs.put(farId, 0, { block, digest, asZstd: takesZstd });
  await ebs.complete(farId, 1);
  const listed = await Array.fromAsync(ebs.blocks(farId));
  assert.ok((await ebs.get(farId, listed[0] ?? assert.fail())).equals(block));
  const headers = [...seen.puts, ...seen.gets].flatMap((sent) => Object.keys(sent.headers));
  assert.ok(!headers.some((name) => /encoding/.test(name) && name !== 'transfer-encoding'));
  assert.deepEqual([seen.puts[0]?.body.length, ...seen.got], [blockSizeBytes, blockSizeBytes]);
});

for (const [what, frame] of [
  ['a bomb', zstdCompressSync(Buffer.alloc(2 ** 27))],
  ['no frame', Buffer.from('none')],
  ['another block', zstdCompressSync(testBlock('other'))],
  ['nearly a block', zstdCompressSync(testBlock('a').subarray(1))],
] as const) {
  test(`where the other end answers with ${what}, nothing comes of it`, async () => {
    await using imago = await TestImago.start();
    const remote = await end.remoteOf(imago);
    const sent = await push(imago, remote, (await snapshotOf(imago, 'vol-1', { 0: 'a' })).id);
    assert.equal(sent.State, 'completed', sent.Message);
    await using other = await TestImago.start();
    const there = await end.remoteOf(other);
    end.proxy.rules.change = (passed, body) => (isBlock(passed) ? frame : body);
    const back = await pull(other, there, sent.MadeId ?? '');
    assert.equal(back.State, 'failed');
    assert.match(
      back.Message ?? '',
      /^Client.RemoteAway: second: block 0 of snap-\w+ does not come as it is said to be/,
    );
    const rows = await other.catalog.read(({ snapshots }) => snapshots.count());
    assert.equal(rows, 0);
  });
}

test('it takes as long as the limit says, of what Zstandard cannot make less of', async () => {
  await using imago = await TestImago.start();
  const seconds = 1;
  // Two blocks there and back.
  const BytesPerSecond = (4 * blockSizeBytes) / seconds;
  const remote = await end.remoteOf(imago, { BytesPerSecond });
  const random = () => randomBytes(blockSizeBytes);
  const { id } = await snapshotOf(imago, 'vol-1', { 0: random(), 1: random() });
  const began = performance.now();
  assert.equal((await push(imago, remote, id)).State, 'completed');
  assert.ok(performance.now() - began >= seconds * 1000 * 0.9);
});

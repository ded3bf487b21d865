/** Blocks as Zstandard, both ways: for who knows of it, signed as they are sent, and bounded. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blockSizeBytes, digestOf } from '../blocks/block-store.ts';
import { listSnapshotBlocks } from '../operations/ebs/ListSnapshotBlocks.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import {
  checksumOfBlock,
  complete,
  download,
  start,
  testBlock,
} from '../operations/test-uploads.ts';
import { type Key, keyOf, startTestApi, type TestApi } from './test-api.ts';
import { signedHeaders } from './test-listener.ts';

let context: TestContext;
let api: TestApi;
let key: Key;
let snapshotId: string;

before(async () => {
  context = await createTestContext();
  api = await startTestApi(context);
  key = await keyOf(context, context.caller);
});
beforeEach(async () => {
  snapshotId = await start(context);
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await context[Symbol.asyncDispose]();
});

/** The answer's code and what it is about. */
async function put(
  index: number,
  block: Buffer,
  body: Buffer,
  more: Record<string, string> = { 'x-amz-content-sha256': digestOf(body) },
) {
  const headers = {
    'content-type': 'application/octet-stream',
    'content-encoding': 'zstd',
    'x-amz-data-length': String(blockSizeBytes),
    'x-amz-checksum': checksumOfBlock(block),
    'x-amz-checksum-algorithm': 'SHA256',
    ...more,
  };
  const path = `/snapshots/${snapshotId}/blocks/${index}`;
  const request = { method: 'PUT', path, service: 'ebs', headers, body: new Uint8Array(body) };
  const withoutHash = !Object.hasOwn(headers, 'x-amz-content-sha256');
  const response = await api.fetch(key, { ...request, withoutHash });
  const text = await response.text();
  const { Reason } = text.startsWith('{') ? JSON.parse(text) : {};
  return [response.status, response.headers.get('x-amzn-errortype'), Reason];
}

test('a block is taken as Zstandard, held to its checksum and to the signature of its bytes', async () => {
  const block = testBlock('a');
  const frame = zstdCompressSync(block);
  assert.deepEqual((await put(0, block, frame))[0], 201);
  // As botocore signs it: over what is sent, which no header says.
  assert.deepEqual((await put(1, block, frame, {}))[0], 201);
  const bad = 'ValidationException';
  assert.deepEqual((await put(2, testBlock('b'), frame)).slice(0, 2), [400, bad]);
  const notSigned = [403, 'SignatureDoesNotMatch'];
  for (const hash of ['UNSIGNED-PAYLOAD', digestOf(block), digestOf(zstdCompressSync('other'))]) {
    const told = await put(2, block, frame, { 'x-amz-content-sha256': hash });
    assert.deepEqual(told.slice(0, 2), notSigned, hash);
  }
  await complete(context, snapshotId, 2);
  const blocks = await download(context, snapshotId);
  assert.deepEqual([blocks[0], blocks[1]], [block, block]);
});

test('what is no frame, or is more than a block, is refused by name, and nothing is put', async () => {
  const block = testBlock('a');
  const value = [400, 'ValidationException', 'INVALID_PARAMETER_VALUE'];
  const length = [400, 'ValidationException', 'INVALID_BLOCK'];
  assert.deepEqual(await put(0, block, block), value);
  assert.deepEqual(await put(0, block, zstdCompressSync(block).subarray(0, -1)), value);
  assert.deepEqual(await put(0, block, zstdCompressSync(Buffer.alloc(blockSizeBytes + 1))), value);
  assert.deepEqual(await put(0, block, zstdCompressSync(Buffer.alloc(2 ** 27))), value);
  assert.deepEqual(await put(0, block, zstdCompressSync(block.subarray(1))), length);
  assert.deepEqual(await put(0, block, Buffer.alloc(blockSizeBytes + 1)), length);
  // Another coding is none that it knows: these are the bytes of no block.
  const other = { 'content-encoding': 'gzip' };
  assert.deepEqual(await put(0, block, zstdCompressSync(block), other), length);
  await complete(context, snapshotId, 0);
});

test('a block comes as Zstandard to who asks for that, and to nobody else', async () => {
  const block = testBlock('a');
  await put(0, block, zstdCompressSync(block));
  await complete(context, snapshotId, 1);
  const { Blocks = [] } = await listSnapshotBlocks.run({ SnapshotId: snapshotId }, context);
  const query = { blockToken: Blocks[0]?.BlockToken ?? '' };
  const path = `/snapshots/${snapshotId}/blocks/0`;
  for (const [asked, coding] of [
    ['identity', undefined],
    ['gzip, deflate', undefined],
    ['zstd;q=0', undefined],
    ['zstd-other', undefined],
    ['gzip, zstd;q=0.5', 'zstd'],
    ['zstd', 'zstd'],
  ] as const) {
    const headers = { 'accept-encoding': asked };
    const signable = { method: 'GET', path, service: 'ebs', query, headers };
    const signed = await signedHeaders(api.port, { ...signable, credentials: key });
    const search = `?${new URLSearchParams(query)}`;
    const sent = get({ port: api.port, path: path + search, headers: signed });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await answer.toArray());
    assert.equal(answer.headers['content-encoding'], coding, asked);
    assert.ok((coding ? zstdDecompressSync(body) : body).equals(block));
    assert.equal(body.length < blockSizeBytes, coding !== undefined);
    assert.equal(answer.headers['x-amz-checksum'], checksumOfBlock(block));
    assert.equal(answer.headers['accept-encoding'], 'zstd');
  }
});

/** Blocks as bodies of PutSnapshotBlock: signed or not, slow, short, long, and many at once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { complete, download, putRequest, start, testBlock } from '../operations/test-uploads.ts';
import { type Key, keyOf, startTestApi, type TestApi } from './test-api.ts';
import { type Signable, signedHeaders } from './test-listener.ts';

/** Far longer than a block takes on a loaded machine. */
const waitMs = 4000;
let context: TestContext;
let api: TestApi;
let key: Key;
let snapshotId: string;

before(async () => {
  context = await createTestContext();
  api = await startTestApi(context, { limits: { body: { waitMs, bytesPerSecond: 1024 ** 3 } } });
  key = await keyOf(context, context.caller);
});
beforeEach(async () => {
  snapshotId = await start(context);
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await context[Symbol.asyncDispose]();
});

function putOf(index: number, block = testBlock(index)): Signable & { path: string } {
  const { Checksum } = putRequest(snapshotId, index, block);
  return {
    method: 'PUT',
    path: `/snapshots/${snapshotId}/blocks/${index}`,
    service: 'ebs',
    headers: {
      'content-type': 'application/octet-stream',
      'x-amz-data-length': '524288',
      'x-amz-checksum': Checksum,
      'x-amz-checksum-algorithm': 'SHA256',
    },
    body: new Uint8Array(block),
    credentials: key as never,
  };
}

async function send(signed: Signable & { path: string }, headers: Record<string, string>) {
  const url = `http://127.0.0.1:${api.port}${signed.path}`;
  const response = await fetch(url, { method: 'PUT', headers, body: signed.body });
  return [response.status, response.headers.get('x-amzn-errortype')];
}

async function reasonOf(message: IncomingMessage): Promise<string> {
  const text = Buffer.concat(await Array.fromAsync(message)).toString();
  return `${message.headers['x-amzn-errortype']} ${JSON.parse(text).Reason}`;
}

test('a body is good signed, with the hash in a header or without, and unsigned, with or without', async () => {
  const hash = 'x-amz-content-sha256';
  const unsigned = { [hash]: 'UNSIGNED-PAYLOAD' };
  const signed = putOf(0);
  assert.deepEqual(await send(signed, await signedHeaders(api.port, signed)), [201, null]);
  const quiet = { ...putOf(1), withoutHash: true };
  assert.deepEqual(await send(quiet, await signedHeaders(api.port, quiet)), [201, null]);
  const said = putOf(2);
  const headers = { ...said.headers, ...unsigned };
  assert.deepEqual(await send(said, await signedHeaders(api.port, { ...said, headers })), [
    201,
    null,
  ]);
  // As botocore over TLS: the hash is not signed as a header.
  const unsaid = putOf(3);
  const stream = { ...unsaid, withoutHash: true, body: new ReadableStream() as never };
  assert.deepEqual(await send(unsaid, await signedHeaders(api.port, stream)), [201, null]);
  await complete(context, snapshotId, 4);
  const blocks = await download(context, snapshotId);
  for (let index = 0; index < 4; index++) assert.deepEqual(blocks[index], testBlock(index));
});

test('another body than that of the checksum is refused, be it unsigned', async () => {
  const headers = { ...putOf(0).headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const put = { ...putOf(0), headers };
  const signed = await signedHeaders(api.port, put);
  const other = { ...put, body: new Uint8Array(testBlock('other')) };
  assert.deepEqual(await send(other, signed), [400, 'ValidationException']);
  const changed = { ...signed, 'x-amz-checksum': putRequest('', 0, testBlock('other')).Checksum };
  assert.deepEqual(await send(other, changed), [403, 'SignatureDoesNotMatch']);
  const byHash = await signedHeaders(api.port, putOf(0));
  assert.deepEqual(await send({ ...putOf(0), body: other.body }, byHash), [
    400,
    'ValidationException',
  ]);
  await complete(context, snapshotId, 0);
});

test('only a block may come unsigned', async () => {
  const body = JSON.stringify({ VolumeSize: 1 });
  const headers = {
    'content-type': 'application/json',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-checksum': putRequest('', 0, testBlock(0)).Checksum,
  };
  const response = await api.fetch(key, { path: '/snapshots', service: 'ebs', headers, body });
  assert.equal(response.headers.get('x-amzn-errortype'), 'SignatureDoesNotMatch');
});

test('a slow body is told so by name, and others are answered meanwhile', async () => {
  const slow = putOf(7);
  const headers = { ...(await signedHeaders(api.port, slow)), 'content-length': '524288' };
  const options = { host: '127.0.0.1', port: api.port, method: 'PUT', headers };
  const sending = Array.from({ length: 20 }, () => {
    const message = request({ ...options, path: slow.path });
    message.write('as far as it gets');
    return message;
  });
  const refused = sending.map(async (message) => {
    const [answer] = (await once(message, 'response')) as [IncomingMessage];
    message.destroy();
    return reasonOf(answer);
  });
  for (let index = 0; index < 10; index++) {
    const put = putOf(index);
    assert.deepEqual(await send(put, await signedHeaders(api.port, put)), [201, null]);
  }
  for (const reason of await Promise.all(refused)) {
    assert.equal(reason, 'ValidationException WRITE_REQUEST_TIMEOUT');
  }
  await complete(context, snapshotId, 10);
});

test('however many write at once, memory holds few blocks', async () => {
  const [writers, each] = [64, 4];
  const block = Buffer.alloc(blockSizeBytes);
  const put = putOf(0, block);
  const headers = await signedHeaders(api.port, put);
  // One that makes the draft ready.
  assert.deepEqual(await send(put, headers), [201, null]);
  const lines = Object.entries({ ...headers, 'content-length': String(blockSizeBytes) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, held() - before);
  }, 1);
  const write = async () => {
    const socket = connect(api.port, '127.0.0.1');
    for (let i = 0; i < each; i++) {
      socket.write(`PUT ${put.path} HTTP/1.1\r\n${head}\r\n`);
      socket.write(block);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(String(answer), /^HTTP\/1.1 201/);
    }
    socket.destroy();
  };
  try {
    await Promise.all(Array.from({ length: writers }, write));
  } finally {
    clearInterval(look);
  }
  assert.ok(most > blockSizeBytes, `${most}`);
  // 32 blocks, and what Node reads of each socket ahead of whoever asks for it.
  assert.ok(most < 32 * blockSizeBytes + writers * 256 * 1024, `${most} bytes`);
});

test('a body that is too short or too long is no block', async () => {
  for (const bytes of [524_287, 524_289]) {
    const body = new Uint8Array(bytes);
    const put = { ...putOf(0), body };
    const headers = { ...put.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const answer = await send(put, await signedHeaders(api.port, { ...put, headers }));
    assert.deepEqual(answer, [400, 'ValidationException']);
  }
});

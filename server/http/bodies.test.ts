/** Bodies that are streams, late, too long or not what was signed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ServiceError } from '../../api/service-error.ts';
import { blocksActionNames, blocksModel } from '../protocol/test-blocks.ts';
import {
  type Signable,
  signedHeaders,
  startTestListener,
  type TestListener,
  tableOf,
} from './test-listener.ts';

interface PutBlock {
  BlockIndex: number;
  BlockData: AsyncIterable<Uint8Array>;
  Checksum: string;
}

const blockBytes = 512 * 1024;
let imago: TestListener;
/** What an operation has acted on. */
let stored: Buffer[];

before(async () => {
  const operations = {
    PutBlock: {
      accepts: ['SnapshotId', 'BlockIndex', 'BlockData', 'DataLength', 'Checksum'],
      bodyMaxBytes: blockBytes,
      async run({ BlockIndex, BlockData, Checksum }: PutBlock) {
        if (BlockIndex === 404)
          throw new ServiceError('ResourceNotFoundException', 'No such block.');
        if (BlockIndex === 500) return {};
        const bytes = Buffer.concat(await Array.fromAsync(BlockData));
        stored.push(bytes);
        return { Checksum };
      },
    },
    Start: {
      accepts: ['VolumeSize'],
      bodyMaxBytes: 64,
      run: async ({ VolumeSize }: { VolumeSize: number }) => ({ SnapshotId: `s-${VolumeSize}` }),
    },
  };
  imago = await startTestListener({
    others: [tableOf(blocksModel, blocksActionNames, operations)],
    limits: { body: { waitMs: 400, bytesPerSecond: 64 * 1024 } },
  });
});
beforeEach(() => {
  stored = [];
});
after(() => imago[Symbol.asyncDispose]());

const put = (index: number, body = 'block'): Signable => ({
  method: 'PUT',
  path: `/snapshots/s/blocks/${index}`,
  service: 'blocks',
  headers: { 'x-amz-data-length': String(body.length), 'x-amz-checksum': 'c' },
  body,
});

interface Sent {
  /** In place of what was signed, each after a pause. */
  chunks?: string[];
  pauseMs?: number;
  withoutHash?: boolean;
  unfinished?: boolean;
}

async function send(signable: Signable, sent: Sent = {}) {
  const { 'x-amz-content-sha256': hash, ...headers } = await signedHeaders(imago.port, {
    ...signable,
    withoutHash: sent.withoutHash,
  });
  const { method = 'POST', path, body = '' } = signable;
  const declared = sent.withoutHash ? {} : { 'x-amz-content-sha256': hash };
  const outgoing = request(`${imago.endpoint}${path}`, {
    method,
    headers: { ...headers, ...declared, 'transfer-encoding': 'chunked' },
  });
  outgoing.on('error', () => {});
  const answered = once(outgoing, 'response');
  for (const chunk of sent.chunks ?? [body]) {
    outgoing.write(chunk);
    if (sent.pauseMs) await new Promise((resolve) => setTimeout(resolve, sent.pauseMs));
  }
  if (sent.unfinished) outgoing.flushHeaders();
  else outgoing.end();
  const [response] = (await answered) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  return {
    status: response.statusCode,
    code: response.headers['x-amzn-errortype'],
    text,
    response,
  };
}

describe('a stream', () => {
  test('reaches the operation, and its hash is what was signed', async () => {
    const { status, response } = await send(put(1));
    assert.deepEqual([status, response.headers['x-amz-checksum']], [201, 'c']);
    assert.deepEqual(stored.map(String), ['block']);
  });

  test('of other bytes fails at its end: nothing was done', async () => {
    const { status, code } = await send(put(1), { chunks: ['bl', 'ick'] });
    assert.deepEqual([status, code], [403, 'SignatureDoesNotMatch']);
    assert.deepEqual(stored, []);
  });

  test('without a declared hash is verified as a whole', async () => {
    assert.equal((await send(put(1), { withoutHash: true })).status, 201);
    const other = await send(put(1), { withoutHash: true, chunks: ['blick'] });
    assert.equal(other.code, 'SignatureDoesNotMatch');
    assert.deepEqual(stored.map(String), ['block']);
  });

  test('over its limit, declared or not', async () => {
    const long = 'b'.repeat(blockBytes + 1);
    const halves = [long.slice(0, blockBytes), 'b'];
    for (const sent of [{}, { chunks: halves }]) {
      const { status, code } = await send(put(1, long), sent);
      assert.deepEqual([status, code], [413, 'RequestEntityTooLarge']);
    }
    assert.equal((await send(put(1, long.slice(1)))).status, 201);
  });

  test('that an operation does not read: its error, or none of its answer', async () => {
    assert.equal((await send(put(404))).code, 'ResourceNotFoundException');
    assert.equal((await send(put(500))).code, 'InternalError');
  });
});

describe('slow senders', () => {
  test('get a named error, and nobody waits for them', async () => {
    const late = send(put(1), { chunks: ['bl'], unfinished: true });
    const start = { path: '/snapshots', service: 'blocks', body: '{"VolumeSize":1}' };
    const json = { headers: { 'content-type': 'application/json' } };
    const lateToo = send({ ...start, ...json }, { chunks: ['{'], unfinished: true });
    for (let count = 0; count < 5; count++) {
      assert.equal((await send({ ...start, ...json })).text, '{"SnapshotId":"s-1"}');
    }
    for (const { status, code, response } of [await late, await lateToo]) {
      assert.deepEqual([status, code], [408, 'RequestTimeout']);
      assert.equal(response.headers.connection, 'close');
    }
    assert.deepEqual(stored, []);
  });

  test('may take their time while they get on', async () => {
    const quarter = 'b'.repeat(blockBytes / 4);
    const chunks = [quarter, quarter, quarter, quarter];
    const { status } = await send(put(1, chunks.join('')), { chunks, pauseMs: 150 });
    assert.equal(status, 201);
  });
});

test('an action has its own limit', async () => {
  const body = `{"VolumeSize":${' '.repeat(64)}1}`;
  const headers = { 'content-type': 'application/json' };
  const sent = await send({ path: '/snapshots', service: 'blocks', headers, body });
  assert.deepEqual([sent.status, sent.code], [413, 'RequestEntityTooLarge']);
});

test('what the official model has and Imago has not is refused by its name', async () => {
  const { code, text } = await send({ path: '/snapshots/s/stop', service: 'blocks' });
  assert.equal(code, 'UnsupportedOperation');
  assert.match(text, /does not offer the action Stop/);
});

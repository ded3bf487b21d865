/**
 * EBS direct APIs where the disk stands still: every request is answered in the time that there is,
 * by the error that official clients take for a reason to ask again, and they do. The time is short
 * here.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { EBSClient, PutSnapshotBlockCommand } from '@aws-sdk/client-ebs';
import { type BlockStore, digestOf } from '../../server/blocks/block-store.ts';
import { oneBlockStore } from '../../server/blocks/block-stores.ts';
import { Drafts } from '../../server/drafts/drafts.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { silentLog } from '../../server/foundations/log.ts';
import { type Key, keyOf, startTestApi, type TestApi } from '../../server/http/test-api.ts';
import { createTestContext, type TestContext } from '../../server/operations/test-context.ts';
import {
  complete,
  download,
  putRequest,
  start,
  testBlock,
} from '../../server/operations/test-uploads.ts';

let context: TestContext;
let api: TestApi;
let key: Key;
let gate: PromiseWithResolvers<void>;

before(async () => {
  context = await createTestContext();
  const blocks = oneBlockStore(heldUp(context.blocks.of('us-east-1'), () => gate.promise));
  const { catalog, home, clock, site, masterKey } = context;
  const services = { catalog, home, clock, masterKey, blocks, files: nodeFiles, log: silentLog };
  const drafts = new Drafts({
    ...services,
    hostId: site.hostId,
    checkRoom: async () => {},
    answerWithinMs: 200,
  });
  Object.assign(context, { drafts });
  api = await startTestApi(context);
  key = await keyOf(context, context.caller);
});
beforeEach(() => {
  gate = Promise.withResolvers();
});
after(async () => {
  gate.resolve();
  await api[Symbol.asyncDispose]();
  await context[Symbol.asyncDispose]();
});

/** Nothing becomes durable before the gate opens. */
function heldUp(store: BlockStore, opened: () => Promise<void>): BlockStore {
  const begin = () => {
    const writer = store.begin();
    const commit = writer.commit.bind(writer);
    writer.commit = async () => {
      await opened();
      await commit();
    };
    return writer;
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'begin') return begin;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function client(maxAttempts: number): EBSClient {
  const endpoint = `http://127.0.0.1:${api.port}`;
  return new EBSClient({ endpoint, region: 'us-east-1', credentials: key, maxAttempts });
}

test('while the disk stands still every one of 64 writers is answered, and when it goes on all is there', async () => {
  const id = await start(context);
  const once = client(1);
  const put = (index: number) =>
    once.send(new PutSnapshotBlockCommand(putRequest(id, index, testBlock(index))));
  const indexes = Array.from({ length: 64 }, (_, i) => i);
  const answers = await Promise.allSettled(indexes.map(put));
  for (const answer of answers) {
    assert.equal(answer.status, 'rejected');
    assert.equal(answer.reason.name, 'RequestThrottledException');
    assert.equal(answer.reason.Reason, 'RESOURCE_LEVEL_THROTTLE');
    assert.equal(answer.reason.$metadata.httpStatusCode, 400);
  }
  gate.resolve();
  const often = client(20);
  await Promise.all(
    indexes.map((index) =>
      often.send(new PutSnapshotBlockCommand(putRequest(id, index, testBlock(index)))),
    ),
  );
  await complete(context, id, 64);
  const blocks = await download(context, id);
  for (const index of indexes) {
    assert.equal(digestOf(blocks[index] as Buffer), digestOf(testBlock(index)));
  }
});

test('the SDK for JavaScript asks again by itself', async () => {
  const id = await start(context);
  const sdk = client(20);
  let asked = 0;
  sdk.middlewareStack.add(
    (next) => (args) => {
      if (++asked === 2) gate.resolve();
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const { $metadata } = await sdk.send(
    new PutSnapshotBlockCommand(putRequest(id, 0, testBlock('late'))),
  );
  assert.ok(($metadata.attempts ?? 0) >= 2, `${$metadata.attempts} attempts`);
});

for (const mode of ['legacy', 'standard']) {
  test(`boto3 asks again by itself, in its mode ${mode}`, async () => {
    const id = await start(context);
    const script = path.join(import.meta.dirname, 'ebs-throttled.py');
    const running = promisify(execFile)(
      'python3',
      [script, `http://127.0.0.1:${api.port}`, id, mode],
      {
        env: {
          // Debian's own comes first: another Python has no boto3.
          PATH: `/usr/bin:/bin:${process.env.PATH}`,
          AWS_ACCESS_KEY_ID: key.accessKeyId,
          AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        },
      },
    );
    // It says so when it is told to come again.
    running.child.stderr?.once('data', () => gate.resolve());
    const { stdout } = await running;
    assert.ok(Number(stdout) >= 1, `${stdout} attempts more`);
  });
}

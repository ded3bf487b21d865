/** Changes as they come over a WebSocket: to whom, and until when. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { WebSocket } from 'ws';
import type { SessionCredentials } from '../../api/imago-sessions.ts';
import { Sha256 } from '../foundations/sha256.ts';
import { createKeyPair } from '../operations/ec2/key-pairs/CreateKeyPair.ts';
import { deleteKeyPair } from '../operations/ec2/key-pairs/DeleteKeyPair.ts';
import { createAccount } from '../operations/imago/CreateAccount.ts';
import { endSession } from '../operations/imago/EndSession.ts';
import { updateAccount } from '../operations/imago/UpdateAccount.ts';
import type { OperationContext } from '../operations/operation.ts';
import { getSessionToken } from '../operations/sts/GetSessionToken.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { insertImage } from '../operations/test-images.ts';
import { type Key, keyOf, startTestApi, type TestApi } from './test-api.ts';

const places = { connectionsMax: 20, ofAccountMax: 20, opens: { atOnce: 100, perSecond: 100 } };
const webSockets = { frameMaxBytes: 1024, ...places, pingMs: 1000, idleMs: 60_000 };

let context: TestContext;
let api: TestApi;
let own: OperationContext;
let other: OperationContext;
before(async () => {
  context = await createTestContext();
  api = await startTestApi(context, { limits: { webSockets } });
});
beforeEach(async () => {
  context.now = new Date();
  own = await context.asNewAccount();
  other = await context.asNewAccount();
});
const open: WebSocket[] = [];
afterEach(async () => {
  for (const webSocket of open.splice(0)) {
    if (webSocket.readyState === WebSocket.CLOSED) continue;
    const closed = once(webSocket, 'close');
    webSocket.terminate();
    await closed;
  }
});
after(async () => {
  await api?.[Symbol.asyncDispose]();
  await context?.[Symbol.asyncDispose]();
});

interface Watcher {
  /** `table id` of what it was told. */
  told: string[];
  closed: Promise<number>;
}

async function watch(credentials: Key, region = 'us-east-1'): Promise<Watcher> {
  const signer = new SignatureV4({ region, service: 'imago', sha256: Sha256, credentials });
  const path = '/imago/changes';
  const headers = { host: `127.0.0.1:${api.port}` };
  const { query = {} } = await signer.presign(
    { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path, headers },
    { expiresIn: 60 },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  const webSocket = new WebSocket(`ws://127.0.0.1:${api.port}${path}?${search}`);
  open.push(webSocket);
  const told: string[] = [];
  webSocket.on('message', (data) => {
    for (const line of String(data).split('\n').slice(0, -1)) {
      const { table, id } = JSON.parse(line);
      told.push(`${table} ${id}`);
    }
  });
  const closed = once(webSocket, 'close').then(([code]) => code);
  await once(webSocket, 'open');
  return { told, closed };
}

const watchAs = async (as: OperationContext, region?: string) =>
  watch(await keyOf(context, as.caller), region);

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(2);
}

const makeKey = async (as: OperationContext, KeyName: string) =>
  (await createKeyPair.run({ KeyName }, as)).KeyPairId as string;

async function session(as: OperationContext): Promise<Key> {
  const { Credentials } = await getSessionToken.run({}, as);
  const made = Credentials as SessionCredentials;
  return {
    accessKeyId: made.AccessKeyId,
    secretAccessKey: made.SecretAccessKey,
    sessionToken: made.SessionToken,
  };
}

describe('who watches', () => {
  test('hears of its own rows, to their deletion, and of nobody else’s', async () => {
    const [mine, theirs] = [await watchAs(own), await watchAs(other)];
    const elsewhere = await watchAs(own, 'eu-west-1');
    const id = await makeKey(own, 'web');
    await until(() => mine.told.length === 1);
    await deleteKeyPair.run({ KeyName: 'web' }, own);
    await until(() => mine.told.length === 2);
    assert.deepEqual(mine.told, [`keyPairs ${id}`, `keyPairs ${id}`]);
    const last = await makeKey(other, 'other');
    await until(() => theirs.told.length > 0);
    assert.deepEqual(theirs.told, [`keyPairs ${last}`]);
    assert.equal(mine.told.length, 2);
    assert.deepEqual(elsewhere.told, []);
  });

  test('hears of images that are shown to it', async () => {
    const theirs = await watchAs(other);
    const { account } = other.caller;
    await insertImage(own, { id: 'ami-0000000000000000a', name: 'a' });
    await insertImage(own, {
      id: 'ami-0000000000000000b',
      name: 'b',
      launchPermissions: [account],
    });
    await until(() => theirs.told.length > 0);
    assert.deepEqual(theirs.told, ['images ami-0000000000000000b']);
  });

  test('as an operator hears of accounts and tasks, others of none', async () => {
    const [operators, theirs] = [await watchAs(context), await watchAs(other)];
    const { Account } = await createAccount.run({ Name: 'made' }, context);
    await until(() => operators.told.includes(`accounts ${Account.AccountId}`));
    const id = await makeKey(other, 'last');
    await until(() => theirs.told.length > 0);
    assert.deepEqual(theirs.told, [`keyPairs ${id}`]);
  });
});

describe('a stream ends', () => {
  test('when its session is ended, and no other of the account', async () => {
    const [ended, kept] = [await session(own), await session(own)];
    const [mine, still] = [await watch(ended), await watch(kept)];
    await endSession.run({ AccessKeyId: ended.accessKeyId }, own);
    await api.checkCallers();
    assert.equal(await mine.closed, 1008);
    const id = await makeKey(own, 'web');
    await until(() => still.told.includes(`keyPairs ${id}`));
    assert.ok(!mine.told.includes(`keyPairs ${id}`));
  });

  test('when its session expires, by itself', async () => {
    context.now = new Date(Date.now() - 43_200_000 + 1500);
    const mine = await watch(await session(own));
    assert.equal(await mine.closed, 1008);
  });

  test('when the access key of its session is disabled', async () => {
    const mine = await watch(await session(own));
    await context.catalog.write(async ({ credentials }) => {
      const row = await credentials.get(own.caller.accessKeyId);
      if (row) await credentials.update({ ...row, disabled: true });
    });
    await api.checkCallers();
    assert.equal(await mine.closed, 1008);
  });

  test('when its account is changed, which may see other things then', async () => {
    const mine = await watchAs(own);
    const { account: Account } = own.caller;
    await updateAccount.run({ Account, OrganizationPath: 'o-abcdefghij/r-1a2b' }, context);
    assert.equal(await mine.closed, 1005);
    assert.ok(mine.told.includes(`accounts ${Account}`));
  });
});

/** The log over a WebSocket: to whom, until when, and what is never in it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { WebSocket } from 'ws';
import { jsonLog } from '../foundations/log.ts';
import { Sha256 } from '../foundations/sha256.ts';
import { updateAccount } from '../operations/imago/UpdateAccount.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { type Key, keyOf, startTestApi, type TestApi } from './test-api.ts';

let context: TestContext;
let api: TestApi;
before(async () => {
  context = await createTestContext();
  api = await startTestApi(context, { log: jsonLog(context.recentLog.write) });
});
after(async () => {
  await api?.[Symbol.asyncDispose]();
  await context?.[Symbol.asyncDispose]();
});

async function tail(credentials: Key) {
  const signer = new SignatureV4({
    region: 'us-east-1',
    service: 'imago',
    sha256: Sha256,
    credentials,
  });
  const path = '/imago/log';
  const headers = { host: `127.0.0.1:${api.port}` };
  const { query = {} } = await signer.presign(
    { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path, headers },
    { expiresIn: 60 },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  const webSocket = new WebSocket(`ws://127.0.0.1:${api.port}${path}?${search}`);
  let text = '';
  webSocket.on('message', (data) => {
    text += data;
  });
  const closed = new Promise((resolve) => webSocket.once('close', resolve));
  const signature = search.get('X-Amz-Signature') ?? '';
  return { webSocket, closed, signature, heard: () => text };
}

async function ask(key: Key, action: string, body = {}): Promise<string> {
  const answer = await api.fetch(key, {
    method: 'POST',
    path: '/',
    service: 'imago',
    headers: { 'content-type': 'application/json', 'x-amz-target': `imago.${action}` },
    body: JSON.stringify(body),
  });
  return answer.text();
}

test('by TailLog operators read along; secrets, signatures and what others name are not in it', async () => {
  const key = await keyOf(context, context.caller);
  const { webSocket, signature, heard, closed } = await tail(key);
  await once(webSocket, 'open');
  const told = [
    await ask(key, 'CreateAccessKey'),
    await ask(key, 'CreateSignIn'),
    await ask(key, 'CreateAccount', { Name: 'of-somebody' }),
  ];
  await ask(key, 'NoSuchAction');
  while (!heard().includes('NoSuchAction')) await sleep(2);
  for (const action of ['CreateAccessKey', 'CreateSignIn', 'CreateAccount']) {
    assert.ok(heard().includes(action), action);
  }
  const secrets = told.flatMap((answer) =>
    [...answer.matchAll(/"(?:SecretAccessKey|SessionToken)":"([^"]+)"/g)].map(([, it = '']) => it),
  );
  assert.equal(secrets.length, 4);
  for (const secret of [...secrets, key.secretAccessKey, signature, 'of-somebody']) {
    assert.ok(!heard().includes(secret), secret);
  }
  webSocket.close();
  await closed;
});

test('nobody else does', async () => {
  const { caller } = await context.asNewAccount();
  const { webSocket } = await tail(await keyOf(context, caller));
  const [error] = await once(webSocket, 'error');
  assert.match(error.message, /403/);
});

test('who is no operator any more reads no more', async () => {
  const { caller } = await context.asNewAccount({ operator: true });
  const { webSocket, closed } = await tail(await keyOf(context, caller));
  await once(webSocket, 'open');
  await updateAccount.run({ Account: caller.account, Operator: false }, context);
  await api.checkCallers();
  assert.equal(await closed, 1008);
});

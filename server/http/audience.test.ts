/**
 * The operator's account and another one, in the catalog as they are, before the real table of
 * operations.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findCredential } from '../domain/access-keys.ts';
import { ensureFirstAccount } from '../domain/first-account.ts';
import { randomIds, systemClock } from '../domain/identity.ts';
import { silentLog } from '../foundations/log.ts';
import { services } from '../operations/generated/tables.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { createListener, type Listener } from './listener.ts';
import { signedHeaders } from './test-listener.ts';

interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

let context: TestContext;
let listener: Listener;
let port: number;
let operator: Key;
const other: Key = { accessKeyId: 'AKIAOTHER', secretAccessKey: 'secret' };

before(async () => {
  context = await createTestContext();
  const { catalog, site } = context;
  const identity = { clock: systemClock, ids: randomIds };
  const { id, secretAccessKey } = await ensureFirstAccount(catalog, { site, ...identity });
  operator = { accessKeyId: id, secretAccessKey };
  const createdAt = new Date().toISOString();
  await catalog.write(async ({ accounts, credentials }) => {
    await accounts.insert({ id: '999999999999', name: 'other', createdAt });
    const row = { id: other.accessKeyId, account: '999999999999', createdAt };
    await credentials.insert({ ...row, secretAccessKey: other.secretAccessKey });
  });
  listener = createListener({
    ...identity,
    log: silentLog,
    regions: site.regions,
    services,
    findCredential: (accessKeyId) => findCredential(catalog, accessKeyId),
    contextFor: (caller, requestId) => ({ ...context, caller, requestId }),
  });
  ({ port } = await listener.listen(0));
});
after(async () => {
  await listener.close();
  await context[Symbol.asyncDispose]();
});

async function ask(key: Key, method: string, url: string, target?: string) {
  const [path = '', search = ''] = url.split('?');
  const headers = await signedHeaders(port, {
    method,
    path,
    service: 'imago',
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: target ? { 'x-amz-target': target } : {},
    credentials: key,
  });
  const response = await fetch(`http://127.0.0.1:${port}${url}`, { method, headers });
  const code = response.headers.get('x-amzn-errortype');
  // biome-ignore lint/suspicious/noExplicitAny: it is looked at by the test
  const body = (await response.json()) as any;
  return { status: response.status, code, body };
}

describe('Imago’s own service over rest-json', () => {
  test('orders, lists in pages and finds tasks by id', async () => {
    const ordered = await ask(operator, 'POST', '/imago/provider-images/micro/builds');
    assert.equal(ordered.status, 202);
    const { TaskId: id } = ordered.body;
    const all = await ask(operator, 'GET', '/imago/tasks?maxResults=5');
    assert.deepEqual(
      all.body.Tasks.map((task: { Id: string }) => task.Id),
      [id],
    );
    assert.equal(typeof all.body.Tasks[0].CreatedAt, 'number', 'seconds since 1970');
    const found = await ask(operator, 'GET', `/imago/tasks?taskId=${id}`);
    assert.equal(found.body.Tasks[0].Subject, 'micro');
    const missing = await ask(operator, 'GET', '/imago/tasks?taskId=task-1');
    assert.deepEqual(
      [missing.status, missing.code, missing.body],
      [400, 'InvalidTaskId.NotFound', { message: "The task 'task-1' does not exist" }],
    );
  });

  test('refuses what is not there', async () => {
    const nothing = await ask(operator, 'GET', '/imago/everything');
    assert.deepEqual([nothing.status, nothing.code], [404, 'UnknownOperationException']);
    const unknown = await ask(operator, 'GET', '/imago/tasks?colour=red');
    assert.deepEqual([unknown.status, unknown.code], [400, 'UnknownParameter']);
  });
});

describe('an account that is not the operator’s', () => {
  test('sees its own tasks only', async () => {
    const { status, body } = await ask(other, 'GET', '/imago/tasks');
    assert.deepEqual([status, body], [200, { Tasks: [] }]);
  });

  for (const [method, url] of [
    ['GET', '/imago/server'],
    ['POST', '/imago/provider-images/micro/builds'],
  ] as const) {
    test(`may not ask for ${method} ${url}`, async () => {
      const { status, code, body } = await ask(other, method, url);
      assert.deepEqual([status, code], [403, 'AccessDeniedException']);
      assert.match(body.message, /for the operator/);
      assert.notEqual((await ask(operator, method, url)).status, 403);
    });
  }

  test('is told so in JSON as well', async () => {
    const { status, body } = await ask(other, 'POST', '/', 'imago.DescribeServer');
    assert.deepEqual([status, body.__type], [403, 'AccessDeniedException']);
  });
});

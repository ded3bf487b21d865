/**
 * The operator's account and another one, in the catalog as they are, before the real table of
 * operations.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { type Key, keyOf, startTestApi, type TestApi } from './test-api.ts';
import { signedHeaders } from './test-listener.ts';

let context: TestContext;
let api: TestApi;
let operator: Key;
let other: Key;

before(async () => {
  context = await createTestContext();
  operator = await keyOf(context, context.caller);
  other = await keyOf(context, (await context.asNewAccount({ name: 'other' })).caller);
  api = await startTestApi(context);
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await context[Symbol.asyncDispose]();
});

async function ask(
  key: Key,
  method: string,
  url: string,
  more: { target?: string; body?: object } = {},
) {
  const [path = '', search = ''] = url.split('?');
  const { target, body: sent } = more;
  const response = await api.fetch(key, {
    method,
    path,
    service: 'imago',
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: {
      ...(target && { 'x-amz-target': target }),
      ...(sent && { 'content-type': 'application/json' }),
    },
    body: sent && JSON.stringify(sent),
  });
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

describe('accounts over rest-json', () => {
  test('are made, shown, changed, disabled and deleted at their paths', async () => {
    const made = await ask(operator, 'POST', '/imago/accounts', { body: { Name: 'ci' } });
    assert.equal(made.status, 201);
    const { Account: account, AccessKey: key } = made.body;
    const at = `/imago/accounts/${account.AccountId}`;
    assert.deepEqual([account.Name, account.Status, account.Operator], ['ci', 'Active', false]);
    assert.equal(typeof account.CreateDate, 'number', 'seconds since 1970');
    const own = { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
    assert.deepEqual((await ask(own, 'GET', '/imago/account')).body.Account, account);
    const shown = await ask(operator, 'GET', '/imago/account?account=ci');
    assert.deepEqual(shown.body.Account, account);
    const pages = await ask(operator, 'GET', '/imago/accounts?maxResults=5');
    assert.ok(pages.body.Accounts.some(({ Name }: { Name: string }) => Name === 'ci'));
    const named = await ask(operator, 'PATCH', at, { body: { Name: 'build' } });
    assert.equal(named.body.Account.Name, 'build');
    assert.equal((await ask(operator, 'POST', `${at}/disable`)).body.Account.Status, 'Disabled');
    const blocked = await ask(own, 'GET', '/imago/account');
    assert.deepEqual([blocked.status, blocked.code], [403, 'Blocked']);
    assert.equal((await ask(operator, 'POST', `${at}/enable`)).body.Account.Status, 'Active');
    assert.deepEqual((await ask(operator, 'DELETE', at)).body, {});
    const gone = await ask(own, 'GET', '/imago/account');
    assert.deepEqual([gone.status, gone.code], [403, 'UnrecognizedClientException']);
    const missing = await ask(operator, 'DELETE', at);
    assert.deepEqual([missing.status, missing.code], [404, 'NoSuchEntity']);
    const taken = await ask(operator, 'POST', '/imago/accounts', { body: { Name: 'other' } });
    assert.deepEqual([taken.status, taken.code], [409, 'EntityAlreadyExists']);
    const nameless = await ask(operator, 'POST', '/imago/accounts', { body: {} });
    assert.deepEqual([nameless.status, nameless.code], [400, 'MissingParameter']);
  });

  test('have keys of their own', async () => {
    const made = await ask(other, 'POST', '/imago/keys', { body: {} });
    assert.equal(made.status, 201);
    const at = `/imago/keys/${made.body.AccessKey.AccessKeyId}`;
    const full = await ask(other, 'POST', '/imago/keys', { body: {} });
    assert.deepEqual([full.status, full.code], [409, 'LimitExceeded']);
    const inactive = await ask(other, 'PATCH', at, { body: { Status: 'Inactive' } });
    assert.equal(inactive.body.AccessKey.Status, 'Inactive');
    const listed = await ask(operator, 'GET', '/imago/keys?account=other');
    assert.equal(listed.body.AccessKeys.length, 2);
    assert.equal(JSON.stringify(listed.body).includes('Secret'), false);
    assert.deepEqual((await ask(other, 'DELETE', at)).body, {});
    const own = await ask(other, 'DELETE', `/imago/keys/${other.accessKeyId}`);
    assert.deepEqual([own.status, own.code], [400, 'OperationNotPermitted']);
  });
});

test('an account that is disabled while its request is on its way changes nothing any more', async () => {
  const late = await context.asNewAccount({ name: 'late' });
  const key = await keyOf(context, late.caller);
  const body = '{}';
  const headers = await signedHeaders(api.port, {
    path: '/imago/keys',
    service: 'imago',
    headers: { 'content-type': 'application/json' },
    body,
    credentials: key,
  });
  const sending = request({
    host: '127.0.0.1',
    port: api.port,
    path: '/imago/keys',
    method: 'POST',
    headers: { ...headers, 'content-length': body.length },
  });
  const seen = once(api.lookUps, key.accessKeyId);
  sending.write(body.slice(0, 1));
  await seen;
  await ask(operator, 'POST', '/imago/accounts/late/disable');
  sending.end(body.slice(1));
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 403);
  assert.equal(response.headers['x-amzn-errortype'], 'Blocked');
  response.resume();
  const keys = await ask(operator, 'GET', '/imago/keys?account=late');
  assert.equal(keys.body.AccessKeys.length, 1);
});

describe('an account that is not the operator’s', () => {
  test('sees its own tasks only', async () => {
    const { status, body } = await ask(other, 'GET', '/imago/tasks');
    assert.deepEqual([status, body], [200, { Tasks: [] }]);
  });

  for (const [method, url] of [
    ['GET', '/imago/server'],
    ['POST', '/imago/provider-images/micro/builds'],
    ['GET', '/imago/accounts'],
  ] as const) {
    test(`may not ask for ${method} ${url}`, async () => {
      const { status, code, body } = await ask(other, method, url);
      assert.deepEqual([status, code], [403, 'AccessDeniedException']);
      assert.match(body.message, /for the operator/);
      assert.notEqual((await ask(operator, method, url)).status, 403);
    });
  }

  test('is told so in JSON as well', async () => {
    const { status, body } = await ask(other, 'POST', '/', { target: 'imago.DescribeServer' });
    assert.deepEqual([status, body.__type], [403, 'AccessDeniedException']);
  });
});

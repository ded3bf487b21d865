import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { instance } from '../catalog/test-rows.ts';
import { forgetOldClientTokens, type IdempotentCall, idempotently } from './client-tokens.ts';

let catalog: Catalog;
let made: number;
beforeEach(() => {
  catalog = createMemoryCatalog();
  made = 0;
});

const now = new Date('2026-11-23T10:00:00.000Z');
const call = (change: Partial<IdempotentCall> = {}) =>
  catalog.write((transaction) =>
    idempotently(
      transaction,
      {
        account: '111111111111',
        region: 'us-east-1',
        action: 'RunInstances',
        token: 'token',
        parameters: {},
        now,
        ...change,
      },
      async () => [`i-${++made}`],
    ),
  );

test('the same token answers the same resources, no token always new ones', async () => {
  assert.deepEqual(await call(), ['i-1']);
  assert.deepEqual(await call(), ['i-1']);
  assert.deepEqual(await call({ token: undefined }), ['i-2']);
  assert.deepEqual(await call({ token: undefined }), ['i-3']);
});

test('a token belongs to an account, a region and an action', async () => {
  await call();
  assert.deepEqual(await call({ account: '222222222222' }), ['i-2']);
  assert.deepEqual(await call({ region: 'eu-west-1' }), ['i-3']);
  assert.deepEqual(await call({ action: 'CopyImage' }), ['i-4']);
  assert.deepEqual(await call(), ['i-1']);
});

test('parameters are compared whatever their order, without the token and DryRun', async () => {
  const at = new Date(0);
  await call({ parameters: { A: [1, { B: 2, C: at }], D: undefined, ClientToken: 'token' } });
  assert.deepEqual(
    await call({ parameters: { DryRun: false, A: [1, { C: new Date(0), B: 2 }] } }),
    ['i-1'],
  );
  for (const parameters of [{}, { A: [1, { B: 3, C: at }] }, { A: [{ B: 2, C: at }, 1] }]) {
    await assert.rejects(call({ parameters }), { code: 'IdempotentParameterMismatch' });
  }
  await call({ token: 'bytes', parameters: { Data: Buffer.from('a') } });
  await assert.rejects(call({ token: 'bytes', parameters: { Data: Buffer.from('b') } }), {
    code: 'IdempotentParameterMismatch',
  });
});

test('a token has 1 to 64 ASCII characters', async () => {
  for (const token of ['', 'x'.repeat(65), 'ü', 'a\n']) {
    await assert.rejects(call({ token }), { code: 'InvalidParameterValue' }, token);
  }
  assert.deepEqual(await call({ token: 'x'.repeat(64) }), ['i-1']);
});

test('what fails leaves no token behind', async () => {
  const failing = catalog.write((transaction) =>
    idempotently(
      transaction,
      { account: '1', region: 'r', action: 'a', token: 't', parameters: {}, now },
      async () => {
        throw new Error('no');
      },
    ),
  );
  await assert.rejects(failing, /no/);
  assert.equal(await catalog.read(({ clientTokens }) => clientTokens.count()), 0);
});

const day = 24 * 60 * 60 * 1000;
const after = (days: number) => new Date(now.getTime() + days * day);

test('old tokens are forgotten, newer ones are not', async () => {
  for (let count = 0; count < 250; count++) {
    await call({ token: `old ${count}`, now: after(-8), action: 'CopyImage' });
  }
  await call({ token: 'young', now: after(-2), action: 'CopyImage' });
  await forgetOldClientTokens(catalog, now);
  assert.equal(await countTokens(), 1);
  assert.deepEqual(await call({ token: 'young', action: 'CopyImage' }), ['i-251']);
  assert.deepEqual(await call({ token: 'old 7', action: 'CopyImage' }), ['i-252']);
});

const countTokens = () => catalog.read(({ clientTokens }) => clientTokens.count());

test('a launch’s token lives as long as its instance, and a day longer', async () => {
  await call();
  const row = instance('i-1');
  await catalog.write(({ instances }) => instances.insert(row));
  for (const days of [8, 16, 24]) await forgetOldClientTokens(catalog, after(days));
  assert.deepEqual(await call(), ['i-1']);
  await catalog.write(async ({ instances }) => {
    const living = await instances.get(row.id);
    if (living) await instances.update({ ...living, state: 'terminated' });
  });
  await forgetOldClientTokens(catalog, after(32));
  await catalog.write(({ instances }) => instances.delete(row.id));
  await forgetOldClientTokens(catalog, after(32.9));
  assert.equal(await countTokens(), 1);
  await forgetOldClientTokens(catalog, after(33.1));
  assert.equal(await countTokens(), 0);
});

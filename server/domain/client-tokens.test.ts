import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
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

test('old tokens are forgotten, newer ones are not', async () => {
  const day = 24 * 60 * 60 * 1000;
  for (let count = 0; count < 250; count++) {
    await call({ token: `old ${count}`, now: new Date(now.getTime() - 8 * day) });
  }
  await call({ token: 'young', now: new Date(now.getTime() - 2 * day) });
  await forgetOldClientTokens(catalog, now);
  assert.equal(await catalog.read(({ clientTokens }) => clientTokens.count()), 1);
  assert.deepEqual(await call({ token: 'young' }), ['i-251']);
  assert.deepEqual(await call({ token: 'old 7' }), ['i-252']);
});

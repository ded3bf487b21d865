import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { findCredential, newCredential } from './access-keys.ts';
import { providerAccount } from './accounts.ts';
import { ensureFirstAccount } from './first-account.ts';
import { randomIds, systemClock } from './identity.ts';
import type { Site } from './site.ts';

const site: Site = {
  regions: ['us-east-1'],
  simulated: true,
  hostId: 'h-0123456789abcdef0',
  zones: 1,
  publicNetwork: '127.37.0.0/16',
  memoryOvercommit: 1,
};

test('the first start makes an account with a key and a network; later ones find them', async () => {
  const catalog = createMemoryCatalog();
  const services = { site, clock: systemClock, ids: randomIds };
  const first = await ensureFirstAccount(catalog, services);
  assert.match(first.account, /^[1-9]\d{11}$/);
  assert.match(first.id, /^AKIA[A-Z2-7]{16}$/);
  assert.match(first.secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
  const stored = { ...first, version: 1 };
  assert.deepEqual(await ensureFirstAccount(catalog, services), stored);
  assert.deepEqual(await findCredential(catalog, first.id, systemClock), {
    account: first.account,
    secretAccessKey: first.secretAccessKey,
    operator: true,
    groups: [],
    blocked: false,
    session: undefined,
  });
  assert.equal(await findCredential(catalog, 'AKIAAAAAAAAAAAAAAAAA', systemClock), undefined);
  const accounts = await catalog.read((reader) => reader.accounts.list());
  assert.deepEqual(accounts.map(({ id, alias }) => ({ id, alias })).sort(byId), [
    ...[
      { id: first.account, alias: undefined },
      { id: providerAccount.id, alias: 'amazon' },
    ].sort(byId),
  ]);
});

test('the first account is the operator’s, that of an older home too, and no other', async () => {
  const catalog = createMemoryCatalog();
  const services = { site, clock: systemClock, ids: randomIds };
  const { id, account } = await ensureFirstAccount(catalog, services);
  const [other, otherKey] = ['999999999999', 'AKIAOTHER'];
  const createdAt = new Date(Date.now() + 1000).toISOString();
  await catalog.write(async ({ accounts, credentials }) => {
    const row = await accounts.get(account);
    assert.ok(row);
    await accounts.update({ ...row, operator: undefined });
    await accounts.insert({ id: other, name: 'other', createdAt });
    const secretAccessKey = 'secret';
    await credentials.insert({ id: otherKey, account: other, secretAccessKey, createdAt });
  });
  assert.equal((await findCredential(catalog, id, systemClock))?.operator, false);
  await ensureFirstAccount(catalog, services);
  assert.equal((await findCredential(catalog, id, systemClock))?.operator, true);
  assert.equal((await findCredential(catalog, otherKey, systemClock))?.operator, false);
});

test('clients keep the key that they have while it is an operator’s and active', async () => {
  const catalog = createMemoryCatalog();
  const services = { site, clock: systemClock, ids: randomIds };
  const { id, account } = await ensureFirstAccount(catalog, services);
  const createdAt = new Date(Date.now() + 1000).toISOString();
  const second = newCredential(account, createdAt);
  const others = newCredential('999999999999', '2020-01-01T00:00:00.000Z');
  await catalog.write(async ({ accounts, credentials }) => {
    await accounts.insert({ id: '999999999999', name: 'other', createdAt });
    await credentials.insert(second);
    await credentials.insert(others);
  });
  const chosen = async (kept?: string) => (await ensureFirstAccount(catalog, services, kept)).id;
  assert.equal(await chosen(), id, 'the oldest');
  assert.equal(await chosen(second.id), second.id);
  assert.equal(await chosen(others.id), id, 'another account’s is not for them');
  const change = (disabled: true | undefined, key: string) =>
    catalog.write(async ({ credentials }) => {
      const row = await credentials.get(key);
      assert.ok(row);
      await credentials.update({ ...row, disabled });
    });
  await change(true, second.id);
  assert.equal(await chosen(second.id), id);
  await change(undefined, second.id);
  await catalog.write(({ credentials }) => credentials.delete(id));
  assert.equal(await chosen(id), second.id);
});

test('a region that the operator adds gets its network at the next start', async () => {
  const catalog = createMemoryCatalog();
  const services = { site, clock: systemClock, ids: randomIds };
  const { account } = await ensureFirstAccount(catalog, services);
  const regions = ['us-east-1', 'eu-west-1'];
  await ensureFirstAccount(catalog, { ...services, site: { ...site, regions } });
  const vpcs = await catalog.read((reader) => reader.vpcs.list());
  assert.deepEqual(vpcs.map((vpc) => vpc.region).sort(), ['eu-west-1', 'us-east-1']);
  assert.ok(vpcs.every((vpc) => vpc.account === account));
});

test('a disabled key is as good as none, a disabled account is told of', async () => {
  const catalog = createMemoryCatalog();
  const services = { site, clock: systemClock, ids: randomIds };
  const { id, account } = await ensureFirstAccount(catalog, services);
  const change = (disabled: { key?: true; account?: true }) =>
    catalog.write(async ({ accounts, credentials }) => {
      const [row, key] = [await accounts.get(account), await credentials.get(id)];
      assert.ok(row && key);
      await accounts.update({ ...row, disabled: disabled.account });
      await credentials.update({ ...key, disabled: disabled.key });
    });
  await change({ account: true });
  assert.equal((await findCredential(catalog, id, systemClock))?.blocked, true);
  await change({ key: true });
  assert.equal(await findCredential(catalog, id, systemClock), undefined);
  await change({});
  assert.equal((await findCredential(catalog, id, systemClock))?.blocked, false);
});

test('keys of different installations differ', async () => {
  const services = { site, clock: systemClock, ids: randomIds };
  const one = await ensureFirstAccount(createMemoryCatalog(), services);
  const other = await ensureFirstAccount(createMemoryCatalog(), services);
  assert.notEqual(one.id, other.id);
  assert.notEqual(one.secretAccessKey, other.secretAccessKey);
});

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}

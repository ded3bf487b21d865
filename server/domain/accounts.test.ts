import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { ensureFirstAccount, findCredential, groupsOf, providerAccount } from './accounts.ts';
import { randomIds, systemClock } from './identity.ts';
import type { Site } from './site.ts';

const site: Site = {
  regions: ['us-east-1'],
  simulated: true,
  hostId: 'h-0123456789abcdef0',
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
  assert.deepEqual(await findCredential(catalog, first.id), {
    ...stored,
    operator: true,
    groups: [],
    blocked: false,
  });
  assert.equal(await findCredential(catalog, 'AKIAAAAAAAAAAAAAAAAA'), undefined);
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
  assert.equal((await findCredential(catalog, id))?.operator, false);
  await ensureFirstAccount(catalog, services);
  assert.equal((await findCredential(catalog, id))?.operator, true);
  assert.equal((await findCredential(catalog, otherKey))?.operator, false);
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
  assert.equal((await findCredential(catalog, id))?.blocked, true);
  await change({ key: true });
  assert.equal(await findCredential(catalog, id), undefined);
  await change({});
  assert.equal((await findCredential(catalog, id))?.blocked, false);
});

test('an account’s groups are its organization and each unit that it is in', async () => {
  const groups = (organizationPath?: string) => groupsOf({ organizationPath });
  assert.deepEqual(groups(), []);
  assert.deepEqual(groups('o-abcdefghij/r-1a2b'), ['o-abcdefghij']);
  assert.deepEqual(groups('o-abcdefghij/r-1a2b/ou-1a2b-00000001/ou-1a2b-00000002'), [
    'o-abcdefghij',
    'o-abcdefghij/ou-1a2b-00000001',
    'o-abcdefghij/ou-1a2b-00000002',
  ]);
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

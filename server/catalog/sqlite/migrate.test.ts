/** That a file of an older Imago becomes one of this, its rows with it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { versionRowId } from '../rows/launch-template.ts';
import { tagKeys, tagPrefix, viewerKey } from '../rows/row.ts';
import { migrationSteps } from '../sql/migration-steps.ts';
import { migrations } from '../sql/migrations.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { sqliteDialect } from './migrate.ts';
import { openSqliteCatalog } from './sqlite-catalog.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-migrate-'));
});
after(() => rm(folder, { recursive: true }));

/**
 * A file as the Imago left it that knew only so many migrations, with rows put into it by plain
 * SQL.
 */
async function olderFile(version: number, rows: Record<string, object[]>): Promise<string> {
  const file = path.join(folder, `version-${version}.db`);
  const connection = new Connection(file);
  const steps = migrationSteps(sqliteQueries(), sqliteDialect, async (query) =>
    connection.all(query),
  );
  for (const { run } of migrations.slice(0, version)) await run(steps);
  connection.exec(`PRAGMA user_version = ${version}`);
  connection.close();
  const database = new DatabaseSync(file);
  for (const [table, each] of Object.entries(rows)) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
    const names = columns.map(({ name }) => String(name));
    const marks = names.map(() => '?').join(', ');
    const insert = database.prepare(
      `INSERT INTO "${table}" (${names.join(', ')}) VALUES (${marks})`,
    );
    for (const row of each as Record<string, string>[]) {
      insert.run(
        ...names.map((name) => (name === 'doc' ? JSON.stringify(row) : (row[name] ?? ''))),
      );
    }
  }
  database.close();
  return file;
}

const owned = { account: '111111111111', region: 'us-east-1' };

test('from the first version: rows are kept, at version 1, and tasks in the order of their times', async () => {
  const task = (id: string, createdAt: string) => ({ ...owned, id, createdAt, state: 'running' });
  const image = {
    ...owned,
    id: 'ami-1',
    name: 'web',
    state: 'available',
    createdAt: 'now',
    blockDeviceMappings: [],
    tags: {},
  };
  const file = await olderFile(1, {
    images: [image],
    tasks: [task('task-1', '2026-03'), task('task-2', '2026-01'), task('task-3', '2026-02')],
  });
  const catalog = await openSqliteCatalog(file);
  const [read, tasks] = await catalog.read(async (reader) => [
    await reader.images.get('ami-1'),
    await reader.tasks.list({ where: { host: '' } }),
  ]);
  assert.deepEqual(read, { ...image, launchPermissions: [], version: 1 });
  assert.deepEqual(
    tasks.map(({ id, sequence }) => [id, sequence]),
    [
      ['task-1', 3],
      ['task-2', 1],
      ['task-3', 2],
    ],
  );
  await catalog.write(async (transaction) => {
    for (const row of tasks) await transaction.tasks.update({ ...row, host: 'h-1' });
    await transaction.tasks.insert({ ...(tasks[0] as (typeof tasks)[0]), id: 'task-0' });
  });
  const added = await catalog.read((reader) => reader.tasks.get('task-0'));
  assert.equal(added?.sequence, 4);
  await catalog.close();
});

test('to keys with many values: rows are found by what their documents say, more of them than are read at once', async () => {
  const images = Array.from({ length: 1203 }, (_, number) => ({
    ...owned,
    id: `ami-${String(number).padStart(4, '0')}`,
    name: `image ${number}`,
    public: number % 2 === 0,
    blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { snapshotId: `snap-${number}` } }],
    tags: number === 1202 ? { Name: 'last' } : {},
  }));
  const instance = {
    ...owned,
    id: 'i-1',
    instanceType: 't3.nano',
    imageId: 'ami-0001',
    securityGroupIds: ['sg-1', 'sg-2'],
    networkInterfaceId: 'eni-1',
    volumeIds: ['vol-2', 'vol-1'],
    tags: {},
  };
  const volume = { ...owned, id: 'vol-1', attachment: { instanceId: 'i-1' }, tags: {} };
  const file = await olderFile(2, { images, instances: [instance], volumes: [volume] });
  const catalog = await openSqliteCatalog(file);
  const ids = async (rows: Promise<{ id: string }[]>) => (await rows).map(({ id }) => id);
  await catalog.read(async (reader) => {
    const all = viewerKey('us-east-1', 'all');
    assert.equal(await reader.images.count({ where: { viewer: all } }), 602);
    const own = viewerKey('us-east-1', '111111111111');
    assert.equal(await reader.images.count({ where: { viewer: own } }), 1203);
    const first = await reader.images.get('ami-0000');
    assert.deepEqual(first?.launchPermissions, ['all']);
    assert.equal('public' in first, false);
    const found = ids(reader.images.list({ where: { snapshot: 'snap-777' } }));
    assert.deepEqual(await found, ['ami-0777']);
    const tag = `${tagPrefix(instance, 'Name')}last`;
    assert.deepEqual(await ids(reader.images.list({ where: { tag } })), ['ami-1202']);
    const grouped = await reader.instances.list({ where: { group: 'sg-2', image: 'ami-0001' } });
    assert.deepEqual(await ids(Promise.resolve(grouped)), ['i-1']);
    assert.equal('volumeIds' in (grouped[0] ?? {}), false);
    const attached = ids(reader.volumes.list({ where: { instance: 'i-1' } }));
    assert.deepEqual(await attached, ['vol-1']);
  });
  await catalog.close();
});

test('to rules in a table of their own: with what every group lets out, and the default one in', async () => {
  const rule = { id: 'sgr-0a', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '10.0.0.0/8' };
  const group = { ...owned, createdAt: 'now', description: '', vpcId: 'vpc-1', tags: {} };
  const file = await olderFile(6, {
    securityGroups: [
      { ...group, id: 'sg-01', name: 'web', ingress: [{ ...rule, description: 'ssh' }] },
      { ...group, id: 'sg-02', name: 'default', ingress: [] },
    ],
  });
  const catalog = await openSqliteCatalog(file);
  const read = await catalog.read(async (reader) => ({
    web: await reader.securityGroups.get('sg-01'),
    rules: await reader.securityGroupRules.list({ where: owned }),
    ofWeb: await reader.securityGroupRules.count({ where: { groupId: 'sg-01' } }),
    naming: await reader.securityGroupRules.list({ where: { peerGroup: 'sg-02' } }),
  }));
  assert.equal('ingress' in (read.web ?? {}), false);
  assert.equal(read.ofWeb, 2);
  assert.deepEqual(
    read.rules.map(({ id, direction, protocol, peer, description }) =>
      [id, direction, protocol, peer.value, description].join(' '),
    ),
    [
      'sgr-01 egress -1 0.0.0.0/0 ',
      'sgr-02 egress -1 0.0.0.0/0 ',
      'sgr-0a ingress tcp 10.0.0.0/8 ssh',
      'sgr-12 ingress -1 sg-02 ',
    ],
  );
  assert.deepEqual(
    read.naming.map(({ id }) => id),
    ['sgr-12'],
  );
  await catalog.close();
});

test('snapshots of the provider are public, others stay their owners', async () => {
  const owned = { region: 'us-east-1', createdAt: 'now', tags: {} };
  const snapshots = [
    { ...owned, id: 'snap-1', account: '136693071363', ownerAlias: 'amazon' },
    { ...owned, id: 'snap-2', account: '111111111111' },
  ];
  const file = await olderFile(8, { snapshots });
  const catalog = await openSqliteCatalog(file);
  const seen = await catalog.read(({ snapshots: table }) =>
    table.list({ where: { viewer: 'us-east-1/all' } }),
  );
  assert.deepEqual(
    seen.map(({ id }) => id),
    ['snap-1'],
  );
  await catalog.close();
});

test('accounts are found by name, alias and rights, their keys by account', async () => {
  const accounts = [
    { id: '111111111111', name: 'default', operator: true, createdAt: 'now' },
    { id: '136693071363', name: 'provider', alias: 'amazon', createdAt: 'now' },
  ];
  const file = await olderFile(7, { accounts });
  const catalog = await openSqliteCatalog(file);
  await catalog.read(async (reader) => {
    const ids = async (where: object) =>
      (await reader.accounts.list({ where })).map(({ id }) => id);
    assert.deepEqual(await ids({ name: 'default' }), ['111111111111']);
    assert.deepEqual(await ids({ alias: 'amazon' }), ['136693071363']);
    assert.deepEqual(await ids({ operator: 'true' }), ['111111111111']);
  });
  const taken = { id: '222222222222', name: 'default', createdAt: 'now' };
  await assert.rejects(
    catalog.write((transaction) => transaction.accounts.insert(taken)),
    {
      name: 'DuplicateRowError',
    },
  );
  await catalog.close();
});

test('launch templates and their versions get tables', async () => {
  const catalog = await openSqliteCatalog(await olderFile(9, {}));
  const data = { ImageId: 'ami-1' };
  const version = { ...owned, createdAt: 'now', templateId: 'lt-1', data };
  await catalog.write(async ({ launchTemplates, launchTemplateVersions }) => {
    const numbers = { defaultVersion: 1, latestVersion: 2, lastNumber: 2 };
    await launchTemplates.insert({ ...version, id: 'lt-1', name: 'web', tags: {}, ...numbers });
    for (const number of [1, 2]) {
      await launchTemplateVersions.insert({ ...version, id: versionRowId('lt-1', number), number });
    }
  });
  const versions = await catalog.read(({ launchTemplateVersions }) =>
    launchTemplateVersions.list({ where: { ...owned, templateId: 'lt-1', image: 'ami-1' } }),
  );
  assert.deepEqual(
    versions.map(({ number }) => number),
    [2, 1],
  );
  await catalog.close();
});

test('replacements of root volumes get a table', async () => {
  const catalog = await openSqliteCatalog(await olderFile(13, {}));
  const row = {
    ...owned,
    createdAt: 'now',
    id: 'replacevol-1',
    instanceId: 'i-1',
    tags: { a: 'b' },
  };
  const volumes = {
    volumeId: 'vol-2',
    replacedVolumeId: 'vol-1',
    replacedImageId: 'ami-1',
    deleteReplaced: true,
  };
  await catalog.write(({ rootReplacements }) =>
    rootReplacements.insert({ ...row, ...volumes, state: 'pending' }),
  );
  for (const where of [{ instanceId: 'i-1', state: 'pending' }, { tag: tagKeys(row) }]) {
    const found = await catalog.read(({ rootReplacements }) => rootReplacements.list({ where }));
    assert.deepEqual(
      found.map(({ id }) => id),
      ['replacevol-1'],
    );
  }
  await catalog.close();
});

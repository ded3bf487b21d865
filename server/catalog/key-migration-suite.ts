/**
 * That rows of an older Imago are found by keys that came later: made anew where a migration says
 * so, and nowhere else. The same on every database.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Older } from './migration-suite.ts';
import { tagKeys, tagNames, tagPrefix, viewerKey } from './rows/row.ts';

const owned = { account: '111111111111', region: 'us-east-1' };

export function keyMigrationSuite(name: string, older: Older): void {
  describe(`keys that came later: ${name}`, () => {
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
      const catalog = await older(2, { images, instances: [instance], volumes: [volume] });
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
        const grouped = await reader.instances.list({
          where: { group: 'sg-2', image: 'ami-0001' },
        });
        assert.deepEqual(await ids(Promise.resolve(grouped)), ['i-1']);
        assert.equal('volumeIds' in (grouped[0] ?? {}), false);
        const attached = ids(reader.volumes.list({ where: { instance: 'i-1' } }));
        assert.deepEqual(await attached, ['vol-1']);
      });
      await catalog.close();
    });

    test('instances are found by their network interfaces and the tags of those', async () => {
      const instance = {
        ...owned,
        imageId: 'ami-1',
        instanceType: 't3.nano',
        securityGroupIds: [],
        tags: {},
        networkInterfaceTags: { Name: 'eth' },
      };
      const catalog = await older(10, {
        instances: [
          { ...instance, id: 'i-1', networkInterfaceId: 'eni-1', state: 'running' },
          { ...instance, id: 'i-2', networkInterfaceId: 'eni-2', state: 'terminated' },
        ],
      });
      const interfaceTag = `${tagPrefix(owned, 'Name')}eth`;
      for (const where of [{ networkInterface: 'eni-1' }, { interfaceTag }]) {
        const found = await catalog.read(({ instances }) => instances.list({ where }));
        assert.equal(found.map(({ id }) => id).join(), 'i-1');
      }
      await catalog.close();
    });

    test('imports, exports and stored images that have ended are found by their age', async () => {
      const rowIn = (state: string) => ({ ...owned, id: state, createdAt: 'now', state, tags: {} });
      const catalog = await older(26, { importImageTasks: [rowIn('deleted'), rowIn('active')] });
      const keys = await catalog.read(({ importImageTasks }) =>
        importImageTasks.listKeys('ended', { prefix: '', limit: 9 }),
      );
      assert.equal(keys.map(({ id }) => id).join(), 'deleted');
      await catalog.close();
    });

    test('grants are found by who may retire them', async () => {
      const grant = { ...owned, createdAt: 'now', keyId: 'key-1', issuer: '1', operations: [] };
      const catalog = await older(31, {
        kmsGrants: [
          { ...grant, id: 'grant-1', grantee: '2', retiring: '222222222222' },
          { ...grant, id: 'grant-2', grantee: '222222222222' },
        ],
      });
      const where = { retirable: viewerKey(owned.region, '222222222222') };
      const found = await catalog.read(({ kmsGrants }) => kmsGrants.list({ where }));
      assert.equal(found.map(({ id }) => id).join(), 'grant-1');
      await catalog.close();
    });

    test('every table of the first versions has all its keys, whichever migrations they came with', async () => {
      const row = { ...owned, createdAt: '2026-01', tags: { Name: 'x' } };
      const image = { ...row, id: 'ami-1', name: 'web', blockDeviceMappings: [] };
      const instance = { ...row, id: 'i-1', instanceType: 't3.nano', imageId: 'ami-1' };
      const tagged = {
        images: [{ ...image, sourceImageId: 'ami-0' }],
        instances: [
          { ...instance, state: 'running', securityGroupIds: [], networkInterfaceId: 'eni-1' },
        ],
        snapshots: [{ ...row, id: 'snap-1', state: 'pending' }],
        volumes: [{ ...row, id: 'vol-1' }],
        keyPairs: [{ ...row, id: 'key-1', name: 'k' }],
        vpcs: [{ ...row, id: 'vpc-1' }],
        subnets: [{ ...row, id: 'subnet-1' }],
        securityGroups: [{ ...row, id: 'sg-01', name: 'default', ingress: [] }],
      };
      const token = { ...owned, id: 'token-1', createdAt: '2026-01', action: 'A', token: 't' };
      const catalog = await older(2, { ...tagged, clientTokens: [token] });
      await catalog.read(async (reader) => {
        for (const table of Object.keys(tagged) as (keyof typeof tagged)[]) {
          for (const where of [{ tag: tagKeys(row) }, { tagName: tagNames(row) }]) {
            assert.equal(await reader[table].count({ where }), 1, table);
          }
        }
        assert.equal(await reader.images.count({ where: { source: 'ami-0' } }), 1);
        const all = { prefix: '', limit: 9 };
        assert.equal((await reader.instances.listKeys('livingType', all)).length, 1);
        assert.equal((await reader.snapshots.listKeys('viewerState', all)).length, 1);
        assert.equal((await reader.clientTokens.listKeys('createdAt', all)).length, 1);
      });
      await catalog.close();
    });

    test('only keys of tables that a migration names are made anew', async () => {
      const row = { ...owned, createdAt: 'now', tags: {} };
      const image = { ...row, id: 'ami-1', name: 'web', blockDeviceMappings: [] };
      const former = { ...owned, id: 'ami-2', sourceImageId: 'ami-0' };
      const catalog = await older(21, {
        images: [{ ...image, launchPermissions: [], sourceImageId: 'ami-0' }],
        formerImages: [former],
        snapshots: [
          {
            ...row,
            id: 'snap-1',
            state: 'completed',
            lock: { since: '2026-01-01', coolOffHours: 1 },
          },
        ],
        volumes: [{ ...row, id: 'vol-1' }],
        keys: [
          { tbl: 'images', name: 'snapshot', value: 'before', id: 'ami-1' },
          { tbl: 'volumes', name: 'tag', value: 'before', id: 'vol-1' },
        ],
      });
      await catalog.read(async ({ images, formerImages, snapshots, volumes }) => {
        assert.equal(await images.count({ where: { source: 'ami-0' } }), 1);
        assert.equal(await formerImages.count({ where: { source: 'ami-0' } }), 1);
        assert.equal(await images.count({ where: { snapshot: 'before' } }), 0);
        assert.equal(await volumes.count({ where: { tag: 'before' } }), 1);
        const [look] = await snapshots.listKeys('lockLook', { prefix: '', limit: 9 });
        assert.equal(look?.value, '2026-01-01T01:00:00.000Z');
      });
      await catalog.close();
    });
  });
}

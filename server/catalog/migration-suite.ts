/**
 * That a catalog of an older Imago becomes one of this, its rows with it: the same on every
 * database. What rows are found by since is key-migration-suite.ts's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from './catalog.ts';
import { versionRowId } from './rows/launch-template.ts';
import { tagKeys } from './rows/row.ts';

const owned = { account: '111111111111', region: 'us-east-1' };

/**
 * Opens a catalog that was left by the Imago that knew only so many migrations, with these rows put
 * into it by plain SQL.
 */
export type Older = (version: number, rows: Record<string, object[]>) => Promise<Catalog>;

/** What the columns of an old table have of a row. */
export function oldValues(columns: readonly string[], row: object): (string | number)[] {
  const members = row as Record<string, unknown>;
  return columns.map((name) => {
    if (name === 'doc') return JSON.stringify(row);
    return name === 'version' ? 1 : String(members[name] ?? '');
  });
}

export function migrationSuite(name: string, older: Older): void {
  describe(`migrations: ${name}`, () => {
    test('from the first version: rows are kept, at version 1, and tasks in the order of their times', async () => {
      const task = (id: string, createdAt: string) => ({
        ...owned,
        id,
        createdAt,
        state: 'running',
      });
      const image = {
        ...owned,
        id: 'ami-1',
        name: 'web',
        state: 'available',
        createdAt: 'now',
        blockDeviceMappings: [],
        tags: {},
      };
      const catalog = await older(1, {
        images: [image],
        tasks: [task('task-1', '2026-03'), task('task-2', '2026-01'), task('task-3', '2026-02')],
      });
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

    test('to rules in a table of their own: with what every group lets out, and the default one in', async () => {
      const rule = { id: 'sgr-0a', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '10.0.0.0/8' };
      const group = { ...owned, createdAt: 'now', description: '', vpcId: 'vpc-1', tags: {} };
      const catalog = await older(6, {
        securityGroups: [
          { ...group, id: 'sg-01', name: 'web', ingress: [{ ...rule, description: 'ssh' }] },
          { ...group, id: 'sg-02', name: 'default', ingress: [] },
        ],
      });
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
      const catalog = await older(8, { snapshots });
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
      const catalog = await older(7, { accounts });
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
      const catalog = await older(9, {});
      const data = { ImageId: 'ami-1' };
      const version = { ...owned, createdAt: 'now', templateId: 'lt-1', data };
      await catalog.write(async ({ launchTemplates, launchTemplateVersions }) => {
        const numbers = { defaultVersion: 1, latestVersion: 2, lastNumber: 2 };
        await launchTemplates.insert({ ...version, id: 'lt-1', name: 'web', tags: {}, ...numbers });
        for (const number of [1, 2]) {
          await launchTemplateVersions.insert({
            ...version,
            id: versionRowId('lt-1', number),
            number,
          });
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
      const catalog = await older(13, {});
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
        const found = await catalog.read(({ rootReplacements }) =>
          rootReplacements.list({ where }),
        );
        assert.deepEqual(
          found.map(({ id }) => id),
          ['replacevol-1'],
        );
      }
      await catalog.close();
    });

    test('sessions get a table, in which they are found by account, access key and time', async () => {
      const catalog = await older(20, {});
      const row = {
        id: 'ASIA1',
        account: owned.account,
        parent: 'AKIA1',
        secretAccessKey: 'secret',
        sessionToken: 'token',
        createdAt: '2026-01',
        expiresAt: '2026-02',
      };
      await catalog.write(({ sessions }) => sessions.insert(row));
      await catalog.read(async ({ sessions }) => {
        for (const where of [{ account: row.account }, { parent: 'AKIA1' }]) {
          assert.deepEqual(await sessions.list({ where }), [{ ...row, version: 1 }]);
        }
        const expiring = await sessions.listKeys('expires', { prefix: '', limit: 9 });
        assert.deepEqual(
          expiring.map(({ value, id }) => [value, id]),
          [['2026-02', 'ASIA1']],
        );
      });
      await catalog.close();
    });

    test('keys, their aliases and grants get tables, in which they are found by key and time', async () => {
      const catalog = await older(23, {});
      const made = { ...owned, createdAt: '2026-01' };
      const key = {
        ...made,
        description: '',
        manager: 'CUSTOMER',
        material: 'x',
        tags: {},
      } as const;
      const pending = { state: 'PendingDeletion', deletionAt: '2026-02' } as const;
      const alias = { ...made, name: 'alias/a', keyId: 'key-1', updatedAt: '2026-01' };
      const grant = { ...made, keyId: 'key-1', grantee: '2', issuer: '1', operations: [] };
      await catalog.write(async ({ kmsKeys, kmsAliases, kmsGrants, masterKeys }) => {
        await kmsKeys.insert({ ...key, id: 'key-1', ...pending });
        await kmsKeys.insert({ ...key, id: 'key-2', state: 'Enabled' });
        await kmsAliases.insert({ ...alias, id: 'alias' });
        await kmsGrants.insert({ ...grant, id: 'grant' });
        await masterKeys.insert({ id: 'master', createdAt: '2026-01', check: 'c' });
      });
      await catalog.read(async ({ kmsKeys, kmsAliases, kmsGrants, masterKeys }) => {
        const pendingKeys = await kmsKeys.listKeys('deletionAt', { prefix: '', limit: 9 });
        assert.deepEqual(
          pendingKeys.map(({ value, id }) => [value, id]),
          [['2026-02', 'key-1']],
        );
        const { account, region } = owned;
        assert.equal((await kmsKeys.list({ where: { account, region } })).length, 2);
        for (const table of [kmsAliases, kmsGrants]) {
          assert.equal((await table.list({ where: { keyId: 'key-1' } })).length, 1);
        }
        assert.equal((await masterKeys.get('master'))?.check, 'c');
      });
      await catalog.close();
    });

    test('what was stored on a day gets a table, and so do keys that sign', async () => {
      const catalog = await older(26, {});
      const day = { measuredAt: '2026-11-26', neededBytes: 1, accounts: [] };
      await catalog.write(({ storageDays }) => storageDays.insert({ ...day, id: '2026-11-26' }));
      const [row] = await catalog.read(({ storageDays }) => storageDays.list());
      assert.equal(row?.neededBytes, 1);
      assert.deepEqual(await catalog.read(({ signingKeys }) => signingKeys.list()), []);
      await catalog.close();
    });
  });
}

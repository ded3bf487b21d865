/**
 * A second Imago with the same home waits, and takes over when the first is killed; instances
 * notice nothing. The same with each catalog.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  CreateSnapshotCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Catalog } from '../../server/catalog/catalog.ts';
import { openPostgresCatalog } from '../../server/catalog/postgres/postgres-catalog.ts';
import { TestPostgres } from '../../server/catalog/postgres/test-server.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk } from '../../server/catalog/test-rows.ts';
import { providerAccount } from '../../server/domain/accounts.ts';
import { Home } from '../../server/foundations/home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

/** What is promised for a takeover, its own start included. */
const takeoverMs = 15_000;
const imageId = 'ami-0123456789abcdef0';
const started: ImagoProcess[] = [];
after(async () => {
  for (const imago of started) await imago.dispose();
});

test('a stand-by takes over within 15 seconds of a kill -9', () =>
  takesOver({}, (home) => openSqliteCatalog(new Home(home).catalogFile)));

test('so it does with its catalog in PostgreSQL', async () => {
  await using postgres = await TestPostgres.start();
  const url = await postgres.schema('imago');
  await takesOver({ IMAGO_CATALOG: url }, () => openPostgresCatalog({ url }));
  for (const imago of started.splice(0)) await imago.dispose();
});

async function takesOver(
  environment: Record<string, string>,
  openCatalog: (home: string) => Promise<Catalog>,
): Promise<void> {
  const options = { hypervisor: 'simulated', environment } as const;
  const first = await ImagoProcess.start(options);
  started.push(first);
  const { home } = first;
  await first.stop();
  const catalog = await openCatalog(home);
  await addImage(catalog);
  await catalog.close();
  await first.start();
  const ec2 = first.ec2();
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: imageId, MinCount: 3, MaxCount: 3 }),
  );
  const ids = Instances.map(({ InstanceId = '' }) => InstanceId);
  const allRun = async () => (await states(ec2, ids)).every((state) => state === 'running');
  await until('all run', allRun);
  const machines = () => ids.map((id) => machineOf(home, id));
  const before = machines();

  const waiting = ImagoProcess.start({ ...options, home, flags: ['--stand-by'] });
  assert.equal((await states(ec2, ids)).length, 3, 'the first goes on');
  const killedAt = performance.now();
  await first.kill();
  const second = await waiting;
  started.push(second);
  const next = second.ec2();
  assert.deepEqual(await states(next, ids), ['running', 'running', 'running']);
  assert.ok(performance.now() - killedAt < takeoverMs, 'it took too long');
  assert.deepEqual(machines(), before, 'no machine was touched');

  const [volume] =
    (await next.send(new DescribeInstancesCommand({ InstanceIds: ids }))).Reservations?.[0]
      ?.Instances?.[0]?.BlockDeviceMappings ?? [];
  const VolumeId = volume?.Ebs?.VolumeId ?? '';
  const { SnapshotId = '' } = await next.send(new CreateSnapshotCommand({ VolumeId }));
  await until('the snapshot is completed', async () => {
    const { Snapshots } = await next.send(
      new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }),
    );
    return Snapshots?.[0]?.State === 'completed';
  });
}

function machineOf(home: string, id: string): string {
  return readFileSync(path.join(home, 'instances', id, 'machine.json'), 'utf8');
}

async function states(ec2: EC2Client, InstanceIds: string[]): Promise<(string | undefined)[]> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
}

/** An empty one of 1 GiB: nobody reads it. */
async function addImage(catalog: Catalog): Promise<void> {
  const row = image(imageId, {
    account: providerAccount.id,
    launchPermissions: ['all'],
    blockDeviceMappings: rootDisk(1),
  });
  await catalog.write(({ images }) => images.insert(row));
}

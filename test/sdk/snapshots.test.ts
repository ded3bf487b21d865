/**
 * A snapshot's life between two accounts, as official clients see it on the wire: several taken at
 * once, shared in both forms of the request, guarded, locked.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateSnapshotsCommand,
  DeleteSnapshotCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  DescribeSnapshotTierStatusCommand,
  DisableSnapshotBlockPublicAccessCommand,
  type EC2Client,
  EnableSnapshotBlockPublicAccessCommand,
  GetSnapshotBlockPublicAccessStateCommand,
  LockSnapshotCommand,
  ModifySnapshotAttributeCommand,
  type ModifySnapshotAttributeCommandInput,
  ModifySnapshotTierCommand,
  ResetSnapshotAttributeCommand,
  RestoreSnapshotTierCommand,
  UnlockSnapshotCommand,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { Home } from '../../server/foundations/home.ts';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';

const dayMs = 24 * 3_600_000;

let imago: ImagoProcess;
let ec2: EC2Client;
let friend: EC2Client;
let friendId: string;
let SnapshotId: string;
/** Of a disk that nobody has written. */
let emptySnapshotId: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const client = new Client(readConnection(new Home(imago.home)));
  const { Account, AccessKey } = await client.imago('CreateAccount', { Name: 'friend' });
  friendId = Account?.AccountId ?? '';
  friend = imago.ec2('us-east-1', {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  });
});
after(async () => {
  await imago?.dispose();
});

const refusedAs = (name: string) => ({ name });
const modify = (more: Partial<ModifySnapshotAttributeCommandInput>) =>
  ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, ...more }));
const attribute = { Attribute: 'createVolumePermission' } as const;
const permissions = async () =>
  (await ec2.send(new DescribeSnapshotAttributeCommand({ SnapshotId, ...attribute })))
    .CreateVolumePermissions;
const shownTo = async (client: EC2Client, restorableBy: string) => {
  const input = { RestorableByUserIds: [restorableBy] };
  const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand(input));
  return Snapshots.some((each) => each.SnapshotId === SnapshotId);
};

test('all volumes of an instance become snapshots together', async () => {
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }];
  const user = await access(imago);
  const [instance] = await launch(ec2, ImageId, user, 1, { BlockDeviceMappings });
  const InstanceId = instance?.InstanceId ?? '';
  await waitForState(ec2, InstanceId, 'running');
  const InstanceSpecification = { InstanceId };
  const { Snapshots = [] } = await ec2.send(new CreateSnapshotsCommand({ InstanceSpecification }));
  assert.equal(Snapshots.length, 2);
  const SnapshotIds = Snapshots.map((each) => each.SnapshotId ?? '');
  await waitUntilSnapshotCompleted(
    { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 60 },
    { SnapshotIds },
  );
  SnapshotId = SnapshotIds[0] ?? '';
  emptySnapshotId = SnapshotIds[1] ?? '';
});

test('it is shared in both forms of the request, and by aws-cli', async () => {
  assert.equal(await shownTo(friend, 'self'), false);
  await modify({ CreateVolumePermission: { Add: [{ UserId: friendId }] } });
  assert.deepEqual(await permissions(), [{ UserId: friendId }]);
  assert.equal(await shownTo(friend, 'self'), true);
  await assert.rejects(
    friend.send(new DeleteSnapshotCommand({ SnapshotId })),
    refusedAs('AuthFailure'),
  );
  await modify({ ...attribute, OperationType: 'remove', UserIds: [friendId] });
  await modify({ ...attribute, OperationType: 'add', GroupNames: ['all'] });
  assert.deepEqual(await permissions(), [{ Group: 'all' }]);
  await ec2.send(new ResetSnapshotAttributeCommand({ SnapshotId, ...attribute }));
  const words = ['ec2', 'modify-snapshot-attribute', '--snapshot-id', SnapshotId];
  const add = ['--attribute', 'createVolumePermission', '--operation-type', 'add'];
  await aws(imago, ...words, ...add, '--user-ids', friendId);
  assert.deepEqual(await permissions(), [{ UserId: friendId }]);
});

test('block public access takes what is public back', async () => {
  await modify({ CreateVolumePermission: { Add: [{ Group: 'all' }] } });
  assert.equal(await shownTo(friend, 'all'), true);
  const State = 'block-all-sharing';
  await ec2.send(new EnableSnapshotBlockPublicAccessCommand({ State }));
  const read = await ec2.send(new GetSnapshotBlockPublicAccessStateCommand({}));
  assert.deepEqual([read.State, read.ManagedBy], [State, 'account']);
  assert.equal(await shownTo(friend, 'all'), false);
  await ec2.send(new DisableSnapshotBlockPublicAccessCommand({}));
  assert.equal(await shownTo(friend, 'all'), true);
});

test('it goes into the archive, and comes back for some days or for good', async () => {
  const SnapshotId = emptySnapshotId;
  const Filters = [{ Name: 'snapshot-id', Values: [SnapshotId] }];
  const until = async (wanted: string) => {
    for (;;) {
      const found = await ec2.send(new DescribeSnapshotTierStatusCommand({ Filters }));
      const [status] = found.SnapshotTierStatuses ?? [];
      if (status?.LastTieringOperationStatus === wanted) return status;
      assert.match(status?.LastTieringOperationStatus ?? '', /-in-progress$/);
      await delay(50);
    }
  };
  const StorageTier = 'archive';
  await ec2.send(new ModifySnapshotTierCommand({ SnapshotId, StorageTier }));
  const archived = await until('archival-completed');
  assert.equal(archived.StorageTier, StorageTier);
  assert.ok(archived.ArchivalCompleteTime instanceof Date);
  const restore = { SnapshotId, TemporaryRestoreDays: 2 };
  const made = await ec2.send(new RestoreSnapshotTierCommand(restore));
  assert.deepEqual([made.RestoreDuration, made.IsPermanentRestore], [2, false]);
  const { RestoreExpiryTime } = await until('temporary-restore-completed');
  assert.ok((RestoreExpiryTime?.getTime() ?? 0) > Date.now() + dayMs);
  await aws(
    imago,
    'ec2',
    'restore-snapshot-tier',
    '--snapshot-id',
    SnapshotId,
    '--permanent-restore',
  );
  const back = await until('permanent-restore-completed');
  assert.deepEqual([back.StorageTier, back.RestoreExpiryTime], ['standard', undefined]);
});

test('a lock keeps it until it is unlocked', async () => {
  const ExpirationDate = new Date(Math.floor(Date.now() / 1000) * 1000 + 2 * dayMs);
  const LockMode = 'governance';
  const made = await ec2.send(new LockSnapshotCommand({ SnapshotId, LockMode, ExpirationDate }));
  assert.deepEqual([made.LockState, made.LockExpiresOn], [LockMode, ExpirationDate]);
  const remove = () => ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
  await assert.rejects(remove(), refusedAs('SnapshotLocked'));
  const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({}));
  assert.deepEqual(
    Snapshots.map((each) => [each.SnapshotId, each.LockState]),
    [[SnapshotId, LockMode]],
  );
  await ec2.send(new UnlockSnapshotCommand({ SnapshotId }));
  const tiers = await ec2.send(new DescribeSnapshotTierStatusCommand({}));
  assert.ok(tiers.SnapshotTierStatuses?.every(({ StorageTier }) => StorageTier === 'standard'));
  const fast = await ec2.send(new DescribeFastSnapshotRestoresCommand({}));
  assert.deepEqual(fast.FastSnapshotRestores ?? [], []);
  await remove();
});

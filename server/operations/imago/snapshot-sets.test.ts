/** Snapshots of all volumes of a machine, as backups of it: made, listed, copied, restored. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { RestoreInstanceRequest } from '../../../api/imago-restores.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import { BufferDisk, makeFileSystem } from '../../contents/test-file-systems.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { copyImage } from '../ec2/images/CopyImage.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { copySnapshot } from '../ec2/snapshots/CopySnapshot.ts';
import { createSnapshot } from '../ec2/snapshots/CreateSnapshot.ts';
import { createSnapshots } from '../ec2/snapshots/CreateSnapshots.ts';
import { deleteSnapshot } from '../ec2/snapshots/DeleteSnapshot.ts';
import { describeSnapshots } from '../ec2/snapshots/DescribeSnapshots.ts';
import type { OperationContext } from '../operation.ts';
import { endCaptures } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../test-instances.ts';
import { describeBackup } from './DescribeBackup.ts';
import { listBackupFiles } from './ListBackupFiles.ts';
import { listBackups } from './ListBackups.ts';
import { putLaunchPolicy } from './PutLaunchPolicy.ts';
import { restoreInstance } from './RestoreInstance.ts';
import { restoreVolume } from './RestoreVolume.ts';

const minuteMs = 60_000;
const userData = Buffer.from('a secret').toString('base64');
let context: TestContext;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertProviderImage(context), {
    InstanceType: 't3.small',
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web-1' }] }],
    UserData: userData,
  });
});
afterEach(() => context[Symbol.asyncDispose]());

/** That of the boot disk, and that of /dev/sdf; a minute after what was before. */
async function takeSet({ isGood = true, more = {} } = {}): Promise<[string, string]> {
  context.now = new Date(context.now.getTime() + minuteMs);
  const from = { InstanceSpecification: { InstanceId: instance.id, ...more } };
  const { Snapshots = [] } = await createSnapshots.run(from, context);
  await endCaptures(context, isGood);
  const [root, data] = Snapshots.map(({ SnapshotId }) => SnapshotId ?? '');
  return [root ?? '', data ?? ''];
}

const restore = (more: RestoreInstanceRequest, by: OperationContext = context) =>
  restoreInstance.run(more, by);
const instanceRow = (id = '') => context.catalog.read(({ instances }) => instances.get(id));
const volumesOf = (id: string) =>
  context.catalog.read(({ volumes }) => volumes.list({ where: { instance: id } }));

test('a machine comes back of the snapshots of its volumes, as of an image', async () => {
  const [root, data] = await takeSet();
  await moveInstance(context, instance.id, { state: 'terminated' });
  const made = await restore({ BackupId: root });
  assert.deepEqual(
    made.Differences.map(({ Member }) => Member),
    ['PublicIpAddress'],
  );
  const row = await instanceRow(made.InstanceId);
  const same = ['imageId', 'instanceType', 'privateIp', 'subnetId', 'userData', 'tags'] as const;
  for (const member of same) assert.deepEqual(row?.[member], instance[member], member);
  const volumes = await volumesOf(made.InstanceId ?? '');
  assert.deepEqual(
    volumes.map(({ attachment, snapshotId, sizeGiB }) => [
      attachment?.deviceName,
      snapshotId,
      sizeGiB,
    ]),
    [
      ['/dev/xvda', root, 8],
      ['/dev/sdf', data, 2],
    ],
  );
  const images = await context.catalog.read((reader) => reader.images.count());
  assert.equal(images, 1, 'none is left over');
  await deleteSnapshot.run({ SnapshotId: root }, context);
});

test('by a date the newest whole one is taken, be it an image or snapshots', async () => {
  const [first, firstData] = await takeSet();
  context.now = new Date(context.now.getTime() + minuteMs);
  const { ImageId = '' } = await createImage.run(
    { InstanceId: instance.id, Name: 'between' },
    context,
  );
  await endCaptures(context);
  const [second, secondData] = await takeSet();
  await takeSet({ isGood: false });
  const newest = async (At?: Date) => {
    const { BackupId } = await restore({ InstanceId: instance.id, Preview: true, At });
    const { Backup } = await describeBackup.run({ BackupId: instance.id, At }, context);
    assert.equal(Backup.BackupId, BackupId);
    return BackupId;
  };
  const before = (minutes: number) => new Date(context.now.getTime() - minutes * minuteMs);
  assert.equal(await newest(), second);
  assert.equal(await newest(before(1.5)), ImageId);
  assert.equal(await newest(before(2.5)), first);
  await deleteSnapshot.run({ SnapshotId: secondData }, context);
  assert.equal(await newest(), ImageId, 'what lacks a part is not whole');
  const { Differences } = await restore({ BackupId: second, Preview: true });
  const lost = Differences.find(({ Member }) => Member === 'BlockDeviceMappings');
  assert.deepEqual(
    [lost?.Was?.split(':')[0], lost?.Reason],
    ['/dev/sdf', 'its snapshot is no more, or in the recycle bin'],
  );
  await assert.rejects(restore({ BackupId: firstData }), {
    code: 'InvalidParameterValue',
    message: /boot disk/,
  });
});

test('they are listed with their volumes, and that of the boot disk with the machine', async () => {
  const [root, data] = await takeSet();
  const ofMachine = await listBackups.run({ SourceId: instance.id }, context);
  const [told] = ofMachine.Backups;
  assert.deepEqual(
    [ofMachine.Backups.length, told?.BackupId, told?.SetId, told?.HasMachine, told?.SourceName],
    [1, root, root, true, 'web-1'],
  );
  const { Backups: all } = await listBackups.run({}, context);
  assert.deepEqual(
    all.map(({ BackupId, SetId, InstanceId }) => [BackupId, SetId, InstanceId]).sort(),
    [root, data].sort().map((id) => [id, root, instance.id]),
  );
  const shown = await describeBackup.run({ BackupId: root }, context);
  assert.deepEqual(
    [shown.Machine?.InstanceType, shown.Volumes.map(({ SnapshotId }) => SnapshotId)],
    ['t3.small', [root, data]],
  );
  const [, other] = await takeSet({ more: { ExcludeBootVolume: true } });
  assert.equal(other, '', 'one alone');
  const { Backups } = await listBackups.run({ SourceId: instance.id }, context);
  assert.equal(Backups.length, 1, 'nothing boots of what is without the boot disk');
});

test('one volume of it, and in place its root, come back', async () => {
  const [root, data] = await takeSet();
  const asked = { BackupId: root, DeviceName: '/dev/sdf', InstanceId: instance.id };
  assert.equal((await restoreVolume.run(asked, context)).SnapshotId, data);
  const { SnapshotId: byDefault } = await restoreVolume.run(
    { SourceId: instance.id, InstanceId: instance.id },
    context,
  );
  assert.equal(byDefault, root);
  await assert.rejects(
    restoreVolume.run({ BackupId: data, DeviceName: '/dev/sdf', InstanceId: instance.id }, context),
    { code: 'InvalidParameterCombination' },
  );
  const { ReplaceRootVolumeTaskId = '', BackupId } = await restore({
    InstanceId: instance.id,
    InPlace: true,
  });
  const row = await context.catalog.read(({ rootReplacements }) =>
    rootReplacements.get(ReplaceRootVolumeTaskId),
  );
  assert.deepEqual([BackupId, row?.snapshotId, row?.instanceId], [root, root, instance.id]);
});

test('a snapshot of the boot disk alone replaces the root of who has it', async () => {
  const [root = '', data = ''] = await attachedVolumeIds(context, instance.id);
  const { SnapshotId: BackupId } = await createSnapshot.run({ VolumeId: root }, context);
  const { SnapshotId: other } = await createSnapshot.run({ VolumeId: data }, context);
  await endCaptures(context);
  await assert.rejects(restore({ BackupId }), { code: 'InvalidParameterValue' });
  await assert.rejects(restore({ BackupId: other, InPlace: true }), {
    code: 'InvalidParameterValue',
    message: /not created from a root volume/,
  });
  assert.ok((await restore({ BackupId, InPlace: true })).ReplaceRootVolumeTaskId);
});

test('copies by hand are backups of the same volumes where they are, and of the machine', async () => {
  const [root, data] = await takeSet();
  const [rootVolume, dataVolume] = await attachedVolumeIds(context, instance.id);
  const there = context.as({ region: 'eu-west-1' });
  const copyOf = async (SourceSnapshotId: string, by = there) =>
    (await copySnapshot.run({ SourceSnapshotId, SourceRegion: 'us-east-1' }, by)).SnapshotId ?? '';
  const copies = [await copyOf(root), await copyOf(data)];
  await endCaptures(context);
  const { Backups } = await listBackups.run({}, there);
  assert.deepEqual(
    Backups.map(({ BackupId, SourceId, PolicyId }) => [BackupId, SourceId, PolicyId]).sort(),
    [
      [copies[0], rootVolume, undefined],
      [copies[1], dataVolume, undefined],
    ].sort(),
  );
  const made = await restore({ InstanceId: instance.id }, there);
  assert.equal(made.BackupId, copies[0]);
  assert.deepEqual(
    (await volumesOf(made.InstanceId ?? '')).map(({ snapshotId }) => snapshotId),
    copies,
  );
  const again = await copySnapshot.run(
    { SourceSnapshotId: copies[1] ?? '', SourceRegion: 'eu-west-1' },
    context,
  );
  await endCaptures(context);
  const here = await listBackups.run({ SourceId: dataVolume }, context);
  assert.ok(here.Backups.some(({ BackupId }) => BackupId === again.SnapshotId));
});

test('a copy is of the time when its original was taken', async () => {
  const byHand = { InstanceId: instance.id, Name: 'first' };
  const { ImageId = '' } = await createImage.run(byHand, context);
  await endCaptures(context);
  const [root] = await takeSet();
  context.now = new Date(context.now.getTime() + minuteMs);
  const order = { SourceImageId: ImageId, SourceRegion: 'us-east-1', Name: 'copy' };
  const { ImageId: copy } = await copyImage.run(order, context);
  await endCaptures(context);
  const { Backups } = await listBackups.run({ SourceId: instance.id }, context);
  assert.equal(Backups[0]?.BackupId, root);
  const told = Backups.filter(({ BackupId }) => [copy, ImageId].includes(BackupId));
  assert.deepEqual(told[0]?.CreateTime, told[1]?.CreateTime);
  assert.equal((await restore({ InstanceId: instance.id, Preview: true })).BackupId, root);
});

test('nobody but the owner is told of the machine, and no copy of another has it', async () => {
  const [root] = await takeSet();
  const other = await context.asNewAccount();
  await context.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(root);
    assert.equal(row?.set?.machine.userData, userData);
    await snapshots.update({ ...row, createVolumePermissions: ['all'] });
  });
  for (const who of [context, other]) {
    const told = JSON.stringify([
      await describeSnapshots.run({ SnapshotIds: [root] }, who),
      who === context && (await describeBackup.run({ BackupId: root }, who)),
    ]);
    assert.ok(told.includes(root) && !told.includes(userData));
  }
  const order = { SourceSnapshotId: root, SourceRegion: 'us-east-1' };
  const { SnapshotId: copy = '' } = await copySnapshot.run(order, other);
  const row = await context.catalog.read(({ snapshots }) => snapshots.get(copy));
  assert.deepEqual([row?.set, row?.backup], [undefined, undefined]);
  assert.deepEqual((await listBackups.run({}, other)).Backups, []);
  await assert.rejects(restore({ BackupId: root }, other), { code: 'AuthFailure' });
});

test('a launch policy holds for sets too: nobody signs them', async () => {
  const [root] = await takeSet();
  await putLaunchPolicy.run({ SignedBy: [context.caller.account] }, context);
  await assert.rejects(restore({ BackupId: root }), { code: 'OperationNotPermitted' });
});

test('files are looked for on all disks that were taken together', async () => {
  const { store } = context;
  const [root, data] = await takeSet();
  const roots: string[] = [];
  const fstab = '/dev/vdb /srv ext4 defaults 0 0\n';
  const system = { 'etc/os-release': 'ID=debian\n', 'etc/fstab': fstab, 'srv/hidden': '' };
  for (const files of [system, { 'data.txt': 'kept' }]) {
    const disk = new BufferDisk(await makeFileSystem(files, { sizeMiB: 2 }));
    roots.push((await uploadDisk({ store, disk })).root);
  }
  await context.catalog.write(async ({ snapshots }) => {
    for (const [index, id] of [root, data].entries()) {
      const row = await snapshots.get(id);
      if (row) await snapshots.update({ ...row, root: roots[index] });
    }
  });
  const paths = async (BackupId: string, Path: string) =>
    (await listBackupFiles.run({ BackupId, Path }, context)).Files.map((file) => file.Path);
  assert.deepEqual(await paths(root, '/srv'), ['/srv/data.txt', '/srv/lost+found']);
  assert.ok((await paths(data, '/')).includes('/data.txt'), 'of another the one that it is');
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { RestoreInstanceRequest } from '../../../api/imago-restores.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import { rootDisk } from '../../catalog/test-rows.ts';
import { BufferDisk, makeFileSystem } from '../../contents/test-file-systems.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { copyImage } from '../ec2/images/CopyImage.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { createSnapshot } from '../ec2/snapshots/CreateSnapshot.ts';
import { createSnapshots } from '../ec2/snapshots/CreateSnapshots.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../test-instances.ts';
import { describeBackup } from './DescribeBackup.ts';
import { getBackupArchive } from './GetBackupArchive.ts';
import { listBackupFiles } from './ListBackupFiles.ts';
import { listBackups } from './ListBackups.ts';
import { restoreInstance } from './RestoreInstance.ts';
import { restoreVolume } from './RestoreVolume.ts';

const files = { 'etc/os-release': 'ID=debian\n', 'srv/data': 'kept' };
const minuteMs = 60_000;
let context: TestContext;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertProviderImage(context), {
    InstanceType: 't3.small',
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web-1' }] }],
    UserData: Buffer.from('a secret').toString('base64'),
  });
});
afterEach(() => context[Symbol.asyncDispose]());

/** Made a minute after the one before it; as its task leaves it. */
async function backUp(Name: string, { state = 'available' as 'available' | 'failed' } = {}) {
  context.now = new Date(context.now.getTime() + minuteMs);
  const asked = { InstanceId: instance.id, Name };
  const { ImageId = '' } = await createImage.run(asked, context);
  await context.catalog.write(async ({ images, snapshots }) => {
    const image = await images.get(ImageId);
    if (image) await images.update({ ...image, state });
    const root = 'ab'.repeat(32);
    for (const row of await snapshots.list({ where: { state: 'pending' } })) {
      await snapshots.update({ ...row, state: 'completed', root });
    }
  });
  return ImageId;
}

const restore = (more: RestoreInstanceRequest) => restoreInstance.run(more, context);
const instanceRow = (id = '') => context.catalog.read(({ instances }) => instances.get(id));
const attached = async (id: string) => {
  const rows = await context.catalog.read(({ volumes }) =>
    volumes.list({ where: { instance: id } }),
  );
  return rows.map(({ attachment }) => attachment?.deviceName).sort();
};
const before = (ms: number) => new Date(context.now.getTime() - ms);

test('backups are listed source by source, of each the newest first, page by page', async () => {
  const ids = [await backUp('one'), await backUp('two')];
  await insertImage(context);
  const elsewhere = context.as({ region: 'eu-west-1' });
  const copied = { SourceImageId: ids[1] ?? '', SourceRegion: 'us-east-1', Name: 'copy' };
  const { ImageId: copy } = await copyImage.run(copied, elsewhere);
  const dueAt = context.now.toISOString();
  const backup = { sourceId: 'vol-0123456789abcdef0', policyId: 'policy-1', dueAt };
  const { id: snapshotId } = await insertSnapshot(context, {
    backup,
    lastDrill: { drillId: 'drill-1', endedAt: dueAt, verdict: 'passed' },
    tags: { 'aws:imago:consistency': 'crash' },
  });
  const other = await context.asNewAccount();
  await insertSnapshot(other, { backup });
  const { Backups } = await listBackups.run({}, context);
  assert.deepEqual(
    Backups.map(({ BackupId, Kind, SourceName }) => [BackupId, Kind, SourceName]),
    [
      [ids[1], 'image', 'web-1'],
      [ids[0], 'image', 'web-1'],
      [snapshotId, 'snapshot', undefined],
    ],
  );
  const { PolicyId, DueTime, Consistency, LastDrill } = Backups[2] ?? {};
  assert.deepEqual(
    [PolicyId, DueTime, Consistency, LastDrill?.Verdict],
    ['policy-1', new Date(dueAt), 'crash', 'passed'],
  );
  const paged: string[] = [];
  for (let NextToken: string | undefined = ''; NextToken !== undefined; ) {
    const asked = { MaxResults: 1, ...(NextToken && { NextToken }) };
    const page = await listBackups.run(asked, context);
    paged.push(...page.Backups.map(({ BackupId }) => BackupId));
    ({ NextToken } = page);
  }
  assert.deepEqual(paged, [ids[1], ids[0], snapshotId]);
  const ofOne = await listBackups.run({ SourceId: instance.id }, context);
  assert.deepEqual(
    ofOne.Backups.map(({ BackupId }) => BackupId),
    [ids[1], ids[0]],
  );
  const there = await listBackups.run({}, elsewhere);
  assert.deepEqual(
    there.Backups.map(({ BackupId, SourceId }) => [BackupId, SourceId]),
    [[copy, instance.id]],
  );
});

test('of each source the newest lists the sources; of one those of a span of time', async () => {
  const ids = [await backUp('one'), await backUp('two'), await backUp('three')];
  const dueAt = before(20 * minuteMs).toISOString();
  for (const sourceId of ['vol-0123456789abcdef0', 'vol-0123456789abcdef1']) {
    await insertSnapshot(context, { backup: { sourceId, dueAt } });
  }
  const other = await context.asNewAccount();
  await insertSnapshot(other, { backup: { sourceId: 'vol-0123456789abcdef2' } });
  const listed: (string | undefined)[][][] = [];
  for (let NextToken: string | undefined = ''; NextToken !== undefined; ) {
    const asked = { NewestOnly: true, MaxResults: 2, ...(NextToken && { NextToken }) };
    const page = await listBackups.run(asked, context);
    listed.push(
      page.Backups.map(({ SourceId, SourceName, SourceState }) => [
        SourceId,
        SourceName,
        SourceState,
      ]),
    );
    if (listed.length === 1) assert.equal(page.Backups[0]?.BackupId, ids[2]);
    ({ NextToken } = page);
  }
  assert.deepEqual(listed, [
    [
      [instance.id, 'web-1', 'running'],
      ['vol-0123456789abcdef0', undefined, undefined],
    ],
    [['vol-0123456789abcdef1', undefined, undefined]],
  ]);

  const between = async (Since?: Date, Until?: Date) => {
    const found: string[] = [];
    for (let NextToken: string | undefined = ''; NextToken !== undefined; ) {
      const asked = { SourceId: instance.id, Since, Until, MaxResults: 1 };
      const page = await listBackups.run({ ...asked, ...(NextToken && { NextToken }) }, context);
      found.push(...page.Backups.map(({ BackupId }) => BackupId));
      ({ NextToken } = page);
    }
    return found;
  };
  assert.deepEqual(await between(before(minuteMs)), [ids[2], ids[1]], 'the moment itself too');
  assert.deepEqual(await between(undefined, before(minuteMs)), [ids[1], ids[0]]);
  assert.deepEqual(await between(before(minuteMs), before(minuteMs)), [ids[1]]);
  assert.deepEqual(await between(before(minuteMs / 2), before(1)), []);
});

test('a span is of one source, and the newest of all', async () => {
  const now = context.now;
  const SourceId = instance.id;
  for (const asked of [
    { Since: now },
    { Until: now },
    { SourceId, NewestOnly: true },
    { SourceId, Since: now, Until: before(1) },
  ]) {
    await assert.rejects(listBackups.run(asked, context), { code: 'InvalidParameterCombination' });
  }
  await backUp('one');
  await backUp('two');
  const first = await listBackups.run(
    { SourceId, Since: before(minuteMs), MaxResults: 1 },
    context,
  );
  const { NextToken } = first;
  const code = 'InvalidNextToken';
  await assert.rejects(listBackups.run({ SourceId, NextToken }, context), { code });
});

test('snapshots that people make are backups of their volumes', async () => {
  const [root = ''] = await attachedVolumeIds(context, instance.id);
  const { SnapshotId: one } = await createSnapshot.run({ VolumeId: root }, context);
  context.now = new Date(context.now.getTime() + minuteMs);
  const from = { InstanceSpecification: { InstanceId: instance.id } };
  const { Snapshots: [two] = [] } = await createSnapshots.run(from, context);
  const { Backups } = await listBackups.run({ SourceId: root }, context);
  assert.deepEqual(
    Backups.map(({ BackupId, InstanceId }) => [BackupId, InstanceId]),
    [
      [two?.SnapshotId, instance.id],
      [one, undefined],
    ],
  );
  const image = await backUp('with all volumes');
  const pages = [];
  for (let NextToken: string | undefined = ''; NextToken !== undefined; ) {
    const asked = { SourceId: root, MaxResults: 1, ...(NextToken && { NextToken }) };
    const page = await listBackups.run(asked, context);
    pages.push(...page.Backups.map(({ BackupId }) => BackupId));
    ({ NextToken } = page);
  }
  assert.deepEqual(pages, [image, two?.SnapshotId, one], 'an image has its volumes');
});

test('a backup says what it has, and not the user data', async () => {
  const BackupId = await backUp('one');
  const told = await describeBackup.run({ BackupId }, context);
  assert.deepEqual([told.Machine?.InstanceType, told.Machine?.HasUserData], ['t3.small', true]);
  assert.deepEqual(
    told.Volumes.map(({ DeviceName, SizeGiB }) => [DeviceName, SizeGiB]),
    [
      ['/dev/xvda', 8],
      ['/dev/sdf', 2],
    ],
  );
  assert.equal(JSON.stringify(told).includes(instance.userData as string), false);
  const { id } = await insertSnapshot(context);
  const of = await describeBackup.run({ BackupId: id }, context);
  assert.deepEqual([of.Backup.Kind, of.Machine, of.Volumes.length], ['snapshot', undefined, 1]);
  await context.catalog.write(async ({ images }) => {
    const image = await images.get(BackupId);
    const backup = { sourceId: instance.id, schedule: 'Daily', alsoFor: ['Weekly'] };
    if (image) await images.update({ ...image, backup });
  });
  const { Backup } = await describeBackup.run({ BackupId }, context);
  assert.deepEqual([Backup.Schedule, Backup.AlsoFor], ['Daily', ['Weekly']]);
});

test('a whole instance comes back from the last whole backup at or before a moment', async () => {
  const first = await backUp('one');
  const second = await backUp('two');
  await backUp('three', { state: 'failed' });
  const { BackupId: newest } = await restore({ InstanceId: instance.id, Preview: true });
  assert.equal(newest, second, 'the last one failed');
  const At = before(1.5 * minuteMs);
  const made = await restore({ InstanceId: instance.id, At, InstanceType: 't3.micro' });
  assert.equal(made.BackupId, first);
  const row = await instanceRow(made.InstanceId);
  assert.deepEqual(
    [row?.imageId, row?.instanceType, row?.userData, row?.tags],
    [first, 't3.micro', instance.userData, instance.tags],
  );
  assert.deepEqual(await attached(made.InstanceId ?? ''), ['/dev/sdf', '/dev/xvda']);
  const members = made.Differences.map(({ Member }) => Member);
  assert.deepEqual(members, ['InstanceType', 'PrivateIpAddress', 'PublicIpAddress']);
  await assert.rejects(restore({ InstanceId: instance.id, At: before(10 * minuteMs) }), {
    code: 'BackupNotFound',
  });
});

test('what is wanted otherwise is so, is told, and all else is as it was', async () => {
  const BackupId = await backUp('one');
  const asked = {
    ...{ BackupId, Name: 'rehearsal', ExcludeDeviceNames: ['/dev/sdf'] },
    ...{ UserData: '', PrivateIpAddress: '172.31.7.78' },
  };
  const made = await restore(asked);
  const row = await instanceRow(made.InstanceId);
  assert.deepEqual(
    [row?.tags, row?.userData, row?.privateIp, row?.instanceType],
    [{ Name: 'rehearsal' }, undefined, '172.31.7.78', 't3.small'],
  );
  assert.deepEqual(await attached(made.InstanceId ?? ''), ['/dev/xvda']);
  const told = made.Differences.filter(({ Reason }) => Reason === 'it was asked for');
  assert.deepEqual(
    told.map(({ Member, Was, Now }) => [Member, Was?.replace(/: vol-.*/, ''), Now]),
    [
      ['PrivateIpAddress', instance.privateIp, '172.31.7.78'],
      ['UserData', 'what it had', undefined],
      ['BlockDeviceMappings', '/dev/sdf', undefined],
      ['Tags', 'Name web-1', 'Name rehearsal'],
    ],
  );
  const refusals: [RestoreInstanceRequest, RegExp][] = [
    [{ ExcludeDeviceNames: ['/dev/sdz'] }, /has no volume '\/dev\/sdz'/],
    [{ ExcludeDeviceNames: ['/dev/xvda'] }, /root device/],
    [{ Name: 'x'.repeat(257) }, /./],
  ];
  for (const [wrong, message] of refusals) {
    const refused = restore({ BackupId, ...wrong });
    await assert.rejects(refused, {
      code: /^Invalid(ParameterValue|BlockDeviceMapping)$/,
      message,
    });
  }
  await assert.rejects(restore({ BackupId, InPlace: true, Name: 'other' }), {
    code: 'InvalidParameterCombination',
  });
});

test('a preview does nothing, and is refused where the restore would be', async () => {
  const BackupId = await backUp('one');
  const count = () => context.catalog.read(({ instances }) => instances.count());
  const { Differences, InstanceId } = await restore({ BackupId, Preview: true });
  assert.equal(Differences.filter((each) => each.GivenAtLaunch && !each.Now).length, 2);
  assert.deepEqual([InstanceId, await count()], [undefined, 1]);
  await assert.rejects(restore({ BackupId, Preview: true, InstanceType: 'x9.huge' }), {
    code: 'InvalidParameterValue',
  });
});

test('the same client token restores once', async () => {
  const BackupId = await backUp('one');
  const asked = { BackupId, ClientToken: 'once' };
  const made = await restore(asked);
  assert.equal((await restore(asked)).InstanceId, made.InstanceId);
});

test('in place the root volume is replaced, and what stays is told', async () => {
  const BackupId = await backUp('one');
  const { ReplaceRootVolumeTaskId = '', Differences } = await restore({ BackupId, InPlace: true });
  const row = await context.catalog.read(({ rootReplacements }) =>
    rootReplacements.get(ReplaceRootVolumeTaskId),
  );
  assert.deepEqual([row?.instanceId, row?.imageId], [instance.id, BackupId]);
  assert.match(Differences[0]?.Now ?? '', /^\/dev\/sdf: vol-/);
  await assert.rejects(restore({ BackupId, InPlace: true, InstanceType: 't3.micro' }), {
    code: 'InvalidParameterCombination',
  });
});

test('a machine that does not run is not restored in place, and what can be done is said', async () => {
  const BackupId = await backUp('one');
  for (const [state, message] of [
    ['stopped', /is stopped: .* Start it first/],
    ['terminated', /is terminated: it can be restored as a new instance only/],
  ] as const) {
    await moveInstance(context, instance.id, { state });
    await assert.rejects(restore({ BackupId, InPlace: true }), {
      code: 'IncorrectInstanceState',
      message,
    });
  }
});

test('one volume is attached to a running machine', async () => {
  const BackupId = await backUp('one');
  const asked = { BackupId, DeviceName: '/dev/sdf', InstanceId: instance.id };
  const made = await restoreVolume.run(asked, context);
  assert.equal(made.AttachedAs, '/dev/sdg', 'the first that is free');
  const volume = await context.catalog.read(({ volumes }) => volumes.get(made.VolumeId));
  assert.deepEqual(
    [volume?.snapshotId, volume?.sizeGiB, volume?.attachment?.state],
    [made.SnapshotId, 2, 'attaching'],
  );
  const again = { SourceId: instance.id, InstanceId: instance.id, AttachAs: '/dev/sdp' };
  const root = await restoreVolume.run(again, context);
  assert.deepEqual([root.BackupId, root.AttachedAs], [BackupId, '/dev/sdp']);
  await assert.rejects(restoreVolume.run({ ...asked, DeviceName: '/dev/sdz' }, context), {
    code: 'InvalidParameterValue',
  });
  const [, data = ''] = await attachedVolumeIds(context, instance.id);
  const asVolume = await restoreVolume.run({ SourceId: data, InstanceId: instance.id }, context);
  assert.deepEqual([asVolume.BackupId, asVolume.SnapshotId], [BackupId, made.SnapshotId]);
  const { id } = await insertSnapshot(context);
  const ofSnapshot = await restoreVolume.run(
    { BackupId: id, InstanceId: instance.id, ClientToken: 'once' },
    context,
  );
  assert.equal(ofSnapshot.SnapshotId, id);
});

test('what is no backup of a machine is refused', async () => {
  const { id } = await insertSnapshot(context);
  await assert.rejects(restore({ BackupId: id }), { code: 'InvalidParameterValue' });
  await assert.rejects(restore({}), { code: 'MissingParameter' });
  await assert.rejects(restore({ BackupId: id, InstanceId: instance.id }), {
    code: 'InvalidParameterCombination',
  });
  await assert.rejects(restore({ BackupId: id, At: context.now }), {
    code: 'InvalidParameterCombination',
  });
  const image = await insertImage(context);
  await assert.rejects(restore({ BackupId: image.id, InPlace: true }), {
    code: 'InvalidParameterValue',
  });
  const made = await restore({ BackupId: image.id });
  assert.match(made.Differences[0]?.Reason ?? '', /remembers nothing/);
});

test('files come out of an image and of a snapshot, listed and as an archive', async () => {
  const { store } = context;
  const disk = new BufferDisk(await makeFileSystem(files, { sizeMiB: 2 }));
  const { root } = await uploadDisk({ store, disk });
  const { id: snapshotId } = await insertSnapshot(context, { root });
  const { id } = await insertImage(context, { blockDeviceMappings: rootDisk(1, snapshotId) });
  for (const BackupId of [snapshotId, id]) {
    const { Files } = await listBackupFiles.run({ BackupId, Path: '/srv' }, context);
    assert.deepEqual(
      Files.map(({ Path }) => Path),
      ['/srv/data'],
    );
    const { Content } = await getBackupArchive.run({ BackupId, Path: '/srv/data' }, context);
    const archive = Buffer.concat(await Array.fromAsync(Content));
    assert.equal(archive.subarray(0, 8).toString(), 'srv/data');
    assert.equal(archive.subarray(512, 516).toString(), 'kept');
  }
  await assert.rejects(getBackupArchive.run({ BackupId: id, Path: '/none' }, context), {
    code: 'InvalidPath.NotFound',
  });
});

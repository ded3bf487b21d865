/** A machine's backup at the other end, and fetched from there: restored it is the machine again. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
} from '@aws-sdk/client-ec2';
import { userTags } from '../../server/domain/tags.ts';
import { createImage } from '../../server/operations/ec2/images/CreateImage.ts';
import { runInstances } from '../../server/operations/ec2/instances/RunInstances.ts';
import { createSecurityGroup } from '../../server/operations/ec2/security-groups/CreateSecurityGroup.ts';
import { createSnapshots } from '../../server/operations/ec2/snapshots/CreateSnapshots.ts';
import { describeRemoteTransfers } from '../../server/operations/imago/DescribeRemoteTransfers.ts';
import { listBackups } from '../../server/operations/imago/ListBackups.ts';
import { restoreInstance } from '../../server/operations/imago/RestoreInstance.ts';
import { RemoteSenders } from '../../server/remote-rounds.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { clientOf } from '../console/browser.ts';
import { FarEnd, pull, push, snapshotOf } from '../support/far-end.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

const mib = 1024 ** 2;
const userData = Buffer.from('#!/bin/sh\necho as it was\n').toString('base64');
const tagsOf = (Key: string, Value: string, ...types: ('instance' | 'volume')[]) =>
  types.map((ResourceType) => ({ ResourceType, Tags: [{ Key, Value }] }));

/** Of two volumes, each with bytes of its own. */
async function machineOf(imago: TestImago): Promise<string> {
  const { id: ImageId } = await imago.image();
  const group = await imago.call(createSecurityGroup, { GroupName: 'web', Description: 'web' });
  const { Instances } = await imago.call(runInstances, {
    ...{ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.small', UserData: userData },
    SecurityGroupIds: [group.GroupId ?? ''],
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2, VolumeType: 'gp3' } }],
    TagSpecifications: tagsOf('Name', 'web-1', 'instance', 'volume'),
  });
  const id = Instances?.[0]?.InstanceId ?? assert.fail();
  await imago.untilState(id, 'running');
  for (const [number, volumeId] of (await imago.volumeIds(id)).entries()) {
    await imago.write(volumeId, 512 * mib, 64 * 1024, 7 + number);
  }
  return id;
}

/** An image, or by the snapshot of the boot disk its set. */
async function backupOf(imago: TestImago, id: string, kind: 'image' | 'set'): Promise<string> {
  if (kind === 'image') {
    const { ImageId } = await imago.call(createImage, { InstanceId: id, Name: `of ${id}` });
    await imago.untilQuiet();
    return ImageId ?? '';
  }
  const InstanceSpecification = { InstanceId: id };
  const { Snapshots } = await imago.call(createSnapshots, { InstanceSpecification });
  await imago.untilQuiet();
  return Snapshots?.[0]?.SnapshotId ?? '';
}

/** What of it the other end shows, by the official client. */
async function shownThere(id: string) {
  const ec2 = end.imago.ec2();
  const InstanceIds = [id];
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  const row = Reservations?.[0]?.Instances?.[0];
  const attribute = { InstanceId: id, Attribute: 'userData' } as const;
  const { UserData } = await ec2.send(new DescribeInstanceAttributeCommand(attribute));
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }));
  const volumes = Volumes.map((each) => [
    each.Attachments?.[0]?.Device,
    each.Size,
    each.Tags?.map(({ Value }) => Value).join(),
  ]);
  return [row?.InstanceType, UserData?.Value, row?.Tags?.[0]?.Value, volumes.sort()];
}

async function shownHere(imago: TestImago, id: string) {
  const row = (await imago.instance(id)) ?? assert.fail();
  const where = { instance: id };
  const volumes = await imago.catalog.read((reader) => reader.volumes.list({ where }));
  const shown = volumes.map(({ attachment, sizeGiB, tags }) => [
    attachment?.deviceName,
    sizeGiB,
    tags.Name,
  ]);
  return [row.instanceType, row.userData, row.tags.Name, shown.sort()];
}

for (const kind of ['image', 'set'] as const) {
  test(`by its ${kind} a machine is restored there as it was, and of what is fetched again`, async () => {
    await using imago = await TestImago.start();
    const id = await machineOf(imago);
    const backup = await backupOf(imago, id, kind);
    const sent = await push(imago, await end.remoteOf(imago), backup);
    assert.deepEqual([sent.State, sent.Message], ['completed', undefined]);
    const was = await shownHere(imago, id);
    const BackupId = sent.MadeId ?? '';
    const there = clientOf(end.imago);
    const restored = await there.imago('RestoreInstance', { BackupId });
    assert.deepEqual(await shownThere(restored.InstanceId ?? ''), was);
    const members = new Set(restored.Differences.map(({ Member }) => Member));
    assert.deepEqual(
      members,
      new Set(['SubnetId', 'SecurityGroups', 'PublicIpAddress']),
      'what is of that place is told',
    );
    const { Backups } = await there.imago('ListBackups', { SourceId: id });
    const of = Backups.find((each) => each.BackupId === BackupId);
    const { Backups: own } = await imago.call(listBackups, { SourceId: id });
    assert.deepEqual(
      [of?.HasMachine, of?.Consistency, new Date(of?.CreateTime ?? 0)],
      [true, 'application', own[0]?.CreateTime],
    );

    await using other = await TestImago.start();
    await other.call(createSecurityGroup, { GroupName: 'web', Description: 'web' });
    const back = await pull(other, await end.remoteOf(other), BackupId);
    assert.deepEqual([back.State, back.Message], ['completed', undefined]);
    const made = await other.call(restoreInstance, { BackupId: back.MadeId });
    const again = made.InstanceId ?? '';
    assert.deepEqual(await shownHere(other, again), was);
    const group = made.Differences.find(({ Member }) => Member === 'SecurityGroups');
    assert.match(group?.Now ?? '', /^sg-\w+$/);
    assert.match(group?.Reason ?? '', /this one has its name/);
    const volumes = await other.catalog.read((reader) =>
      reader.volumes.list({ where: { instance: again } }),
    );
    const bytes = volumes.map(({ snapshotId }) => other.readSnapshot(snapshotId ?? '', 512 * mib));
    assert.deepEqual((await Promise.all(bytes)).sort(), [7, 8]);
  });
}

/** Of the records that one Imago tells another. */
function refuseRecords(status: number, code: string): void {
  end.proxy.rules.refuse = ({ path }) =>
    /\/record$/.test(path)
      ? { status, headers: { 'x-amzn-errortype': code }, body: '{"message":"not this"}' }
      : undefined;
}

test('what does not know the action is told by tags; a record that is refused is told', async () => {
  await using imago = await TestImago.start();
  const backup = await backupOf(imago, await machineOf(imago), 'set');
  const remote = await end.remoteOf(imago);
  refuseRecords(404, 'UnknownOperationException');
  const sent = await push(imago, remote, backup);
  assert.deepEqual([sent.State, sent.Message], ['completed', undefined]);
  const Filters = [{ Name: 'resource-id', Values: [sent.MadeId ?? ''] }];
  const { Tags = [] } = await end.imago.ec2().send(new DescribeTagsCommand({ Filters }));
  const tags = Object.fromEntries(Tags.map(({ Key = '', Value }) => [Key, Value]));
  assert.deepEqual(
    [tags['imago:set'], tags['imago:instance-type'], tags['imago:security-groups']],
    [backup, 't3.small', 'web'],
  );
  assert.equal(JSON.stringify(tags).includes(userData), false);
  refuseRecords(400, 'InvalidParameterValue');
  const refused = await push(imago, remote, backup);
  assert.equal(refused.State, 'completed');
  assert.match(
    refused.Message ?? '',
    /not what it is a backup of: InvalidParameterValue: not this/,
  );
});

for (const kind of ['image', 'set'] as const) {
  test(`by tags alone, as AWS has them, its ${kind} is the machine again`, async () => {
    await using imago = await TestImago.start();
    const id = await machineOf(imago);
    const backup = await backupOf(imago, id, kind);
    const own = { team: 'Öl & <Gas>', empty: '' };
    await imago.catalog.write(async ({ images, snapshots }) => {
      for (const row of await snapshots.list({ where: { account: imago.caller.account } })) {
        await snapshots.update({ ...row, tags: { ...row.tags, ...own } });
      }
      const image = await images.get(backup);
      if (image) await images.update({ ...image, tags: { ...image.tags, ...own } });
    });
    refuseRecords(404, 'UnknownOperationException');
    const sent = await push(imago, await end.remoteOf(imago), backup);
    assert.deepEqual([sent.State, sent.Message], ['completed', undefined]);
    await using other = await TestImago.start();
    await other.call(createSecurityGroup, { GroupName: 'web', Description: 'web' });
    const back = await pull(other, await end.remoteOf(other), sent.MadeId ?? '');
    assert.deepEqual([back.State, back.Message], ['completed', undefined]);
    const made = back.MadeId ?? '';
    const rows = await other.catalog.read(async ({ images, snapshots }) => [
      ...(await images.list({ where: { account: other.caller.account } })),
      ...(await snapshots.list({ where: { account: other.caller.account } })),
    ]);
    const tags = rows.filter(({ id }) => id === made || kind === 'image').map((row) => row.tags);
    assert.equal(tags.length, kind === 'image' ? 3 : 1);
    for (const each of tags) assert.deepEqual(userTags(each), own);
    const row = rows.find(({ id }) => id === made) ?? assert.fail();
    assert.equal(row.backup?.sourceId, kind === 'image' ? id : (await imago.volumeIds(id))[0]);
    const machine = 'machine' in row ? row.machine : 'set' in row ? row.set?.machine : undefined;
    const { instanceType, tags: ofMachine, volumes, securityGroups, userData } = machine ?? {};
    assert.deepEqual(
      [machine?.instanceId, instanceType, ofMachine, volumes?.length, userData],
      [id, 't3.small', { Name: 'web-1' }, 2, undefined],
    );
    assert.deepEqual(
      securityGroups?.map(({ name }) => name),
      ['web'],
    );
    if (kind !== 'image') return;
    const { InstanceId = '' } = await other.call(restoreInstance, { BackupId: made });
    assert.equal((await other.instance(InstanceId))?.instanceType, 't3.small');
  });
}

test("tags of a remote are somebody's word", async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const sent = await push(imago, remote, (await snapshotOf(imago, 'vol-1', { 0: 'a' })).id);
  refuseRecords(404, 'UnknownOperationException');
  const pulled = async (tags: Record<string, string>) => {
    const xml = Object.entries(tags).map(
      ([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`,
    );
    const tagSet = `<tagSet>${xml.join('')}</tagSet>`;
    end.proxy.rules.change = ({ path }, body) =>
      path === '/' ? Buffer.from(`${body}`.replace(/<tagSet>.*<\/tagSet>/s, tagSet)) : body;
    await using other = await TestImago.start();
    const back = await pull(other, await end.remoteOf(other), sent.MadeId ?? '');
    assert.equal(back.State, 'completed', back.Message);
    const row = await other.catalog.read(({ snapshots }) => snapshots.get(back.MadeId ?? ''));
    return [row?.tags, row?.backup?.sourceId, back.Message];
  };
  // Those that an older Imago has written, and what is the service's own.
  const old = { 'imago:source': 'vol-12', 'imago:taken-at': '2026-01-02T03:04:05Z' };
  assert.deepEqual(await pulled({ ...old, 'aws:dlm:managed': 'true', own: 'x' }), [
    { own: 'x' },
    'vol-12',
    undefined,
  ]);
  const [none, source, why] = await pulled({ 'imago:source': '../etc', own: 'x' });
  assert.deepEqual([none, source], [{ own: 'x' }, undefined]);
  assert.match(String(why), /not what it is a backup of: .*sourceId/);
  const bad = Buffer.from('{"machine":{"instanceId":"i-1"}}').toString('base64url');
  const [, , because] = await pulled({ 'imago:record-1': bad });
  assert.match(String(because), /not what it is a backup of/);
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`tag-${i}`, 'x']));
  for (const wrong of [many, { ['k'.repeat(129)]: 'x' }, { key: 'v'.repeat(257) }]) {
    const [tags, , told] = await pulled(wrong);
    assert.deepEqual(tags, {});
    assert.match(String(told), /without its tags/);
  }
});

test('by its tag a set is sent as one, when the last of it is whole', async () => {
  await using imago = await TestImago.start();
  const root = await backupOf(imago, await machineOf(imago), 'set');
  const ids = await imago.catalog.write(async ({ snapshots }) => {
    const rows = await snapshots.list({ where: { account: imago.caller.account } });
    const all = rows.filter(({ backup }) => backup?.setId === root);
    for (const row of all) {
      const state = row.id === root ? row.state : 'pending';
      await snapshots.update({ ...row, state, tags: { backup: 'nightly' } });
    }
    return all.map(({ id }) => id);
  });
  assert.equal(ids.length, 2);
  await end.remoteOf(imago, { SendTags: [{ Key: 'backup', Value: 'nightly' }] });
  const { services, changes } = imago;
  using senders = new RemoteSenders({ ...services, orders: imago.context().catalog, changes });
  const sent = async () => {
    await senders.look();
    await imago.untilQuiet();
    await senders.look();
    const { Transfers } = await imago.call(describeRemoteTransfers, {});
    return Transfers.map(({ SourceId, State }) => [SourceId, State]);
  };
  assert.deepEqual(await sent(), []);
  await imago.catalog.write(async ({ snapshots }) => {
    const [other = ''] = ids.filter((id) => id !== root);
    const row = (await snapshots.get(other)) ?? assert.fail();
    await snapshots.update({ ...row, state: 'completed' });
  });
  assert.deepEqual(await sent(), [[root, 'completed']]);
  const Filters = [{ Name: 'description', Values: ids.map((id) => `Copy of ${id} by Imago`) }];
  const { Snapshots } = await end.imago.ec2().send(new DescribeSnapshotsCommand({ Filters }));
  assert.equal(Snapshots?.length, 2);
});

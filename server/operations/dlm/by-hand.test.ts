/**
 * Policies beside what people make: that counts as a backup, and is never removed. What a policy
 * makes of a machine's volumes is a backup of the machine, in whatever region.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { createSnapshot } from '../ec2/snapshots/CreateSnapshot.ts';
import { listBackups } from '../imago/ListBackups.ts';
import { restoreInstance } from '../imago/RestoreInstance.ts';
import {
  backupsOf,
  endCaptures,
  makePolicy,
  policyDetails,
  policyRole,
  wholeRound,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../test-instances.ts';
import { createLifecyclePolicy } from './CreateLifecyclePolicy.ts';

let context: TestContext;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes' }] },
      { ResourceType: 'volume', Tags: [{ Key: 'backup', Value: 'yes' }] },
    ],
  });
});
afterEach(() => context[Symbol.asyncDispose]());

const at = (time: string) => {
  context.now = new Date(time);
};

const daily = { Interval: 1, IntervalUnit: 'DAYS' };

test('an image made by hand lets the last one of a policy go, and stays itself', async () => {
  const id = await makePolicy(context, policyDetails({ RetainRule: daily }));
  at('2026-11-24T03:00:00.000Z');
  await wholeRound(context);
  await moveInstance(context, instance.id, { tags: {} });
  at('2026-11-26T03:00:00.000Z');
  await wholeRound(context);
  assert.equal((await backupsOf(context, id)).images.length, 1, 'it is the last');
  const byHand = { InstanceId: instance.id, Name: 'by hand' };
  const { ImageId } = await createImage.run(byHand, context);
  await endCaptures(context);
  at('2026-11-28T03:00:00.000Z');
  await wholeRound(context);
  assert.deepEqual((await backupsOf(context, id)).images, []);
  const { Backups } = await listBackups.run({ SourceId: instance.id }, context);
  assert.deepEqual(
    Backups.map(({ BackupId }) => BackupId),
    [ImageId],
  );
});

test('a snapshot made by hand does so for its volume', async () => {
  const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };
  const id = await makePolicy(context, policyDetails({ RetainRule: daily }, ofVolumes));
  at('2026-11-24T03:00:00.000Z');
  await wholeRound(context);
  const [root = '', data] = await attachedVolumeIds(context, instance.id);
  await context.catalog.write(async ({ volumes }) => {
    for (const row of await volumes.list()) await volumes.update({ ...row, tags: {} });
  });
  const { SnapshotId } = await createSnapshot.run({ VolumeId: root }, context);
  await endCaptures(context);
  at('2026-11-28T03:00:00.000Z');
  await wholeRound(context);
  const left = (await backupsOf(context, id)).snapshots.map(({ volumeId }) => volumeId);
  assert.deepEqual(left, [data]);
  const { Backups } = await listBackups.run({ SourceId: root }, context);
  assert.deepEqual(
    Backups.map(({ BackupId }) => BackupId),
    [SnapshotId],
  );
});

test('a default policy leaves out a machine of which somebody has just made an image', async () => {
  const asked = { ExecutionRoleArn: policyRole, Description: 'All', State: 'ENABLED' };
  const request = { ...asked, DefaultPolicy: 'INSTANCE' };
  const { PolicyId: id = '' } = await createLifecyclePolicy.run(request, context);
  await createImage.run({ InstanceId: instance.id, Name: 'by hand' }, context);
  await endCaptures(context);
  context.now = new Date(context.now.getTime() + 60_000);
  await wholeRound(context);
  assert.deepEqual((await backupsOf(context, id)).images, []);
  at('2026-11-25T10:01:00.000Z');
  await wholeRound(context);
  assert.equal((await backupsOf(context, id)).images.length, 1);
});

test('the snapshots that a policy takes of a machine bring it back, and so do their copies', async () => {
  const CrossRegionCopyRules = [{ TargetRegion: 'eu-west-1', Encrypted: false }];
  const id = await makePolicy(
    context,
    policyDetails(
      { CrossRegionCopyRules },
      { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['INSTANCE'] },
    ),
  );
  at('2026-11-24T03:00:00.000Z');
  await wholeRound(context);
  const { snapshots } = await backupsOf(context, id);
  assert.equal(snapshots.length, 4);
  const there = context.as({ region: 'eu-west-1' });
  for (const by of [context, there]) {
    const made = await restoreInstance.run({ InstanceId: instance.id }, by);
    const { region } = by.caller;
    const own = snapshots.filter((row) => row.region === region).map((row) => row.id);
    assert.ok(own.includes(made.BackupId));
    const volumes = await attachedVolumeIds(by, made.InstanceId ?? '');
    assert.equal(volumes.length, 2);
    await context.catalog.read(async (reader) => {
      for (const volume of volumes) {
        const { snapshotId = '' } = (await reader.volumes.get(volume)) ?? {};
        assert.ok(own.includes(snapshotId));
      }
    });
  }
});

test('a name that is taken already, here or where a copy goes, costs no backup', async () => {
  const copy = { TargetRegion: 'eu-west-1', Encrypted: false, RetainRule: daily };
  const id = await makePolicy(context, policyDetails({ CrossRegionCopyRules: [copy] }));
  const name = `${id}_${instance.id}_2026-11-24T03.00.00.000Z`;
  const { account } = context.caller;
  for (const region of ['us-east-1', 'eu-west-1'])
    await insertImage(context, { account, region, name });
  at('2026-11-24T03:00:00.000Z');
  await wholeRound(context);
  const { images } = await backupsOf(context, id);
  assert.deepEqual(images.map(({ region, state }) => [region, state]).sort(), [
    ['eu-west-1', 'available'],
    ['us-east-1', 'available'],
  ]);
  for (const image of images) assert.match(image.name, new RegExp(`^${name}_[0-9a-f]{8}$`));
  // Of the one here the name is another one, and so is that of its copy: taken it is as well.
  const [there] = images.filter(({ region }) => region === 'eu-west-1');
  at('2026-11-25T03:00:00.000Z');
  const next = `${id}_${instance.id}_2026-11-25T03.00.00.000Z`;
  await insertImage(context, { account, region: 'eu-west-1', name: next });
  await wholeRound(context);
  const later = (await backupsOf(context, id)).images.filter(({ id }) => id !== there?.id);
  assert.deepEqual(
    later.map(({ name: each }) => each.slice(0, next.length)).filter((each) => each === next),
    [next, next],
  );
  const policy = await context.catalog.read(({ backupPolicies }) => backupPolicies.get(id));
  assert.deepEqual([policy?.state, policy?.statusMessage], ['ENABLED', undefined]);
});

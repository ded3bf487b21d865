/** Restores of what is there, and cannot be read as it is: refused by name, or told. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { createSnapshots } from '../ec2/snapshots/CreateSnapshots.ts';
import { deleteSnapshot } from '../ec2/snapshots/DeleteSnapshot.ts';
import { restoreSnapshotFromRecycleBin } from '../ec2/snapshots/RestoreSnapshotFromRecycleBin.ts';
import { createKey } from '../kms/CreateKey.ts';
import { disableKey } from '../kms/DisableKey.ts';
import { enableKey } from '../kms/EnableKey.ts';
import { scheduleKeyDeletion } from '../kms/ScheduleKeyDeletion.ts';
import { createRule } from '../rbin/CreateRule.ts';
import { endCaptures } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../test-instances.ts';
import { restoreInstance } from './RestoreInstance.ts';
import { restoreVolume } from './RestoreVolume.ts';

let context: TestContext;
let instance: InstanceRow;
let root: string;
let data: string;
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertProviderImage(context), {
    DisableApiStop: true,
    DisableApiTermination: true,
  });
  const from = { InstanceSpecification: { InstanceId: instance.id } };
  const { Snapshots = [] } = await createSnapshots.run(from, context);
  await endCaptures(context);
  [root = '', data = ''] = Snapshots.map(({ SnapshotId }) => SnapshotId ?? '');
});
afterEach(() => context[Symbol.asyncDispose]());

const whole = (Preview = false) => restoreInstance.run({ BackupId: root, Preview }, context);
const inPlace = () => restoreInstance.run({ BackupId: root, InPlace: true }, context);
const volume = (BackupId: string) =>
  restoreVolume.run({ BackupId, InstanceId: instance.id }, context);

async function change(id: string, changed: Partial<SnapshotRow>): Promise<void> {
  await context.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(id);
    if (row) await snapshots.update({ ...row, ...changed });
  });
}

/** All rows that a restore makes. */
const made = () =>
  context.catalog.read(async ({ instances, volumes, tasks }) => [
    await instances.count(),
    await volumes.count(),
    await tasks.count(),
  ]);

test('what is archived says that it is to be restored first, and nothing is made', async () => {
  const before = await made();
  const archive = { map: 'a'.repeat(64), host: context.site.hostId, sizeBytes: 1000 };
  for (const id of [data, root]) {
    await change(id, { state: 'pending', archive, root: undefined });
    const why = { code: 'IncorrectState', message: new RegExp(`'${id}' is archived; restore it`) };
    await assert.rejects(whole(), why);
    await assert.rejects(whole(true), why);
    await assert.rejects(volume(id), why);
    await change(id, { state: 'completed', archive: undefined, root: 'a'.repeat(64) });
  }
  await change(root, { state: 'pending', archive, root: undefined });
  await assert.rejects(inPlace(), { code: 'IncorrectState', message: /archived/ });
  assert.deepEqual(await made(), before);
});

test('a volume that is named is not another device of its machine', async () => {
  const [SourceId = ''] = await attachedVolumeIds(context, instance.id);
  const asked = { SourceId, InstanceId: instance.id };
  const before = await made();
  await assert.rejects(restoreVolume.run({ ...asked, DeviceName: '/dev/sdf' }, context), {
    code: 'InvalidParameterCombination',
    message: new RegExp(SourceId),
  });
  assert.deepEqual(await made(), before);
  const DeviceName = instance.rootDeviceName;
  assert.equal((await restoreVolume.run({ ...asked, DeviceName }, context)).SnapshotId, root);
});

test('a key that is disabled, or to be deleted, is named, and enabled again is enough', async () => {
  const { KeyMetadata } = await createKey.run({}, context);
  const KeyId = KeyMetadata?.KeyId ?? '';
  for (const id of [root, data]) await change(id, { encryption: { keyId: KeyId } });
  const before = await made();
  const refused = async (message: RegExp) => {
    const why = { code: 'InvalidKMSKey.InvalidState', message };
    for (const attempt of [() => whole(), () => whole(true), inPlace, () => volume(data)]) {
      await assert.rejects(attempt(), why);
    }
  };
  await disableKey.run({ KeyId }, context);
  await refused(/is disabled/);
  assert.deepEqual(await made(), before);
  await enableKey.run({ KeyId }, context);
  assert.ok((await whole()).InstanceId);
  const after = await made();
  await scheduleKeyDeletion.run({ KeyId, PendingWindowInDays: 7 }, context);
  await refused(/is pending deletion/);
  assert.deepEqual(await made(), after);
});

test('of what is in the recycle bin the restore says so, and has it once it is back', async () => {
  const RetentionPeriod = { RetentionPeriodValue: 7, RetentionPeriodUnit: 'DAYS' };
  await createRule.run({ ResourceType: 'EBS_SNAPSHOT', RetentionPeriod }, context);
  await deleteSnapshot.run({ SnapshotId: data }, context);
  const { Differences } = await whole(true);
  const lost = Differences.find(({ Member }) => Member === 'BlockDeviceMappings');
  assert.match(lost?.Was ?? '', /^\/dev\/sdf: /);
  assert.match(lost?.Reason ?? '', /recycle bin/);
  await assert.rejects(volume(data), { code: 'InvalidSnapshot.NotFound' });
  await restoreSnapshotFromRecycleBin.run({ SnapshotId: data }, context);
  const again = (await whole(true)).Differences.map(({ Member }) => Member);
  assert.ok(!again.includes('BlockDeviceMappings'));
  await deleteSnapshot.run({ SnapshotId: root }, context);
  await assert.rejects(whole(), { code: 'InvalidSnapshot.NotFound' });
});

test('protection against stop and termination bars no restore, and the new one has it', async () => {
  const { InstanceId = '' } = await whole();
  const row = await context.catalog.read(({ instances }) => instances.get(InstanceId));
  assert.deepEqual([row?.disableApiStop, row?.disableApiTermination], [true, true]);
  const { ReplaceRootVolumeTaskId } = await inPlace();
  assert.ok(ReplaceRootVolumeTaskId);
});

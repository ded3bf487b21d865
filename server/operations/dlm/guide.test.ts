/**
 * What the guide to the Data Lifecycle Manager says of backups that a policy does not remove, or
 * not yet: of those before a change of the rule, out of the recycle bin, in the archive by hand.
 * And what it gives them: tags, copies for several schedules, encryption.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { SnapshotTiering } from '../../catalog/rows/snapshot.ts';
import { disableImage } from '../ec2/images/DisableImage.ts';
import { restoreImageFromRecycleBin } from '../ec2/images/RestoreImageFromRecycleBin.ts';
import { restoreSnapshotFromRecycleBin } from '../ec2/snapshots/RestoreSnapshotFromRecycleBin.ts';
import { listBackups } from '../imago/ListBackups.ts';
import { createRule } from '../rbin/CreateRule.ts';
import {
  backupsOf,
  endCaptures,
  makePolicy,
  policyDetails,
  round,
  wholeRound,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { insertRunningInstance, moveInstance } from '../test-instances.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

let context: TestContext;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  const Tags = [{ Key: 'backup', Value: 'yes' }];
  instance = await insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: ['instance', 'volume'].map((ResourceType) => ({ ResourceType, Tags })),
  });
});
afterEach(() => context[Symbol.asyncDispose]());

const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };
const days = (Interval: number) => ({ Interval, IntervalUnit: 'DAYS' });

/** Backups of this day are made, and whatever is over is removed. */
async function day(date: string): Promise<void> {
  context.now = new Date(`2026-${date}T03:00:00.000Z`);
  await wholeRound(context);
}

async function daysOfImages(id: string): Promise<string[]> {
  return (await backupsOf(context, id)).images.map(({ createdAt }) => createdAt.slice(5, 10));
}

test('an age that is changed is for what is made from then on', async () => {
  const id = await makePolicy(context, policyDetails({ RetainRule: days(5) }));
  await day('11-24');
  await day('11-25');
  const shorter = policyDetails({ RetainRule: days(1) });
  await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails: shorter }, context);
  await day('11-26');
  await day('11-27');
  await day('11-28');
  assert.deepEqual(await daysOfImages(id), ['11-24', '11-25', '11-28']);
  const { Backups } = await listBackups.run({ SourceId: instance.id }, context);
  assert.deepEqual(
    Backups.map(({ KeptUntil }) => KeptUntil?.toISOString().slice(5, 10)),
    ['11-29', '11-30', '11-29'],
  );
  const longer = policyDetails({ RetainRule: days(30) });
  await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails: longer }, context);
  await day('11-29');
  await day('11-30');
  assert.deepEqual(await daysOfImages(id), ['11-29', '11-30']);
});

for (const [kind, change] of [
  ['images', {}],
  ['snapshots', ofVolumes],
] as const) {
  test(`${kind} that a policy removed and somebody took out of the bin are theirs`, async () => {
    const RetentionPeriod = { RetentionPeriodValue: 30, RetentionPeriodUnit: 'DAYS' };
    for (const ResourceType of ['EC2_IMAGE', 'EBS_SNAPSHOT']) {
      await createRule.run({ ResourceType, RetentionPeriod }, context);
    }
    const id = await makePolicy(context, policyDetails({ RetainRule: { Count: 1 } }, change));
    await day('11-24');
    const [first = { id: '' }] = (await backupsOf(context, id))[kind];
    const { blockDeviceMappings = [] } =
      (await context.catalog.read(({ images }) => images.get(first.id))) ?? {};
    await day('11-25');
    for (const { ebs } of blockDeviceMappings) {
      await restoreSnapshotFromRecycleBin.run({ SnapshotId: ebs.snapshotId ?? '' }, context);
    }
    if (kind === 'images') await restoreImageFromRecycleBin.run({ ImageId: first.id }, context);
    else await restoreSnapshotFromRecycleBin.run({ SnapshotId: first.id }, context);
    await day('11-26');
    await day('11-27');
    const there = await context.catalog.read(
      async ({ images, snapshots }) => (await images.get(first.id)) ?? snapshots.get(first.id),
    );
    assert.equal(there?.backup?.policyId, undefined);
    assert.ok(there, 'the policy has removed it once more');
    assert.equal(there.tags['aws:dlm:lifecycle-policy-id'], id);
  });
}

async function tier(operation: SnapshotTiering['operation'], isArchived: boolean): Promise<void> {
  const at = context.now.toISOString();
  await context.catalog.write(async ({ snapshots }) => {
    for (const { archive: _, root: __, ...row } of await snapshots.list()) {
      if (row.backup?.policyId === undefined || row.createdAt.slice(5, 10) !== '11-24') continue;
      const tiering = {
        ...{ operation, state: 'completed' as const, startedAt: at, progressPercent: 100 },
        archivedAt: at,
      };
      const archive = { map: 'b'.repeat(64), host: context.site.hostId, sizeBytes: 1, at };
      const where = isArchived ? { archive: archive as never } : { root: 'a'.repeat(64) };
      await snapshots.update({ ...row, tiering, ...where });
    }
  });
}

const volumeDays = async (id: string) => [
  ...new Set(
    (await backupsOf(context, id)).snapshots.map(({ createdAt }) => createdAt.slice(5, 10)),
  ),
];

test('what somebody has archived is theirs while it is there', async () => {
  const id = await makePolicy(context, policyDetails({ RetainRule: days(2) }, ofVolumes));
  await day('11-24');
  await tier('archival', true);
  await day('11-28');
  await day('12-20');
  assert.deepEqual(await volumeDays(id), ['11-24', '12-20']);
  await tier('permanent-restore', false);
  await day('12-21');
  assert.deepEqual(await volumeDays(id), ['12-20', '12-21']);
});

test('what a policy has archived says so, and is nobody’s but who restores it', async () => {
  const ArchiveRule = { RetainRule: { RetentionArchiveTier: days(90) } };
  const CreateRule = { CronExpression: 'cron(0 3 24 * ? *)' };
  const schedule = { CreateRule, RetainRule: days(2), ArchiveRule };
  const id = await makePolicy(context, policyDetails(schedule, ofVolumes));
  await day('11-24');
  await day('11-27');
  const [made] = (await backupsOf(context, id)).snapshots;
  assert.equal(made?.tags['aws:dlm:archived'], 'true');
  assert.equal(made?.tiering?.operation, 'archival');
  await tier('permanent-restore', false);
  await day('12-02');
  const [restored] = (await backupsOf(context, id)).snapshots;
  assert.equal(restored?.tiering?.operation, 'permanent-restore', 'it is archived once more');
  await tier('archival', true);
  await day('12-24');
  context.now = new Date('2027-03-10T03:00:00.000Z');
  await round(context);
  assert.ok(!(await volumeDays(id)).includes('11-24'), 'its time in the archive is over');
});

test('what a schedule has archived stays when it archives no longer', async () => {
  const ArchiveRule = { RetainRule: { RetentionArchiveTier: days(90) } };
  const CreateRule = { CronExpression: 'cron(0 3 24 * ? *)' };
  const schedule = { CreateRule, RetainRule: days(2) };
  const archiving = policyDetails({ ...schedule, ArchiveRule }, ofVolumes);
  const PolicyId = await makePolicy(context, archiving);
  await day('11-24');
  await day('11-27');
  await tier('archival', true);
  const PolicyDetails = policyDetails(schedule, ofVolumes);
  await updateLifecyclePolicy.run({ PolicyId, PolicyDetails }, context);
  await day('12-24');
  await day('12-28');
  assert.deepEqual(await volumeDays(PolicyId), ['11-24', '12-24']);
});

const often = { Interval: 12, IntervalUnit: 'HOURS', Times: ['03:00'] };
const daily = { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] };

test('of two schedules at a time the copy is encrypted for one, and stays for the other', async () => {
  const to = (rule: object) => [{ TargetRegion: 'eu-west-1', ...rule }];
  const Schedules = [
    {
      ...{ Name: 'One', CreateRule: daily, RetainRule: { Count: 9 } },
      CrossRegionCopyRules: to({ Encrypted: true, CopyTags: true }),
      TagsToAdd: [{ Key: 'kind', Value: 'daily' }],
    },
    {
      ...{ Name: 'Other', CreateRule: often, RetainRule: { Count: 2 } },
      CrossRegionCopyRules: to({ Encrypted: false, RetainRule: days(1) }),
    },
  ];
  const id = await makePolicy(context, policyDetails({}, { Schedules }));
  for (const date of ['11-24', '11-25', '11-26', '11-27']) await day(date);
  const copies = (await backupsOf(context, id)).images.filter(
    ({ region }) => region !== 'us-east-1',
  );
  assert.equal(copies.length, 4);
  for (const { blockDeviceMappings, tags } of copies) {
    assert.ok(blockDeviceMappings.every(({ ebs }) => ebs.encrypted));
    assert.equal(tags.kind, 'daily');
    assert.equal(tags['aws:dlm:expirationTime'], undefined);
  }
});

test('a backup that somebody disabled before it was copied stops no policy', async () => {
  const copies = [{ TargetRegion: 'eu-west-1', Encrypted: false }];
  const id = await makePolicy(context, policyDetails({ CrossRegionCopyRules: copies }));
  context.now = new Date('2026-11-24T03:00:00.000Z');
  await round(context);
  await endCaptures(context);
  const [image] = (await backupsOf(context, id)).images;
  await disableImage.run({ ImageId: image?.id ?? '' }, context);
  await day('11-25');
  const { images } = await backupsOf(context, id);
  assert.deepEqual(
    images.map(({ region, createdAt }) => `${region} ${createdAt.slice(8, 10)}`).sort(),
    ['eu-west-1 25', 'us-east-1 24', 'us-east-1 25'],
  );
});

test('a machine that has all the tags that it may have is backed up, with those of the policy', async () => {
  const own = Object.fromEntries(Array.from({ length: 49 }, (_, at) => [`own-${at}`, 'x']));
  await moveInstance(context, instance.id, { tags: { ...own, backup: 'yes' } });
  const TagsToAdd = [{ Key: 'kind', Value: 'daily' }];
  const id = await makePolicy(context, policyDetails({ CopyTags: true, TagsToAdd }));
  await day('11-24');
  const [image] = (await backupsOf(context, id)).images;
  const { kind, 'dlm:managed': managed } = image?.tags ?? {};
  assert.deepEqual([kind, managed], ['daily', 'true']);
  const user = Object.keys(image?.tags ?? {}).filter((key) => !key.startsWith('aws:'));
  assert.equal(user.length, 50);
});

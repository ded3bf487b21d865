import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ModifyVolumeRequest } from '../../../../api/generated/ec2-types.ts';
import { modified } from '../../../domain/volume-modifications.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { createVolume } from './CreateVolume.ts';
import { describeVolumes } from './DescribeVolumes.ts';
import { describeVolumesModifications } from './DescribeVolumesModifications.ts';
import { modifyVolume } from './ModifyVolume.ts';

let context: TestContext;
let volumeId: string;
beforeEach(async () => {
  context = await createTestContext();
  volumeId = await newVolume({ VolumeType: 'gp3', Size: 10 });
});
afterEach(() => context[Symbol.asyncDispose]());

async function newVolume(request: object): Promise<string> {
  const AvailabilityZone = 'us-east-1a';
  return (await createVolume.run({ AvailabilityZone, ...request }, context)).VolumeId ?? '';
}

async function modify(request: Partial<ModifyVolumeRequest>) {
  const made = await modifyVolume.run({ VolumeId: volumeId, ...request }, context);
  return made.VolumeModification ?? {};
}

async function shown(id = volumeId) {
  const { Volumes } = await describeVolumes.run({ VolumeIds: [id] }, context);
  const [{ Size, VolumeType, Iops, Throughput } = {}] = Volumes ?? [];
  return [Size, VolumeType, Iops, Throughput];
}

const hoursLater = (count: number) => new Date(context.now.getTime() + count * 3_600_000);

test('one that no machine has is what was asked for at once', async () => {
  const made = await modify({ Size: 20, Iops: 4000, Throughput: 500 });
  assert.deepEqual(made, {
    VolumeId: volumeId,
    ModificationState: 'completed',
    OriginalSize: 10,
    OriginalVolumeType: 'gp3',
    OriginalIops: 3000,
    OriginalThroughput: 125,
    OriginalMultiAttachEnabled: false,
    TargetSize: 20,
    TargetVolumeType: 'gp3',
    TargetIops: 4000,
    TargetThroughput: 500,
    TargetMultiAttachEnabled: false,
    Progress: 100,
    StartTime: context.now,
    EndTime: context.now,
    Operator: { Managed: false },
  });
  assert.deepEqual(await shown(), [20, 'gp3', 4000, 500]);
  await modify({ Size: 30 });
  assert.deepEqual(await shown(), [30, 'gp3', 4000, 500], 'what is left out stays');
});

test('of a running instance it lasts until the machine has it, and no other is taken', async () => {
  const instance = await insertRunningInstance(context, await insertImage(context));
  [volumeId = ''] = await attachedVolumeIds(context, instance.id);
  const made = await modify({ Size: 9 });
  assert.deepEqual(
    [made.ModificationState, made.Progress, made.EndTime],
    ['modifying', 0, undefined],
  );
  assert.deepEqual((await shown())[0], 9);
  await assert.rejects(modify({ Size: 10 }), { code: 'IncorrectModificationState' });
  await context.catalog.write(async ({ volumes }) => {
    const row = await volumes.get(volumeId);
    if (row) await volumes.update(modified(row, hoursLater(1)));
  });
  const { VolumesModifications: [ended] = [] } = await describeVolumesModifications.run(
    { VolumeIds: [volumeId] },
    context,
  );
  assert.deepEqual(
    [ended?.ModificationState, ended?.Progress, ended?.EndTime],
    ['completed', 100, hoursLater(1)],
  );
  await moveInstance(context, instance.id, { state: 'stopped' });
  assert.equal((await modify({ Size: 10 })).ModificationState, 'completed');
});

test('another type has its own figures', async () => {
  await modify({ Iops: 4000, Throughput: 250 });
  await modify({ VolumeType: 'gp2' });
  assert.deepEqual(await shown(), [10, 'gp2', 100, undefined]);
  await assert.rejects(modify({ VolumeType: 'io1' }), {
    code: 'InvalidParameterValue',
    message: /^Iops to volume size ratio of 300 is too high/,
  });
  await modify({ VolumeType: 'io2' });
  assert.deepEqual(await shown(), [10, 'io2', 3000, undefined]);
  await modify({ VolumeType: 'gp3' });
  assert.deepEqual(await shown(), [10, 'gp3', 3000, 125]);
});

test('what EC2 refuses', async () => {
  const refused: [Partial<ModifyVolumeRequest>, string][] = [
    [{}, 'MissingParameter'],
    [{ Size: 9 }, 'InvalidParameterValue'],
    [{ Size: 65_537 }, 'InvalidParameterValue'],
    [{ Iops: 5001 }, 'InvalidParameterValue'],
    [{ Throughput: 751 }, 'InvalidParameterValue'],
    [{ VolumeType: 'st1' }, 'InvalidParameterValue'],
    [{ VolumeType: 'gp2', Iops: 3000 }, 'InvalidParameterCombination'],
    [{ VolumeId: 'vol-0fedcba9876543210', Size: 11 }, 'InvalidVolume.NotFound'],
  ];
  for (const [request, code] of refused) {
    await assert.rejects(modify(request), { code }, JSON.stringify(request));
  }
  assert.deepEqual(await shown(), [10, 'gp3', 3000, 125]);
});

test('four times within 24 hours', async () => {
  const first = context.now;
  for (let count = 1; count <= 4; count++) {
    await modify({ Size: 10 + count });
    context.now = hoursLater(5);
  }
  await assert.rejects(modify({ Size: 15 }), {
    code: 'VolumeModificationRateExceeded',
    message: new RegExp(new Date(first.getTime() + 24 * 3_600_000).toISOString()),
  });
  context.now = hoursLater(4);
  await modify({ Size: 15 });
  await assert.rejects(modify({ Size: 16 }), { code: 'VolumeModificationRateExceeded' });
});

test('it does not grow while a capture that knows its size is about to cut it', async () => {
  await insertSnapshot(context, { volumeId, state: 'pending', root: undefined });
  await assert.rejects(modify({ Size: 11 }), { code: 'IncorrectState' });
  await modify({ Iops: 3500 });
});

test('modifications are found by what they were and are, page by page', async () => {
  const others = [await newVolume({ Size: 1 }), await newVolume({ Size: 1, VolumeType: 'gp3' })];
  const list = async (input: object = {}) =>
    (await describeVolumesModifications.run(input, context)).VolumesModifications?.map(
      ({ VolumeId }) => VolumeId,
    );
  assert.deepEqual(await list(), []);
  await modify({ Size: 12 });
  await modify({ VolumeId: others[1], VolumeType: 'gp2' });
  const filtered = (Name: string, ...Values: string[]) => list({ Filters: [{ Name, Values }] });
  assert.deepEqual(await list(), [volumeId, others[1]]);
  assert.deepEqual(await filtered('target-size', '12'), [volumeId]);
  assert.deepEqual(await filtered('original-iops', '3000'), [volumeId, others[1]]);
  assert.deepEqual(await filtered('target-volume-type', 'gp2'), [others[1]]);
  assert.deepEqual(await filtered('modification-state', 'modifying'), []);
  assert.deepEqual(await filtered('volume-id', volumeId), [volumeId]);
  await assert.rejects(list({ VolumeIds: others }), {
    code: 'InvalidVolumeModification.NotFound',
  });
  const first = await describeVolumesModifications.run({ MaxResults: 1 }, context);
  assert.equal(first.VolumesModifications?.length, 1);
  assert.deepEqual(await list({ MaxResults: 1, NextToken: first.NextToken }), [others[1]]);
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { CreateReplaceRootVolumeTaskRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { rootDisk } from '../../../catalog/test-rows.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { createTags } from '../tags/CreateTags.ts';
import { createReplaceRootVolumeTask } from './CreateReplaceRootVolumeTask.ts';
import { describeReplaceRootVolumeTasks } from './DescribeReplaceRootVolumeTasks.ts';

let context: TestContext;
let image: ImageRow;
let id: string;

beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
  ({ id } = await insertRunningInstance(context, image));
});
afterEach(() => context[Symbol.asyncDispose]());

async function create(more: Partial<CreateReplaceRootVolumeTaskRequest> = {}) {
  const made = await createReplaceRootVolumeTask.run({ InstanceId: id, ...more }, context);
  assert.ok(made.ReplaceRootVolumeTask);
  return made.ReplaceRootVolumeTask;
}

const counts = () =>
  context.catalog.read(async ({ rootReplacements, tasks, volumes }) => [
    await rootReplacements.count(),
    await tasks.count(),
    await volumes.count(),
  ]);

test('a task is answered, listed, found by its instance and tags, and tagged later', async () => {
  const TagSpecifications = [
    { ResourceType: 'replace-root-volume-task', Tags: [{ Key: 'why', Value: 'patch' }] },
  ] as CreateReplaceRootVolumeTaskRequest['TagSpecifications'];
  const task = await create({ DeleteReplacedRootVolume: true, TagSpecifications });
  const { ReplaceRootVolumeTaskId: taskId = '' } = task;
  assert.match(taskId, /^replacevol-0[0-9a-f]{16}$/);
  assert.equal(task.InstanceId, id);
  assert.equal(task.TaskState, 'pending');
  assert.equal(task.DeleteReplacedRootVolume, true);
  assert.equal(task.StartTime, context.clock.now().toISOString());
  assert.deepEqual(task.Tags, [{ Key: 'why', Value: 'patch' }]);
  await createTags.run({ Resources: [taskId], Tags: [{ Key: 'a', Value: 'b' }] }, context);
  const found = async (Name: string, value: string) => {
    const Filters = [{ Name, Values: [value] }];
    const { ReplaceRootVolumeTasks = [] } = await describeReplaceRootVolumeTasks.run(
      { Filters },
      context,
    );
    return ReplaceRootVolumeTasks.map(({ ReplaceRootVolumeTaskId: each }) => each);
  };
  for (const [name, value, other] of [
    ['instance-id', id, 'i-0fedcba9876543210'],
    ['tag:a', 'b', 'c'],
    ['tag:why', 'p*', 'q*'],
  ] as const) {
    assert.deepEqual(await found(name, value), [taskId], name);
    assert.deepEqual(await found(name, other), [], name);
  }
  const ReplaceRootVolumeTaskIds = ['replacevol-0fedcba9876543210'];
  await assert.rejects(describeReplaceRootVolumeTasks.run({ ReplaceRootVolumeTaskIds }, context), {
    code: 'InvalidReplaceRootVolumeTaskId.NotFound',
  });
});

test('the same token is the same task, and with other parameters refused', async () => {
  const first = await create({ ClientToken: 'once' });
  assert.deepEqual(await create({ ClientToken: 'once' }), first);
  assert.deepEqual((await counts())[0], 1);
  await assert.rejects(create({ ClientToken: 'once', DeleteReplacedRootVolume: true }), {
    code: 'IdempotentParameterMismatch',
  });
});

test('a new volume is as large as the old one, or as the root of the image', async () => {
  const snapshot = await insertSnapshot(context, { volumeSizeGiB: 20 });
  const blockDeviceMappings = rootDisk(20, snapshot.id);
  const larger = await insertImage(context, { blockDeviceMappings });
  const task = await create({ ImageId: larger.id });
  assert.equal(task.ImageId, larger.id);
  const row = await context.catalog.read(({ rootReplacements }) =>
    rootReplacements.get(task.ReplaceRootVolumeTaskId ?? ''),
  );
  const volume = await context.catalog.read(({ volumes }) => volumes.get(row?.volumeId ?? ''));
  assert.equal(volume?.sizeGiB, 20);
  assert.equal(volume?.snapshotId, snapshot.id);
  assert.equal(volume?.attachment, undefined);
});

test('what does not fit is refused, and nothing is written', async () => {
  const [, data = ''] = await attachedVolumeIds(context, id);
  const before = await counts();
  const uefi = await insertImage(context, { name: 'uefi', bootMode: 'uefi' });
  const stranger = (await insertImage(context, { name: 'pending', state: 'pending' })).id;
  const SnapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId;
  for (const [more, code] of [
    [{ ImageId: uefi.id }, 'InvalidParameterValue'],
    [{ ImageId: stranger }, 'InvalidAMIID.Unavailable'],
    [{ ImageId: 'ami-0fedcba9876543210' }, 'InvalidAMIID.NotFound'],
    [{ SnapshotId: 'snap-0fedcba9876543210' }, 'InvalidSnapshot.NotFound'],
    [{ VolumeId: data }, 'IncorrectState'],
    [{ VolumeId: 'vol-0fedcba9876543210' }, 'InvalidVolume.NotFound'],
    [{ ImageId: image.id, SnapshotId }, 'InvalidParameterCombination'],
    [{ ImageId: image.id, VolumeId: data }, 'InvalidParameterCombination'],
  ] as const) {
    await assert.rejects(create(more), { code }, JSON.stringify(more));
  }
  await moveInstance(context, id, { productCodes: ['code1'] });
  await assert.rejects(create({ ImageId: image.id }), { code: 'InvalidParameterValue' });
  await moveInstance(context, id, { productCodes: undefined });
  for (const state of ['stopped', 'pending', 'shutting-down'] as const) {
    await moveInstance(context, id, { state });
    await assert.rejects(create(), { code: 'IncorrectInstanceState' });
  }
  assert.deepEqual(await counts(), before);
  await moveInstance(context, id, { state: 'running' });
  await create({ ImageId: (await insertImage(context, { bootMode: 'uefi-preferred' })).id });
});

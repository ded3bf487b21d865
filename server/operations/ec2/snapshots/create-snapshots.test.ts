/** What CreateSnapshots makes of an instance's volumes; that it is one point in time: tasks/. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../test-instances.ts';
import { createTags } from '../tags/CreateTags.ts';
import { createSnapshots } from './CreateSnapshots.ts';
import { describeSnapshots } from './DescribeSnapshots.ts';

let context: TestContext;
let InstanceId: string;
let root: string;
let data: string;
beforeEach(async () => {
  context = await createTestContext();
  InstanceId = (await insertRunningInstance(context, await insertProviderImage(context))).id;
  [root = '', data = ''] = await attachedVolumeIds(context, InstanceId);
  assert.ok(data, 'it has a data volume');
});
afterEach(() => context[Symbol.asyncDispose]());

const create = async (specification: object = {}, more: object = {}) => {
  const input = { InstanceSpecification: { InstanceId, ...specification }, ...more };
  return (await createSnapshots.run(input, context)).Snapshots ?? [];
};
const volumes = async (specification: object) =>
  (await create(specification)).map(({ VolumeId }) => VolumeId);

test('all volumes of the instance, or some, become pending snapshots of one task', async () => {
  const made = await create({}, { Description: 'both' });
  assert.deepEqual(
    made.map(({ VolumeId, State, Progress, Description }) => [
      VolumeId,
      State,
      Progress,
      Description,
    ]),
    [root, data].map((id) => [id, 'pending', '0%', 'both']),
  );
  assert.deepEqual(made[0]?.StartTime, made[1]?.StartTime);
  const tasks = await context.catalog.read((reader) => reader.tasks.list());
  assert.equal(tasks.length, 1);
  const { Snapshots = [] } = await describeSnapshots.run({ OwnerIds: ['self'] }, context);
  assert.equal(Snapshots.length, 2);
  assert.deepEqual(await volumes({ ExcludeBootVolume: true }), [data]);
  assert.deepEqual(await volumes({ ExcludeDataVolumeIds: [data] }), [root]);
});

test('tags are those of the request, over those of each volume when asked', async () => {
  const tag = (Key: string, Value: string) => ({ Key, Value });
  await createTags.run({ Resources: [root], Tags: [tag('a', 'volume'), tag('b', 'c')] }, context);
  const TagSpecifications = [{ ResourceType: 'snapshot' as const, Tags: [tag('a', 'request')] }];
  const [plain] = await create({}, { TagSpecifications });
  assert.deepEqual(plain?.Tags, [tag('a', 'request')]);
  const [copied, other] = await create({}, { TagSpecifications, CopyTagsFromSource: 'volume' });
  assert.deepEqual(copied?.Tags, [tag('a', 'request'), tag('b', 'c')]);
  assert.deepEqual(other?.Tags, [tag('a', 'request')]);
  const nothing = create({}, { CopyTagsFromSource: 'instance' });
  await assert.rejects(nothing, { code: 'InvalidParameterValue' });
});

test('what is excluded is a data volume of the instance, and something is left', async () => {
  const invalid = { code: 'InvalidParameterValue' };
  await assert.rejects(create({ ExcludeDataVolumeIds: [root] }), invalid);
  await assert.rejects(create({ ExcludeDataVolumeIds: ['vol-00000000'] }), invalid);
  const none = { ExcludeBootVolume: true, ExcludeDataVolumeIds: [data] };
  await assert.rejects(create(none), invalid);
  const many = Array.from({ length: 41 }, () => data);
  await assert.rejects(create({ ExcludeDataVolumeIds: many }), invalid);
  const gone = { InstanceId: 'i-00000000' };
  await assert.rejects(create(gone), { code: 'InvalidInstanceID.NotFound' });
});

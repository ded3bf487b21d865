import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { emptyRecycleBin } from '../../../domain/recycle-bin.ts';
import type { OperationContext } from '../../operation.ts';
import { createRule } from '../../rbin/CreateRule.ts';
import { deleteRule } from '../../rbin/DeleteRule.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance, runImage } from '../../test-instances.ts';
import { deleteSnapshot } from '../snapshots/DeleteSnapshot.ts';
import { restoreSnapshotFromRecycleBin } from '../snapshots/RestoreSnapshotFromRecycleBin.ts';
import { createTags } from '../tags/CreateTags.ts';
import { deleteTags } from '../tags/DeleteTags.ts';
import { describeTags } from '../tags/DescribeTags.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeImages } from './DescribeImages.ts';
import { describeInstanceImageMetadata } from './DescribeInstanceImageMetadata.ts';
import { listImagesInRecycleBin } from './ListImagesInRecycleBin.ts';
import { restoreImageFromRecycleBin } from './RestoreImageFromRecycleBin.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const daysLater = (count: number) => new Date(context.now.getTime() + count * 24 * 60 * 60_000);
const notFound = { code: 'InvalidAMIID.NotFound' };

function keep(days: number, more: object = {}, as: OperationContext = context) {
  const RetentionPeriod = { RetentionPeriodValue: days, RetentionPeriodUnit: 'DAYS' };
  return createRule.run({ ResourceType: 'EC2_IMAGE', RetentionPeriod, ...more }, as);
}

const deregister = (ImageId: string, DeleteAssociatedSnapshots?: boolean) =>
  deregisterImage.run({ ImageId, DeleteAssociatedSnapshots }, context);
const restore = (ImageId: string, as: OperationContext = context) =>
  restoreImageFromRecycleBin.run({ ImageId }, as);

async function binned(request: object = {}, as: OperationContext = context): Promise<string[]> {
  const { Images = [] } = await listImagesInRecycleBin.run(request, as);
  return Images.map(({ ImageId = '' }) => ImageId);
}

/** As the row is, but for how often it was written. */
async function rowOf(id: string) {
  const row = await context.catalog.read(({ images }) => images.get(id));
  return row && { ...row, version: 0 };
}

test('a deregistered image is in the bin, is neither seen nor launched, and comes back as it was', async () => {
  await keep(7);
  const image = await insertImage(context, {
    description: 'of a web server',
    state: 'disabled',
    deprecationTime: '2027-01-01T00:00:00.000Z',
    launchPermissions: ['222222222222', 'all'],
    tags: { env: 'prod' },
  });
  const before = await rowOf(image.id);
  await deregister(image.id);
  const { Images } = await listImagesInRecycleBin.run({ ImageIds: [image.id] }, context);
  const expected = {
    ImageId: image.id,
    Name: image.name,
    Description: 'of a web server',
    RecycleBinEnterTime: context.now,
    RecycleBinExitTime: daysLater(7),
  };
  assert.deepEqual(Images, [expected]);
  assert.deepEqual((await describeImages.run({ IncludeDisabled: true }, context)).Images, []);
  await assert.rejects(runImage(context, image), notFound);
  await assert.rejects(deregister(image.id), notFound);
  const stranger = await context.asNewAccount();
  await assert.rejects(restore(image.id, stranger), notFound);
  assert.deepEqual(await binned({}, stranger), []);
  assert.deepEqual(await binned({}, context.as({ region: 'eu-west-1' })), []);
  assert.deepEqual(await restore(image.id), { Return: true });
  assert.deepEqual(await rowOf(image.id), before);
  assert.deepEqual(await binned(), []);
  await assert.rejects(restore(image.id), notFound);
});

describe('whether, and for how long, it is kept', () => {
  const kept = async (tags: Record<string, string> = {}) => {
    const image = await insertImage(context, { tags });
    await deregister(image.id);
    if (!(await binned()).includes(image.id)) return 0;
    const { Images = [] } = await listImagesInRecycleBin.run({ ImageIds: [image.id] }, context);
    const ms = (Images[0]?.RecycleBinExitTime?.getTime() ?? 0) - context.now.getTime();
    return ms / (24 * 60 * 60_000);
  };
  const tagged = (key: string, value?: string) => [
    { ResourceTagKey: key, ResourceTagValue: value },
  ];

  test('is said by the rule for its tags or its region that keeps it longest', async () => {
    assert.equal(await kept(), 0);
    await keep(30, { ResourceType: 'EBS_SNAPSHOT' });
    await keep(30, {}, context.as({ region: 'eu-west-1' }));
    await keep(30, {}, await context.asNewAccount());
    assert.equal(await kept(), 0);
    await keep(5, { ResourceTags: tagged('env', 'prod') });
    await keep(9, { ResourceTags: tagged('keep') });
    assert.equal(await kept({ env: 'test' }), 0);
    assert.equal(await kept({ env: 'prod' }), 5);
    assert.equal(await kept({ env: 'prod', keep: 'whatever' }), 9);
    await keep(7, { ExcludeResourceTags: tagged('scratch', 'yes') });
    assert.equal(await kept({ env: 'prod' }), 7);
    assert.equal(await kept({ scratch: 'no' }), 7);
    assert.equal(await kept({ scratch: 'yes' }), 0);
    assert.equal(await kept({ scratch: 'yes', env: 'prod' }), 5);
  });

  test('is not for images that never were available', async () => {
    await keep(7);
    const image = await insertImage(context, { state: 'failed' });
    await deregister(image.id);
    assert.deepEqual(await binned(), []);
  });

  test('is decided when it is deregistered', async () => {
    const { Identifier } = await keep(7);
    const image = await insertImage(context);
    await deregister(image.id);
    await deleteRule.run({ Identifier }, context);
    await keep(1);
    context.now = daysLater(6);
    assert.deepEqual(await binned(), [image.id]);
  });
});

test('after its time it is gone, be it taken out yet or not, and its instances still tell of it', async () => {
  await keep(1);
  const image = await insertImage(context);
  const instance = await insertRunningInstance(context, image);
  await deregister(image.id);
  const row = () => context.catalog.read(({ formerImages }) => formerImages.get(image.id));
  const before = new Date(daysLater(1).getTime() - 1);
  await emptyRecycleBin(context.catalog, before);
  context.now = before;
  assert.deepEqual(await binned(), [image.id]);
  context.now = new Date(before.getTime() + 1);
  assert.deepEqual(await binned(), []);
  await assert.rejects(binned({ ImageIds: [image.id] }), notFound);
  await assert.rejects(restore(image.id), notFound);
  assert.ok((await row())?.recycledUntil);
  await emptyRecycleBin(context.catalog, context.now);
  assert.equal((await row())?.recycledUntil, undefined);
  const request = { InstanceIds: [instance.id] };
  const told = await describeInstanceImageMetadata.run(request, context);
  assert.equal(told.InstanceImageMetadata?.[0]?.ImageMetadata?.State, 'deregistered');
});

test('a name that was taken meanwhile is refused', async () => {
  await keep(7);
  const image = await insertImage(context, { name: 'web' });
  await deregister(image.id);
  const other = await insertImage(context, { name: 'web' });
  await assert.rejects(restore(image.id), { code: 'InvalidAMIName.Duplicate' });
  await deregister(other.id);
  await restore(image.id);
  assert.deepEqual(await binned(), [other.id]);
});

describe('its snapshots', () => {
  const snapshotOf = (image: { blockDeviceMappings: { ebs: { snapshotId?: string } }[] }) =>
    image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';

  test('go into the bin by rules of their own, and are restored before it', async () => {
    await keep(7);
    await keep(9, { ResourceType: 'EBS_SNAPSHOT' });
    const image = await insertImage(context);
    const SnapshotId = snapshotOf(image);
    const { DeleteSnapshotResults } = await deregister(image.id, true);
    assert.deepEqual(DeleteSnapshotResults, [{ SnapshotId, ReturnCode: 'success' }]);
    await assert.rejects(restore(image.id), { code: 'InvalidSnapshot.NotFound' });
    await restoreSnapshotFromRecycleBin.run({ SnapshotId }, context);
    await restore(image.id);
    await deregister(image.id);
    await deleteSnapshot.run({ SnapshotId }, context);
    await assert.rejects(restore(image.id), /restore it first/);
  });

  test('without a rule are gone, and the image with them', async () => {
    await keep(7);
    const image = await insertImage(context);
    await deregister(image.id, true);
    const restoring = { SnapshotId: snapshotOf(image) };
    const gone = { code: 'InvalidSnapshot.NotFound' };
    await assert.rejects(restoreSnapshotFromRecycleBin.run(restoring, context), gone);
    await assert.rejects(restore(image.id), gone);
  });
});

test('what was public is not so again where that has been blocked since', async () => {
  await keep(7);
  const image = await insertImage(context, { launchPermissions: ['222222222222', 'all'] });
  await deregister(image.id);
  const { account, region } = context.caller;
  await context.catalog.write(({ accountSettings }) =>
    accountSettings.insert({
      id: `${account}/${region}`,
      account,
      region,
      imageBlockPublicAccess: 'block-new-sharing',
    }),
  );
  await restore(image.id);
  assert.deepEqual((await rowOf(image.id))?.launchPermissions, ['222222222222']);
});

test('tags of what is in the bin are neither shown nor changed, and come back with it', async () => {
  await keep(7, { ResourceTags: [{ ResourceTagKey: 'env' }] });
  const snapshotRule = { ResourceType: 'EBS_SNAPSHOT', ResourceTags: [{ ResourceTagKey: 'env' }] };
  await keep(7, snapshotRule);
  const tags = { env: 'prod' };
  const image = await insertImage(context, { tags });
  const { id: SnapshotId } = await insertSnapshot(context, { tags });
  const both = [image.id, SnapshotId];
  const tagged = async () => {
    const Filters = [{ Name: 'tag:env', Values: ['prod'] }];
    const { Tags = [] } = await describeTags.run({ Filters }, context);
    return Tags.map(({ ResourceId }) => ResourceId);
  };
  assert.deepEqual(await tagged(), both);
  const remove = async () => {
    await deregister(image.id);
    await deleteSnapshot.run({ SnapshotId }, context);
  };
  const putBack = async () => {
    await restore(image.id);
    await restoreSnapshotFromRecycleBin.run({ SnapshotId }, context);
  };
  await remove();
  assert.deepEqual(await tagged(), []);
  const Tags = [{ Key: 'env', Value: 'test' }];
  for (const [id, error] of [
    [image.id, 'InvalidAMIID.NotFound'],
    [SnapshotId, 'InvalidSnapshot.NotFound'],
  ] as const) {
    const refused = { code: error };
    await assert.rejects(createTags.run({ Resources: [id], Tags }, context), refused);
    await assert.rejects(deleteTags.run({ Resources: [id] }, context), refused);
  }
  await putBack();
  assert.deepEqual(await tagged(), both);
  await deleteTags.run({ Resources: both, Tags: [{ Key: 'env' }] }, context);
  await remove();
  await assert.rejects(putBack(), notFound, 'without the tag no rule keeps it');
});

test('the list comes page by page', async () => {
  await keep(7);
  const ids: string[] = [];
  for (let made = 0; made < 3; made++) {
    const { id } = await insertImage(context);
    await deregister(id);
    ids.push(id);
  }
  const first = await listImagesInRecycleBin.run({ MaxResults: 2 }, context);
  assert.equal(first.Images?.length, 2);
  const { NextToken } = first;
  assert.deepEqual(await binned({ MaxResults: 2, NextToken }), ids.slice(2));
  const tooMany = { MaxResults: 1001 };
  await assert.rejects(binned(tooMany), { code: 'InvalidParameterValue' });
  const many = Array<string>(21).fill(ids[0] ?? '');
  await assert.rejects(binned({ ImageIds: many }), { code: 'InvalidParameterValue' });
  const { id } = await insertSnapshot(context);
  await assert.rejects(binned({ ImageIds: [id] }), { code: 'InvalidAMIID.Malformed' });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance, moveInstance, runImage } from '../../test-instances.ts';
import { createImage } from './CreateImage.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeImages } from './DescribeImages.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('snapshots go with their image when that is asked for, but for those of another image', async () => {
  const image = await insertImage(context);
  const shared = await insertSnapshot(context);
  const [mapping] = image.blockDeviceMappings;
  const second = {
    deviceName: '/dev/sdf',
    ebs: {
      snapshotId: shared.id,
      volumeSizeGiB: 8,
      deleteOnTermination: true,
      volumeType: 'gp3',
    },
  };
  const both = [mapping, second].filter((each) => each !== undefined);
  await context.catalog.write(({ images: table }) =>
    table.update({ ...image, version: 1, blockDeviceMappings: both }),
  );
  await insertImage(context, { blockDeviceMappings: [second] });
  const { DeleteSnapshotResults } = await deregisterImage.run(
    { ImageId: image.id, DeleteAssociatedSnapshots: true },
    context,
  );
  assert.deepEqual(DeleteSnapshotResults, [
    { SnapshotId: mapping?.ebs.snapshotId, ReturnCode: 'success' },
    { SnapshotId: shared.id, ReturnCode: 'skipped' },
  ]);
  const left = await context.catalog.read(({ snapshots }) => snapshots.get(shared.id));
  assert.equal(left?.state, 'completed');
});

test('an image of another account is not the caller’s to deregister', async () => {
  const provided = await insertProviderImage(context);
  await assert.rejects(deregisterImage.run({ ImageId: provided.id }, context), {
    code: 'AuthFailure',
  });
  await assert.rejects(deregisterImage.run({ ImageId: 'ami-00000000' }, context), {
    code: 'InvalidAMIID.NotFound',
  });
});

const hoursLater = (hours: number) => new Date(context.now.getTime() + hours * 60 * 60_000);

test('for an hour a list by its id is empty, and after that an error', async () => {
  const image = await insertImage(context);
  await deregisterImage.run({ ImageId: image.id }, context);
  const list = (as: OperationContext = context) => describeImages.run({ ImageIds: [image.id] }, as);
  const notFound = { code: 'InvalidAMIID.NotFound' };
  assert.deepEqual((await list()).Images, []);
  await assert.rejects(list(context.as({ account: '999999999999' })), notFound);
  context.now = hoursLater(1);
  await assert.rejects(list(), notFound);
});

describe('under a living instance', () => {
  const unavailable = { code: 'InvalidAMIID.Unavailable' };
  const notFound = { code: 'InvalidAMIID.NotFound' };
  let image: ImageRow;
  let instance: InstanceRow;
  beforeEach(async () => {
    image = await insertImage(context, { imdsSupport: 'v2.0', enaSupport: true });
    instance = await insertRunningInstance(context, image);
    await deregisterImage.run({ ImageId: image.id }, context);
  });
  const shown = async (ids: string[], as: OperationContext = context) => {
    const { Images = [] } = await describeImages.run({ ImageIds: ids }, as);
    return Images.map(({ ImageId }) => ImageId);
  };

  test('a list by its id is empty, also beside others, until the last of them is terminated', async () => {
    const other = await insertImage(context);
    assert.deepEqual(await shown([image.id]), []);
    assert.deepEqual(await shown([image.id, other.id]), [other.id]);
    const stranger = context.as({ account: '999999999999' });
    await assert.rejects(shown([image.id], stranger), notFound, 'who never saw it');
    for (const state of ['stopping', 'stopped', 'shutting-down'] as const) {
      await moveInstance(context, instance.id, { state });
      assert.deepEqual(await shown([image.id]), [], state);
    }
    await moveInstance(context, instance.id, { state: 'terminated' });
    context.now = hoursLater(1);
    await assert.rejects(shown([image.id]), notFound);
    await assert.rejects(deregisterImage.run({ ImageId: image.id }, context), notFound);
  });

  test('it is unavailable to all but lists, and its name is free', async () => {
    await assert.rejects(deregisterImage.run({ ImageId: image.id }, context), unavailable);
    await assert.rejects(runImage(context, image), unavailable);
    await insertImage(context, { name: image.name });
  });

  test('the instance is captured as before', async () => {
    const request = { InstanceId: instance.id, Name: 'of an orphan' };
    const { ImageId = '' } = await createImage.run(request, context);
    const [made] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
    assert.equal(made?.SourceImageId, image.id);
    assert.deepEqual([made?.ImdsSupport, made?.EnaSupport], ['v2.0', true]);
  });
});

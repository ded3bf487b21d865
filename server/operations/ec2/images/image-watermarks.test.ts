/** Watermarks, and the ancestry of images: what is made of an image carries both. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { attachImageWatermark } from './AttachImageWatermark.ts';
import { copyImage } from './CopyImage.ts';
import { createImage } from './CreateImage.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeImages } from './DescribeImages.ts';
import { describeInstanceImageMetadata } from './DescribeInstanceImageMetadata.ts';
import { detachImageWatermark } from './DetachImageWatermark.ts';
import { getImageAncestry } from './GetImageAncestry.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const attach = (ImageId: string, WatermarkName = 'approved', as: OperationContext = context) =>
  attachImageWatermark.run({ ImageId, WatermarkName }, as);
const shown = async (id: string, as: OperationContext = context) =>
  (await describeImages.run({ ImageIds: [id] }, as)).Images?.[0]?.ImageWatermarks;

describe('watermarks', () => {
  test('are attached once, shown, found and detached', async () => {
    const image = await insertImage(context);
    assert.equal(await shown(image.id), undefined);
    const { WatermarkKey: key = '' } = await attach(image.id);
    assert.equal(key, `${context.caller.account}:approved`);
    const watermark = {
      WatermarkKey: key,
      SourceImageId: image.id,
      SourceImageRegion: 'us-east-1',
      SourceImageCreationTime: new Date(image.createdAt),
      WatermarkCreationTime: context.now,
    };
    context.now = new Date(context.now.getTime() + 60_000);
    await attach(image.id);
    assert.deepEqual(await shown(image.id), [watermark]);
    for (const [name, value, other] of [
      ['watermark-key', key, '*:other'],
      ['source-image-id', image.id, 'ami-1'],
      ['source-image-region', 'us-*', 'eu-*'],
      ['source-image-creation-time', image.createdAt, '2020-*'],
      ['watermark-creation-time', watermark.WatermarkCreationTime.toISOString(), '2020-*'],
    ] as const) {
      const find = async (Values: string[]) => {
        const Filters = [{ Name: `image-watermark.${name}`, Values }];
        return (await describeImages.run({ Filters }, context)).Images?.length;
      };
      assert.deepEqual([await find([value]), await find([other])], [1, 0], name);
    }
    const detach = () =>
      detachImageWatermark.run({ ImageId: image.id, WatermarkKey: key }, context);
    assert.deepEqual(await detach(), { Return: true });
    assert.deepEqual(await detach(), { Return: true });
    assert.equal(await shown(image.id), undefined);
  });

  test('go on to captures and copies, of others too, and stay there', async () => {
    const image = await insertImage(context);
    await attach(image.id);
    const marks = await shown(image.id);
    const { id: InstanceId } = await insertRunningInstance(context, image);
    const { ImageId: captured = '' } = await createImage.run(
      { InstanceId, Name: 'captured' },
      context,
    );
    const copy = { Name: 'copied', SourceImageId: image.id, SourceRegion: 'us-east-1' };
    const { ImageId: copied = '' } = await copyImage.run(copy, context);
    const there = context.as({ region: 'eu-west-1' });
    const { ImageId: abroad = '' } = await copyImage.run(copy, there);
    const [key = ''] = (marks ?? []).map(({ WatermarkKey }) => WatermarkKey ?? '');
    await detachImageWatermark.run({ ImageId: image.id, WatermarkKey: key }, context);
    assert.deepEqual(await shown(captured), marks);
    assert.deepEqual(await shown(copied), marks);
    assert.deepEqual(await shown(abroad, there), marks);
    const { InstanceImageMetadata } = await describeInstanceImageMetadata.run(
      { InstanceIds: [InstanceId] },
      context,
    );
    assert.equal(InstanceImageMetadata?.[0]?.ImageMetadata?.ImageWatermarks, undefined);
    await attach(image.id);
    const marked = await describeInstanceImageMetadata.run({ InstanceIds: [InstanceId] }, context);
    assert.deepEqual(
      marked.InstanceImageMetadata?.[0]?.ImageMetadata?.ImageWatermarks?.map((each) => [
        each.WatermarkKey,
        each.SourceImageId,
      ]),
      [[key, image.id]],
    );
  });

  test('are refused on what is public, with other names, and above their number', async () => {
    const image = await insertImage(context, { launchPermissions: ['all'] });
    await assert.rejects(attach(image.id), { code: 'OperationNotPermitted' });
    const own = await insertImage(context);
    for (const name of ['ab', 'a:b', 'x'.repeat(129)]) {
      await assert.rejects(attach(own.id, name), { code: 'InvalidParameterValue' });
    }
    for (const WatermarkKey of ['approved', '12:approved', '123456789012:ab']) {
      const detached = detachImageWatermark.run({ ImageId: own.id, WatermarkKey }, context);
      await assert.rejects(detached, { code: 'InvalidParameterValue' });
    }
    for (let count = 0; count < 100; count++) await attach(own.id, `mark-${count}`);
    await assert.rejects(attach(own.id, 'one more'), { code: 'ResourceLimitExceeded' });
  });
});

describe('GetImageAncestry', () => {
  const entries = async (ImageId: string, as: OperationContext = context) =>
    (await getImageAncestry.run({ ImageId }, as)).ImageAncestryEntries?.map((each) => [
      each.ImageId,
      each.SourceImageId,
      each.SourceImageRegion,
    ]);

  test('goes back to the first, over regions and past what was deregistered', async () => {
    const first = await insertImage(context, { ownerAlias: 'amazon' });
    const { id: InstanceId } = await insertRunningInstance(context, first);
    const { ImageId: second = '' } = await createImage.run({ InstanceId, Name: 'two' }, context);
    const third = await insertImage(context.as({ region: 'eu-west-1' }), {
      sourceImageId: second,
      sourceImageRegion: 'us-east-1',
    });
    await deregisterImage.run({ ImageId: second }, context);
    const there = context.as({ region: 'eu-west-1' });
    assert.deepEqual(await entries(third.id, there), [
      [third.id, second, 'us-east-1'],
      [second, first.id, 'us-east-1'],
      [first.id, undefined, undefined],
    ]);
    const { ImageAncestryEntries = [] } = await getImageAncestry.run({ ImageId: third.id }, there);
    const { CreationDate, ImageOwnerAlias } = ImageAncestryEntries.at(-1) ?? {};
    assert.deepEqual([CreationDate, ImageOwnerAlias], [new Date(first.createdAt), 'amazon']);
  });

  test('ends at what the caller does not see', async () => {
    const other = await context.asNewAccount();
    const hidden = await insertImage(other);
    const shared = await insertImage(other, {
      sourceImageId: hidden.id,
      launchPermissions: [context.caller.account],
    });
    const own = await insertImage(context, { sourceImageId: shared.id });
    assert.deepEqual(await entries(own.id), [
      [own.id, shared.id, 'us-east-1'],
      [shared.id, hidden.id, 'us-east-1'],
    ]);
    assert.equal((await entries(shared.id, other))?.length, 2);
  });
});

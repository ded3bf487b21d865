/** What an instance was launched from, whatever became of the image. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance, launched, runImage } from '../../test-instances.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeInstanceImageMetadata } from './DescribeInstanceImageMetadata.ts';
import { disableImage } from './DisableImage.ts';
import { enableAllowedImagesSettings } from './EnableAllowedImagesSettings.ts';
import { enableImageDeprecation } from './EnableImageDeprecation.ts';
import { resetImageAttribute } from './ResetImageAttribute.ts';

let context: TestContext;
let friend: OperationContext;
let image: ImageRow;
let instanceId: string;
beforeEach(async () => {
  context = await createTestContext();
  friend = await context.asNewAccount();
  image = await insertImage(context, { name: 'golden', launchPermissions: ['all'] });
  instanceId = (await insertRunningInstance(friend, image)).id;
});
afterEach(() => context[Symbol.asyncDispose]());

const described = async (input: object = {}, as = friend) =>
  (await describeInstanceImageMetadata.run(input, as)).InstanceImageMetadata ?? [];
const metadata = async () => (await described({ InstanceIds: [instanceId] }))[0]?.ImageMetadata;

test('instance and image are told, the image as it is now', async () => {
  const [row] = await described();
  assert.deepEqual(
    [row?.InstanceId, row?.OwnerId, row?.State?.Name, row?.AvailabilityZone],
    [instanceId, friend.caller.account, 'running', 'us-east-1a'],
  );
  const expected = {
    ImageId: image.id,
    Name: 'golden',
    OwnerId: image.account,
    State: 'available',
    ImageOwnerAlias: undefined,
    CreationDate: image.createdAt,
    DeprecationTime: undefined as string | undefined,
    ImageAllowed: undefined as boolean | undefined,
    ImageWatermarks: undefined,
    IsPublic: true,
  };
  assert.deepEqual(row?.ImageMetadata, expected);
  const DeprecateAt = new Date('2027-01-01T00:00:00.000Z');
  await enableImageDeprecation.run({ ImageId: image.id, DeprecateAt }, context);
  await enableAllowedImagesSettings.run({ AllowedImagesSettingsState: 'enabled' }, friend);
  expected.DeprecationTime = DeprecateAt.toISOString();
  expected.ImageAllowed = false;
  assert.deepEqual(await metadata(), expected, 'deprecated, and not allowed');
  await resetImageAttribute.run({ ImageId: image.id, Attribute: 'launchPermission' }, context);
  expected.IsPublic = false;
  assert.deepEqual(await metadata(), expected, 'private');
  await disableImage.run({ ImageId: image.id }, context);
  expected.State = 'disabled';
  assert.deepEqual(await metadata(), expected);
  await deregisterImage.run({ ImageId: image.id }, context);
  expected.State = 'deregistered';
  assert.deepEqual(await metadata(), expected);
});

test('an image of which nothing is on record has its id', async () => {
  await context.catalog.write(({ images }) => images.delete(image.id));
  assert.deepEqual(await metadata(), { ImageId: image.id });
});

test('one’s own instances only, by filters of instance and image', async () => {
  const provided = await insertProviderImage(context);
  const { InstanceId } = launched(
    await runImage(friend, provided, {
      InstanceType: 't3.micro',
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Env', Value: 'test' }] }],
    }),
  );
  const by = async (Name: string, value: string) =>
    (await described({ Filters: [{ Name, Values: [value] }] })).map((row) => row.InstanceId);
  assert.deepEqual(await by('owner-alias', 'amazon'), [InstanceId]);
  assert.deepEqual(await by('owner-id', image.account), [instanceId]);
  assert.deepEqual(await by('instance-type', 't3.micro'), [InstanceId]);
  assert.deepEqual(await by('instance-state-name', 'running'), [instanceId]);
  assert.deepEqual(await by('instance-id', InstanceId), [InstanceId]);
  assert.deepEqual(await by('tag:Env', 'test'), [InstanceId]);
  assert.deepEqual(await by('availability-zone', 'us-east-1b'), []);
  await enableAllowedImagesSettings.run({ AllowedImagesSettingsState: 'audit-mode' }, friend);
  assert.equal((await by('image-allowed', 'false')).length, 2);
  assert.deepEqual(await described({}, context), []);
  await assert.rejects(described({ InstanceIds: [instanceId] }, context), {
    code: 'InvalidInstanceID.NotFound',
  });
});

test('pages go through all of them once', async () => {
  await runImage(friend, image, { MinCount: 6, MaxCount: 6 });
  const first = await describeInstanceImageMetadata.run({ MaxResults: 5 }, friend);
  const { NextToken } = first;
  const second = await describeInstanceImageMetadata.run({ MaxResults: 5, NextToken }, friend);
  const rows = [...(first.InstanceImageMetadata ?? []), ...(second.InstanceImageMetadata ?? [])];
  assert.deepEqual([rows.length, new Set(rows.map((row) => row.InstanceId)).size], [7, 7]);
  assert.equal(second.NextToken, undefined);
});

/** What CopyImage and CopySnapshot write down, and what they refuse. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type ImageRow, snapshotIdsOf } from '../../../catalog/rows/image.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { copySnapshot } from '../snapshots/CopySnapshot.ts';
import { describeSnapshots } from '../snapshots/DescribeSnapshots.ts';
import { modifySnapshotAttribute } from '../snapshots/ModifySnapshotAttribute.ts';
import { copyImage } from './CopyImage.ts';
import { describeImages } from './DescribeImages.ts';
import { disableImage } from './DisableImage.ts';
import { enableAllowedImagesSettings } from './EnableAllowedImagesSettings.ts';
import { modifyImageAttribute } from './ModifyImageAttribute.ts';

const SourceRegion = 'us-east-1';

let context: TestContext;
let image: ImageRow;
let friend: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertImage(context, {
    description: 'the original',
    bootMode: 'uefi-preferred',
    imdsSupport: 'v2.0',
    enaSupport: true,
    sriovNetSupport: 'simple',
    productCodes: ['abc'],
    deprecationTime: '2030-01-01T00:00:00.000Z',
    launchPermissions: ['999999999999'],
    tags: { Stage: 'prod', 'aws:imago:capture-ms': '7', 'aws:imago:consistency': 'crash' },
  });
  friend = await context.asNewAccount();
});
afterEach(() => context[Symbol.asyncDispose]());

/** The bytes of a copy are its source's. */
const consistency = { Key: 'aws:imago:consistency', Value: 'crash' };
const there = (as: OperationContext = context) => ({
  ...as,
  caller: { ...as.caller, region: 'eu-west-1' },
});
const copy = async (more: object = {}, as: OperationContext = there()) => {
  const input = { Name: 'copy', SourceImageId: image.id, SourceRegion, ...more };
  return (await copyImage.run(input, as)).ImageId ?? '';
};
const shown = async (id: string, as: OperationContext = there()) =>
  (await describeImages.run({ ImageIds: [id] }, as)).Images?.[0];

describe('CopyImage', () => {
  test('makes a pending image of the same machine over snapshots of its own', async () => {
    const id = await copy({ Description: 'a copy' });
    const made = await shown(id);
    assert.deepEqual(
      [made?.State, made?.Name, made?.Description, made?.SourceImageId, made?.SourceImageRegion],
      ['pending', 'copy', 'a copy', image.id, SourceRegion],
    );
    assert.deepEqual(
      [made?.BootMode, made?.ImdsSupport, made?.EnaSupport, made?.SriovNetSupport],
      ['uefi-preferred', 'v2.0', true, 'simple'],
    );
    assert.deepEqual([made?.Tags, made?.DeprecationTime], [[consistency], undefined]);
    assert.deepEqual(made?.ProductCodes, [
      { ProductCodeId: 'abc', ProductCodeType: 'marketplace' },
    ]);
    const [device] = made?.BlockDeviceMappings ?? [];
    const [source = ''] = snapshotIdsOf(image);
    assert.notEqual(device?.Ebs?.SnapshotId, source);
    assert.equal(device?.DeviceName, image.rootDeviceName);
    const { Snapshots = [] } = await describeSnapshots.run({}, there());
    assert.deepEqual(
      Snapshots.map(({ SnapshotId, State, TransferType, VolumeId }) => [
        SnapshotId,
        State,
        TransferType,
        VolumeId,
      ]),
      [[device?.Ebs?.SnapshotId, 'pending', 'standard', 'vol-ffffffff']],
    );
    assert.match(
      Snapshots[0]?.Description ?? '',
      new RegExp(
        `^Copied for DestinationAmi ${id} from SourceAmi ${image.id} for SourceSnapshot ${source}`,
      ),
    );
    const { launchPermissions } =
      (await context.catalog.read(({ images }) => images.get(id))) ?? {};
    assert.deepEqual(launchPermissions, []);
    const byRegion = { Filters: [{ Name: 'source-image-region', Values: [SourceRegion] }] };
    assert.equal((await describeImages.run(byRegion, there())).Images?.[0]?.ImageId, id);
  });

  test('takes its own tags along when asked, and adds those of the request', async () => {
    const TagSpecifications = [
      { ResourceType: 'image' as const, Tags: [{ Key: 'Stage', Value: 'test' }] },
      { ResourceType: 'snapshot' as const, Tags: [{ Key: 'Of', Value: 'copy' }] },
    ];
    const own = await copy({ CopyImageTags: true });
    assert.deepEqual((await shown(own))?.Tags, [{ Key: 'Stage', Value: 'prod' }, consistency]);
    const tagged = await copy({ Name: 'tagged', CopyImageTags: true, TagSpecifications });
    assert.deepEqual((await shown(tagged))?.Tags, [{ Key: 'Stage', Value: 'test' }, consistency]);
    const byTag = { Filters: [{ Name: 'tag:Of', Values: ['copy'] }] };
    assert.equal((await describeSnapshots.run(byTag, there())).Snapshots?.length, 1);
  });

  test('of what is shared needs its snapshots shared, too; tags stay the owner’s', async () => {
    const UserId = friend.caller.account;
    await assert.rejects(copy({}, there(friend)), { code: 'InvalidAMIID.NotFound' });
    await modifyImageAttribute.run(
      { ImageId: image.id, LaunchPermission: { Add: [{ UserId }] } },
      context,
    );
    await assert.rejects(copy({}, there(friend)), {
      code: 'InvalidRequest',
      message: 'You do not have permission to access the storage of this ami',
    });
    const [SnapshotId = ''] = snapshotIdsOf(image);
    const Add = [{ UserId }];
    await modifySnapshotAttribute.run({ SnapshotId, CreateVolumePermission: { Add } }, context);
    await assert.rejects(copy({}, there(friend)), { message: /product code/ });
    await context.catalog.write(async ({ images }) => {
      const row = await images.get(image.id);
      if (row) await images.update({ ...row, productCodes: undefined });
    });
    const id = await copy({ CopyImageTags: true }, there(friend));
    const made = await shown(id, there(friend));
    assert.deepEqual([made?.OwnerId, made?.Tags], [UserId, [consistency]]);
  });

  test('of what the account does not allow itself is of what is not there', async () => {
    const UserId = friend.caller.account;
    const [SnapshotId = ''] = snapshotIdsOf(image);
    const Add = [{ UserId }];
    await modifyImageAttribute.run({ ImageId: image.id, LaunchPermission: { Add } }, context);
    await modifySnapshotAttribute.run({ SnapshotId, CreateVolumePermission: { Add } }, context);
    await enableAllowedImagesSettings.run({ AllowedImagesSettingsState: 'enabled' }, friend);
    await assert.rejects(copy({}, there(friend)), { code: 'InvalidAMIID.NotFound' });
  });

  test('with the same ClientToken answers the same image', async () => {
    const ClientToken = 'once';
    const id = await copy({ ClientToken });
    assert.equal(await copy({ ClientToken }), id);
    await assert.rejects(copy({ ClientToken, Name: 'other' }), {
      code: 'IdempotentParameterMismatch',
    });
  });

  test('is refused for a taken name, another region, and an image that is not available', async () => {
    await copy();
    await assert.rejects(copy(), { code: 'InvalidAMIName.Duplicate' });
    await assert.rejects(copy({ Name: 'x' }), { code: 'InvalidAMIName.Malformed' });
    await assert.rejects(copy({ SourceRegion: 'mars-1' }), { code: 'InvalidParameterValue' });
    const nowhere = { Name: 'other', SourceRegion: 'eu-west-1' };
    await assert.rejects(copy(nowhere), { code: 'InvalidAMIID.NotFound' });
    await disableImage.run({ ImageId: image.id }, context);
    await assert.rejects(copy({ Name: 'other' }), { code: 'InvalidAMIID.Unavailable' });
  });
});

describe('CopySnapshot', () => {
  const copyOf = (SourceSnapshotId: string, more: object = {}, as: OperationContext = there()) =>
    copySnapshot.run({ SourceRegion, SourceSnapshotId, ...more }, as);

  test('makes a pending snapshot with its description and tags', async () => {
    const source = await insertSnapshot(context, {
      tags: { a: 'b', 'aws:imago:consistency': 'at-rest' },
      productCodes: ['abc'],
    });
    const TagSpecifications = [
      { ResourceType: 'snapshot' as const, Tags: [{ Key: 'c', Value: 'd' }] },
    ];
    const made = await copyOf(source.id, { Description: 'copy', TagSpecifications });
    assert.deepEqual(made.Tags, [
      { Key: 'c', Value: 'd' },
      { Key: 'aws:imago:consistency', Value: 'at-rest' },
    ]);
    const [seen] = (await describeSnapshots.run({}, there())).Snapshots ?? [];
    assert.deepEqual(
      [seen?.SnapshotId, seen?.State, seen?.Description, seen?.VolumeSize],
      [made.SnapshotId, 'pending', 'copy', source.volumeSizeGiB],
    );
    const row = await context.catalog.read(({ snapshots }) => snapshots.get(made.SnapshotId ?? ''));
    assert.deepEqual(row?.productCodes, ['abc']);
    const standard = { Filters: [{ Name: 'transfer-type', Values: ['standard'] }] };
    assert.equal((await describeSnapshots.run(standard, there())).Snapshots?.length, 1);
    assert.equal((await describeSnapshots.run(standard, context)).Snapshots?.length, 0);
  });

  test('is of what is completed and may be read', async () => {
    const pending = await insertSnapshot(context, { state: 'pending' });
    await assert.rejects(copyOf(pending.id), { code: 'IncorrectState' });
    const source = await insertSnapshot(context);
    const notFound = { code: 'InvalidSnapshot.NotFound' };
    await assert.rejects(copyOf(source.id, {}, there(friend)), notFound);
    await assert.rejects(copyOf(source.id, { SourceRegion: 'eu-west-1' }), notFound);
    const shared = await insertSnapshot(context, { createVolumePermissions: ['all'] });
    const { SnapshotId } = await copyOf(shared.id, {}, there(friend));
    const [seen] =
      (await describeSnapshots.run({ OwnerIds: ['self'] }, there(friend))).Snapshots ?? [];
    assert.equal(seen?.SnapshotId, SnapshotId);
  });

  test('what SDKs add agrees with the rest of the request', async () => {
    const { id } = await insertSnapshot(context);
    const url = (source: string) =>
      `https://ec2.us-east-1.example/?Action=CopySnapshot&SourceSnapshotId=${source}`;
    await copyOf(id, { DestinationRegion: 'eu-west-1', PresignedUrl: url(id) });
    const invalid = { code: 'InvalidParameterValue' };
    await assert.rejects(copyOf(id, { DestinationRegion: 'us-east-1' }), invalid);
    await assert.rejects(copyOf(id, { PresignedUrl: url('snap-00000000') }), invalid);
    await assert.rejects(copyOf(id, { PresignedUrl: 'nonsense' }), invalid);
    await assert.rejects(copyOf(id, { SourceRegion: 'mars-1' }), invalid);
  });
});

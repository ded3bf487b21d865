/**
 * A product from its publication on: its image is the marketplace's, whoever is subscribed launches
 * it, and its code is on all that is made of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferDisk, cleanSystem, makeFileSystem } from '../contents/test-file-systems.ts';
import { marketplaceAccount } from '../domain/accounts.ts';
import { ensureDefaultNetworks } from '../domain/networks.ts';
import { guestSpec, readInstance } from '../driver/guest-spec.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { copyImage } from '../operations/ec2/images/CopyImage.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { describeImages } from '../operations/ec2/images/DescribeImages.ts';
import { modifyImageAttribute } from '../operations/ec2/images/ModifyImageAttribute.ts';
import { registerImage } from '../operations/ec2/images/RegisterImage.ts';
import { replaceImageInstanceTypeSpecification } from '../operations/ec2/images/ReplaceImageInstanceTypeSpecification.ts';
import { describeInstances } from '../operations/ec2/instances/DescribeInstances.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createReplaceRootVolumeTask } from '../operations/ec2/root-volumes/CreateReplaceRootVolumeTask.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { describeSnapshotAttribute } from '../operations/ec2/snapshots/DescribeSnapshotAttribute.ts';
import { modifySnapshotAttribute } from '../operations/ec2/snapshots/ModifySnapshotAttribute.ts';
import { describeProduct } from '../operations/imago/DescribeProduct.ts';
import { publishProduct } from '../operations/imago/PublishProduct.ts';
import { retireProduct } from '../operations/imago/RetireProduct.ts';
import { subscribeProduct } from '../operations/imago/SubscribeProduct.ts';
import { unsubscribeProduct } from '../operations/imago/UnsubscribeProduct.ts';
import type { OperationContext } from '../operations/operation.ts';
import { makeTemplate, runTemplate } from '../operations/test-launch-templates.ts';
import { TestImago } from './test-imago.ts';

/** A vendor's product, published, and a customer who has default networks and no subscription. */
async function story() {
  const imago = await TestImago.start();
  const newAccount = async (id: string): Promise<OperationContext> => {
    const createdAt = new Date().toISOString();
    await imago.catalog.write(({ accounts }) => accounts.insert({ id, name: `a${id}`, createdAt }));
    await ensureDefaultNetworks(imago.catalog, [id], imago.services);
    const caller = { ...imago.caller, account: id, operator: false };
    return { ...imago.context(), caller };
  };
  const vendor = await newAccount('222222222222');
  const source = await imago.image(
    { account: '222222222222', launchPermissions: [] },
    new BufferDisk(await makeFileSystem(cleanSystem), gibBytes),
  );
  const ordered = await publishProduct.run({ ImageId: source.id, Title: 'Web' }, vendor);
  await imago.untilQuiet();
  const { ProductCode: code } = ordered.Product;
  const customer = await newAccount('333333333333');
  return {
    imago,
    vendor,
    customer,
    source,
    code,
    imageId: ordered.ImageId,
    subscribed: () => subscribeProduct.run({ ProductCode: code }, customer),
    async run(ImageId: string, as = customer) {
      const { Instances = [] } = await runInstances.run({ ImageId, MinCount: 1, MaxCount: 1 }, as);
      const id = Instances[0]?.InstanceId ?? '';
      await imago.untilState(id, 'running');
      return id;
    },
    [Symbol.asyncDispose]: () => imago[Symbol.asyncDispose](),
  };
}

const optIn = { code: 'OptInRequired' };

test('the image of a product is the marketplace’s, and stays when the vendor’s is gone', async () => {
  await using told = await story();
  const { imago, vendor, customer, code, imageId, source } = told;
  const listed = async (input: object) => (await describeImages.run(input, customer)).Images ?? [];
  const [image] = await listed({ Owners: ['aws-marketplace'] });
  assert.equal(image?.ImageId, imageId);
  assert.deepEqual(image.ProductCodes, [{ ProductCodeId: code, ProductCodeType: 'marketplace' }]);
  const { OwnerId, ImageOwnerAlias, Public, State } = image;
  const { id, alias } = marketplaceAccount;
  assert.deepEqual([OwnerId, ImageOwnerAlias, Public, State], [id, alias, true, 'available']);
  assert.match(image.Name ?? '', new RegExp(`^${source.name}-`));
  for (const filter of [
    { Name: 'product-code', Values: [code] },
    { Name: 'product-code.type', Values: ['marketplace'] },
    { Name: 'owner-alias', Values: ['aws-marketplace'] },
  ]) {
    assert.deepEqual(
      (await listed({ Filters: [filter] })).map(({ ImageId }) => ImageId),
      [imageId],
    );
  }
  const { Product: product } = await describeProduct.run({ ProductCode: code }, customer);
  assert.deepEqual(
    product.Versions.map(({ ImageId, Status }) => [ImageId, Status]),
    [[imageId, 'available']],
  );
  await deregisterImage.run({ ImageId: source.id, DeleteAssociatedSnapshots: true }, vendor);
  const { SnapshotId = '' } = image.BlockDeviceMappings?.[0]?.Ebs ?? {};
  // Of the magic number of ext4.
  assert.equal(await imago.readSnapshot(SnapshotId, 1024 + 0x38), 0x53);
});

test('it is launched by those who are subscribed and by its vendor', async () => {
  await using told = await story();
  const { imageId, customer, vendor, code } = told;
  const template = await makeTemplate(customer, { ImageId: imageId });
  await assert.rejects(told.run(imageId), optIn);
  await assert.rejects(runTemplate(customer, template), optIn);
  await told.subscribed();
  await told.run(imageId);
  await runTemplate(customer, template);
  await told.run(imageId, vendor);
  await unsubscribeProduct.run({ ProductCode: code }, customer);
  await assert.rejects(told.run(imageId), optIn);
  await told.subscribed();
  await retireProduct.run({ ProductCode: code }, vendor);
  await told.run(imageId);
  const { Images } = await describeImages.run({ Owners: ['aws-marketplace'] }, customer);
  assert.deepEqual(Images, []);
});

test('its code is on the instance, told to the guest, and on all that is captured', async () => {
  await using told = await story();
  const { imago, imageId, customer, code } = told;
  const codes = [{ ProductCodeId: code, ProductCodeType: 'marketplace' }];
  await told.subscribed();
  const id = await told.run(imageId);
  const filters = { Filters: [{ Name: 'product-code', Values: [code] }] };
  const { Reservations } = await describeInstances.run(filters, customer);
  const [shown] = Reservations?.[0]?.Instances ?? [];
  assert.deepEqual([shown?.InstanceId, shown?.ProductCodes], [id, codes]);
  const spec = await imago.catalog.read(async (reader) => {
    const row = await reader.instances.get(id);
    return row && guestSpec(await readInstance(reader, row), imago.services.host.describe());
  });
  assert.deepEqual(spec?.metadata.productCodes, [code]);

  const capture = { InstanceId: id, Name: 'captured', NoReboot: true };
  const { ImageId = '' } = await createImage.run(capture, customer);
  const [VolumeId = ''] = await imago.volumeIds(id);
  const { SnapshotId = '' } = await createSnapshot.run({ VolumeId }, customer);
  await imago.untilQuiet();
  const attribute = { SnapshotId, Attribute: 'productCodes' } as const;
  const ofSnapshot = await describeSnapshotAttribute.run(attribute, customer);
  assert.deepEqual(ofSnapshot.ProductCodes, codes);
  const registered = await registerImage.run(
    {
      Name: 'registered',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
    },
    customer,
  );
  const ImageIds = [ImageId, registered.ImageId ?? ''];
  const { Images = [] } = await describeImages.run({ ImageIds }, customer);
  assert.deepEqual(
    Images.map(({ ProductCodes }) => ProductCodes),
    [codes, codes],
  );

  // What was made of it is gated as it is, and so is a volume of it beside another image.
  await unsubscribeProduct.run({ ProductCode: code }, customer);
  for (const each of ImageIds) await assert.rejects(told.run(each), optIn);
  for (const from of [{}, { SnapshotId }, { ImageId }]) {
    const replace = createReplaceRootVolumeTask.run({ InstanceId: id, ...from }, customer);
    await assert.rejects(replace, optIn);
  }
  const free = (await imago.image()).id;
  const Ebs = { SnapshotId };
  const mixed = {
    ImageId: free,
    MinCount: 1,
    MaxCount: 1,
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs }],
  };
  await assert.rejects(runInstances.run(mixed, customer), optIn);
  await told.subscribed();
  const copy = { Name: 'copied', SourceImageId: ImageId, SourceRegion: 'us-east-1' };
  const copied = await copyImage.run(copy, customer);
  const { Images: copies } = await describeImages.run(
    { ImageIds: [copied.ImageId ?? ''] },
    customer,
  );
  assert.deepEqual(copies?.[0]?.ProductCodes, codes);
  const { Instances } = await runInstances.run(mixed, customer);
  assert.deepEqual(Instances?.[0]?.ProductCodes, codes);
});

test('what is of a product is neither published again, nor public, nor for some types', async () => {
  await using told = await story();
  const { imago, imageId, customer } = told;
  await told.subscribed();
  const capture = { InstanceId: await told.run(imageId), Name: 'captured', NoReboot: true };
  const { ImageId = '' } = await createImage.run(capture, customer);
  await imago.untilQuiet();
  const refused = { code: 'OperationNotPermitted' };
  await assert.rejects(publishProduct.run({ ImageId, Title: 'mine' }, customer), refused);
  const LaunchPermission = { Add: [{ Group: 'all' as const }] };
  await assert.rejects(modifyImageAttribute.run({ ImageId, LaunchPermission }, customer), refused);
  const InstanceTypeSpecification = { SupportedInstanceTypes: ['t3.nano'] };
  const types = { ImageId, InstanceTypeSpecification };
  const others = { Name: 'copied', SourceImageId: imageId, SourceRegion: 'us-east-1' };
  await assert.rejects(copyImage.run(others, customer), { code: 'InvalidRequest' });
  await modifyImageAttribute.run(
    { ImageId, LaunchPermission: { Add: [{ UserId: '222222222222' }] } },
    customer,
  );
  const { blockDeviceMappings = [] } =
    (await imago.catalog.read(({ images }) => images.get(ImageId))) ?? {};
  const SnapshotId = blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  const CreateVolumePermission = { Add: [{ UserId: '222222222222' }] };
  await modifySnapshotAttribute.run({ SnapshotId, CreateVolumePermission }, customer);
  await assert.rejects(copyImage.run({ ...others, SourceImageId: ImageId }, told.vendor), {
    code: 'InvalidRequest',
    message: /product code/,
  });
  await assert.rejects(replaceImageInstanceTypeSpecification.run(types, customer), refused);
  await replaceImageInstanceTypeSpecification.run({ ImageId }, customer);
});

test('an image that goes while it is to be published is not, and the vendor is told', async () => {
  await using told = await story();
  const { imago, vendor, code, source } = told;
  await imago.stopTasks();
  const ordered = await publishProduct.run({ ImageId: source.id, ProductCode: code }, vendor);
  await deregisterImage.run({ ImageId: source.id }, vendor);
  await imago.restart();
  await imago.untilQuiet();
  const { Product: product } = await describeProduct.run({ ProductCode: code }, vendor);
  assert.deepEqual(
    product.Versions.map(({ Status }) => Status),
    ['refused', 'available'],
  );
  assert.match(product.Versions[0]?.StatusReason ?? '', /deregistered/);
  const made = await imago.catalog.read(({ images }) => images.get(ordered.ImageId));
  assert.equal(made, undefined);
});

/**
 * An image's life between two accounts, as the official client sees it on the wire: captured,
 * registered, shared, guarded, disabled, deregistered under its instances.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CancelImageLaunchPermissionCommand,
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeInstanceImageMetadataCommand,
  DisableImageCommand,
  DisableImageDeregistrationProtectionCommand,
  EC2Client,
  EnableAllowedImagesSettingsCommand,
  EnableImageBlockPublicAccessCommand,
  EnableImageCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  GetAllowedImagesSettingsCommand,
  GetImageBlockPublicAccessStateCommand,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
  ReplaceImageInstanceTypeSpecificationCommand,
  ResetImageAttributeCommand,
  RunInstancesCommand,
  waitUntilImageAvailable,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { Home } from '../../server/foundations/home.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let friend: EC2Client;
let friendId: string;
let instanceId: string;
let ImageId: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const client = new Client(readConnection(new Home(imago.home)));
  const { Account, AccessKey } = await client.imago('CreateAccount', { Name: 'friend' });
  friendId = Account?.AccountId ?? '';
  friend = new EC2Client({
    endpoint: imago.endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    },
    maxAttempts: 1,
  });
});
after(async () => {
  await imago?.dispose();
});

const images = async (input: DescribeImagesCommandInput = {}, client = ec2) =>
  (await client.send(new DescribeImagesCommand(input))).Images ?? [];
const refusedAs = (name: string) => ({ name });

test('a capture leaves a device out, and changes nothing of another but its end', async () => {
  const { ImageId: source = '' } = await providerImage(ec2, 'imago-micro-*');
  const second = { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } };
  const user = await access(imago);
  const [instance] = await launch(ec2, source, user, 1, { BlockDeviceMappings: [second] });
  instanceId = instance?.InstanceId ?? '';
  await waitForState(ec2, instanceId, 'running');
  const capture = (Name: string, ...BlockDeviceMappings: object[]) =>
    ec2.send(new CreateImageCommand({ InstanceId: instanceId, Name, BlockDeviceMappings }));
  const larger = { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, VolumeType: 'standard' } };
  await assert.rejects(capture('larger', larger), refusedAs('InvalidBlockDeviceMapping'));
  const kept = { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: false } };
  ({ ImageId = '' } = await capture('golden', kept, { ...second, NoDevice: '' }));
  await waitUntilImageAvailable(
    { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 60 },
    { ImageIds: [ImageId] },
  );
  const [image] = await images({ ImageIds: [ImageId] });
  assert.deepEqual(
    image?.BlockDeviceMappings?.map((each) => [each.DeviceName, each.Ebs?.DeleteOnTermination]),
    [['/dev/xvda', false]],
  );
  assert.equal(image?.SourceImageId, source);
});

test('an uploader’s image says what drivers it has', async () => {
  const [golden] = await images({ ImageIds: [ImageId] });
  const { SnapshotId } = golden?.BlockDeviceMappings?.[0]?.Ebs ?? {};
  const made = await ec2.send(
    new RegisterImageCommand({
      Name: 'uploaded',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BootMode: 'uefi-preferred',
      EnaSupport: true,
      SriovNetSupport: 'simple',
      ImdsSupport: 'v2.0',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
    }),
  );
  const Filters = [{ Name: 'ena-support', Values: ['true'] }];
  const [found, ...others] = await images({ Owners: ['self'], Filters });
  assert.deepEqual(
    [found?.ImageId, found?.EnaSupport, found?.SriovNetSupport, others.length],
    [made.ImageId, true, 'simple', 0],
  );
  const Attribute = 'sriovNetSupport';
  const read = await ec2.send(
    new DescribeImageAttributeCommand({ ImageId: made.ImageId, Attribute }),
  );
  assert.equal(read.SriovNetSupport?.Value, 'simple');
  await ec2.send(new DeregisterImageCommand({ ImageId: made.ImageId }));
});

test('sharing lets another account launch, until either takes it back', async () => {
  const run = () =>
    friend.send(
      new RunInstancesCommand({ ImageId, InstanceType: 't3.nano', MinCount: 1, MaxCount: 1 }),
    );
  const permissions = async () =>
    (await ec2.send(new DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' })))
      .LaunchPermissions;
  await assert.rejects(run(), refusedAs('InvalidAMIID.NotFound'));
  await ec2.send(
    new ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ UserId: friendId }] } }),
  );
  assert.deepEqual(await permissions(), [{ UserId: friendId }]);
  const { Instances } = await run();
  await friend.send(new CancelImageLaunchPermissionCommand({ ImageId }));
  assert.deepEqual(await permissions(), []);
  await ec2.send(
    new ModifyImageAttributeCommand({
      ImageId,
      Attribute: 'launchPermission',
      OperationType: 'add',
      UserIds: [friendId],
    }),
  );
  assert.equal((await images({ ExecutableUsers: ['self'] }, friend)).length, 1);
  await ec2.send(new ResetImageAttributeCommand({ ImageId, Attribute: 'launchPermission' }));
  assert.deepEqual(await images({ ExecutableUsers: ['self'] }, friend), []);
  const { InstanceImageMetadata = [] } = await friend.send(
    new DescribeInstanceImageMetadataCommand({}),
  );
  const [told] = InstanceImageMetadata;
  assert.equal(told?.InstanceId, Instances?.[0]?.InstanceId);
  assert.deepEqual([told?.ImageMetadata?.Name, told?.ImageMetadata?.IsPublic], ['golden', false]);
});

test('guards of the account: no public image, only images that are allowed', async () => {
  await ec2.send(
    new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState: 'block-new-sharing' }),
  );
  const state = await ec2.send(new GetImageBlockPublicAccessStateCommand({}));
  assert.equal(state.ImageBlockPublicAccessState, 'block-new-sharing');
  const publish = new ModifyImageAttributeCommand({
    ImageId,
    LaunchPermission: { Add: [{ Group: 'all' }] },
  });
  await assert.rejects(ec2.send(publish), refusedAs('OperationNotPermitted'));
  const ImageCriteria = [
    { ImageProviders: ['none'], CreationDateCondition: { MaximumDaysSinceCreated: 30 } },
  ];
  await friend.send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria }));
  const enable = (AllowedImagesSettingsState: 'enabled' | 'audit-mode') =>
    friend.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState }));
  await enable('audit-mode');
  assert.deepEqual(
    (await images({ Owners: ['amazon'] }, friend)).map((image) => image.ImageAllowed),
    [false],
  );
  await enable('enabled');
  assert.deepEqual(await images({}, friend), []);
  const settings = await friend.send(new GetAllowedImagesSettingsCommand({}));
  assert.deepEqual([settings.State, settings.ImageCriteria], ['enabled', ImageCriteria]);
});

test('states, protection, and the end under a living instance', async () => {
  const DeprecateAt = new Date(Date.now() + 24 * 3_600_000);
  DeprecateAt.setUTCSeconds(0, 0);
  await ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt }));
  const InstanceTypeSpecification = { SupportedInstanceTypes: ['t3.*'] };
  await ec2.send(
    new ReplaceImageInstanceTypeSpecificationCommand({ ImageId, InstanceTypeSpecification }),
  );
  await ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId }));
  const [image] = await images({ ImageIds: [ImageId] });
  assert.equal(image?.DeprecationTime, DeprecateAt.toISOString());
  assert.equal(image?.DeregistrationProtection, 'enabled-without-cooldown');
  const [type] = image?.InstanceTypeSpecification?.SupportedInstanceTypes ?? [];
  assert.equal(type?.InstanceType, 't3.*');
  const deregister = () => ec2.send(new DeregisterImageCommand({ ImageId }));
  await assert.rejects(deregister(), refusedAs('OperationNotPermitted'));
  await ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
  await ec2.send(new DisableImageCommand({ ImageId }));
  assert.deepEqual(await images({ ImageIds: [ImageId] }), []);
  const [disabled] = await images({ ImageIds: [ImageId], IncludeDisabled: true });
  assert.equal(disabled?.State, 'disabled');
  await ec2.send(new EnableImageCommand({ ImageId }));
  // The friend's instance still lives.
  await deregister();
  assert.deepEqual(await images({ ImageIds: [ImageId] }), []);
  await assert.rejects(deregister(), refusedAs('InvalidAMIID.Unavailable'));
});

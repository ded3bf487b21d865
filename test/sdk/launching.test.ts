/**
 * Launches and what is changed of their instances afterwards, as the official client sees it on the
 * wire: what Packer sends, what Terraform reads, tokens, attributes, metadata options, credits.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DescribeAccountAttributesCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  GetInstanceMetadataDefaultsCommand,
  GetInstanceUefiDataCommand,
  type InstanceAttributeName,
  ModifyInstanceAttributeCommand,
  type ModifyInstanceAttributeCommandInput,
  ModifyInstanceCreditSpecificationCommand,
  ModifyInstanceMetadataDefaultsCommand,
  ModifyInstanceMetadataOptionsCommand,
  MonitorInstancesCommand,
  paginateDescribeInstanceTypeOfferings,
  RegisterImageCommand,
  ResetInstanceAttributeCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StopInstancesCommand,
  TerminateInstancesCommand,
  UnmonitorInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let ImageId: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  ImageId = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

const waiting = () => ({ client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 });

async function run(more: Partial<RunInstancesCommandInput> = {}): Promise<string> {
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, ...more }),
  );
  const InstanceId = Instances[0]?.InstanceId ?? '';
  await waitUntilInstanceRunning(waiting(), { InstanceIds: [InstanceId] });
  return InstanceId;
}

async function described(id: string) {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations?.[0]?.Instances?.[0];
}

const modify = (change: ModifyInstanceAttributeCommandInput) =>
  ec2.send(new ModifyInstanceAttributeCommand(change));

test('what Packer’s amazon plugin sends is launched', async () => {
  const Tags = [{ Key: 'Name', Value: 'Packer Builder' }];
  const id = await run({
    BlockDeviceMappings: [
      { DeviceName: '/dev/xvda', Ebs: { VolumeType: 'gp3', Iops: 3000, Throughput: 125 } },
    ],
    CreditSpecification: { CpuCredits: 'standard' },
    EbsOptimized: false,
    EnclaveOptions: { Enabled: false },
    InstanceInitiatedShutdownBehavior: 'stop',
    InstanceType: 't3.micro',
    NetworkInterfaces: [
      { DeviceIndex: 0, AssociatePublicIpAddress: true, DeleteOnTermination: true },
    ],
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
      { ResourceType: 'network-interface', Tags },
    ],
  });
  const Filters = [{ Name: 'network-interface.tag-value', Values: ['Packer *'] }];
  const found = await ec2.send(new DescribeInstancesCommand({ Filters }));
  assert.equal(found.Reservations?.[0]?.Instances?.[0]?.InstanceId, id);
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({}));
  assert.deepEqual([Volumes?.[0]?.Iops, Volumes?.[0]?.Throughput], [3000, 125]);
  await assert.rejects(run({ EnclaveOptions: { Enabled: true } }), {
    name: 'UnsupportedOperation',
    message: /EnclaveOptions\.Enabled/,
  });
});

test('the token of a launch that was terminated is refused', async () => {
  const more = { ClientToken: 'once' };
  const id = await run(more);
  assert.equal(await run(more), id);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await assert.rejects(run(more), { name: 'IdempotentInstanceTerminated' });
  await waitUntilInstanceTerminated(waiting(), { InstanceIds: [id] });
  await assert.rejects(run(more), { name: 'IdempotentInstanceTerminated' });
});

test('attributes that Terraform reads, and changes of them', async () => {
  const UserData = Buffer.from('#!/bin/sh\n').toString('base64');
  const InstanceId = await run({ InstanceType: 't3.micro', UserData });
  const read = (Attribute: InstanceAttributeName) =>
    ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute }));
  assert.equal((await read('disableApiTermination')).DisableApiTermination?.Value, false);
  assert.equal((await read('disableApiStop')).DisableApiStop?.Value, false);
  assert.equal((await read('userData')).UserData?.Value, UserData);
  assert.equal(
    (await read('instanceInitiatedShutdownBehavior')).InstanceInitiatedShutdownBehavior?.Value,
    'stop',
  );
  await modify({ InstanceId, DisableApiTermination: { Value: true } });
  const ends = () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  await assert.rejects(ends(), { name: 'OperationNotPermitted' });
  await modify({ InstanceId, DisableApiTermination: { Value: false } });
  await modify({ InstanceId, SourceDestCheck: { Value: true } });
  const mapping = { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: false } };
  await modify({ InstanceId, BlockDeviceMappings: [mapping] });
  const [root] = (await read('blockDeviceMapping')).BlockDeviceMappings ?? [];
  assert.equal(root?.Ebs?.DeleteOnTermination, false);
  await ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
  await waitUntilInstanceStopped(waiting(), { InstanceIds: [InstanceId] });
  const bytes = Buffer.from([0x1f, 0x8b, 0xff, 0]);
  await modify({ InstanceId, UserData: { Value: bytes } });
  assert.equal((await read('userData')).UserData?.Value, bytes.toString('base64'));
  await modify({ InstanceId, InstanceType: { Value: 'm5.large' } });
  assert.equal((await described(InstanceId))?.InstanceType, 'm5.large');
  const reset = { InstanceId, Attribute: 'sourceDestCheck' } as const;
  await ec2.send(new ResetInstanceAttributeCommand(reset));
  await ends();
});

test('metadata options of an instance and of an account', async () => {
  const InstanceId = await run();
  const { InstanceMetadataOptions: changed } = await ec2.send(
    new ModifyInstanceMetadataOptionsCommand({
      InstanceId,
      HttpTokens: 'required',
      InstanceMetadataTags: 'enabled',
    }),
  );
  assert.deepEqual([changed?.HttpTokens, changed?.InstanceMetadataTags], ['required', 'enabled']);
  const set = { HttpTokens: 'required', HttpPutResponseHopLimit: 2 } as const;
  await ec2.send(new ModifyInstanceMetadataDefaultsCommand(set));
  const { AccountLevel } = await ec2.send(new GetInstanceMetadataDefaultsCommand({}));
  assert.deepEqual(AccountLevel, { ...set, ManagedBy: 'account' });
  assert.equal((await described(await run()))?.MetadataOptions?.HttpPutResponseHopLimit, 2);
  const none = { HttpTokens: 'no-preference', HttpPutResponseHopLimit: -1 } as const;
  await ec2.send(new ModifyInstanceMetadataDefaultsCommand(none));
});

test('credits and monitoring', async () => {
  const id = await run({ InstanceType: 't3.micro', Monitoring: { Enabled: true } });
  const InstanceIds = [id];
  assert.equal((await described(id))?.Monitoring?.State, 'enabled');
  await ec2.send(new UnmonitorInstancesCommand({ InstanceIds }));
  const { InstanceMonitorings } = await ec2.send(new MonitorInstancesCommand({ InstanceIds }));
  assert.equal(InstanceMonitorings?.[0]?.Monitoring?.State, 'enabled');
  const credits = async () =>
    (await ec2.send(new DescribeInstanceCreditSpecificationsCommand({ InstanceIds })))
      .InstanceCreditSpecifications;
  assert.deepEqual(await credits(), [{ InstanceId: id, CpuCredits: 'unlimited' }]);
  const InstanceCreditSpecifications = [{ InstanceId: id, CpuCredits: 'standard' }];
  const answer = await ec2.send(
    new ModifyInstanceCreditSpecificationCommand({ InstanceCreditSpecifications }),
  );
  assert.deepEqual(answer.SuccessfulInstanceCreditSpecifications, [{ InstanceId: id }]);
  assert.deepEqual(await credits(), InstanceCreditSpecifications);
});

test('where types are offered, and what the account has', async () => {
  const types = [];
  const pages = paginateDescribeInstanceTypeOfferings(
    { client: ec2, pageSize: 10 },
    { LocationType: 'availability-zone' },
  );
  for await (const { InstanceTypeOfferings = [] } of pages) types.push(...InstanceTypeOfferings);
  assert.ok(types.length > 20);
  assert.ok(types.every(({ Location }) => Location === 'us-east-1a'));
  const { InstanceTypeOfferings } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      Filters: [{ Name: 'instance-type', Values: ['t3.micro'] }],
    }),
  );
  assert.equal(InstanceTypeOfferings?.length, 1);
  const { AccountAttributes } = await ec2.send(
    new DescribeAccountAttributesCommand({ AttributeNames: ['default-vpc'] }),
  );
  assert.match(`${AccountAttributes?.[0]?.AttributeValues?.[0]?.AttributeValue}`, /^vpc-/);
});

test('a machine that boots by UEFI tells its variables', async () => {
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
  const [mapping] = Images?.[0]?.BlockDeviceMappings ?? [];
  const registered = await ec2.send(
    new RegisterImageCommand({
      Name: 'boots by UEFI',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      BootMode: 'uefi',
      RootDeviceName: mapping?.DeviceName,
      BlockDeviceMappings: [
        { DeviceName: mapping?.DeviceName, Ebs: { SnapshotId: mapping?.Ebs?.SnapshotId } },
      ],
    }),
  );
  const InstanceId = await run({ ImageId: registered.ImageId });
  const { UefiData = '' } = await ec2.send(new GetInstanceUefiDataCommand({ InstanceId }));
  assert.equal(Buffer.from(UefiData, 'base64').subarray(0, 8).toString(), 'AMZNUEFI');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
});

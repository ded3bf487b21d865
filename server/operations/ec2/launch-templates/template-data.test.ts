import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ec2Model } from '../../../../api/generated/ec2.ts';
import type { RequestLaunchTemplateData } from '../../../../api/generated/ec2-types.ts';
import { AcceptedInput } from '../../../http/accepted-input.ts';
import { fixedTemplateData } from '../../requests/launch-template-data.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { createLaunchTemplate } from './CreateLaunchTemplate.ts';
import { createLaunchTemplateVersion } from './CreateLaunchTemplateVersion.ts';
import { describeLaunchTemplateVersions } from './DescribeLaunchTemplateVersions.ts';
import { getLaunchTemplateData } from './GetLaunchTemplateData.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const accepted = new AcceptedInput(ec2Model, 'CreateLaunchTemplate', createLaunchTemplate);
let count = 0;
/** As the dispatcher does it. */
function create(LaunchTemplateData: RequestLaunchTemplateData) {
  const request = { LaunchTemplateName: `template-${++count}`, LaunchTemplateData };
  accepted.check(request);
  return createLaunchTemplate.run(request, context);
}
async function kept(data: RequestLaunchTemplateData) {
  const { LaunchTemplate } = await create(data);
  const { LaunchTemplateId } = LaunchTemplate ?? {};
  const request = { LaunchTemplateId };
  const { LaunchTemplateVersions: all } = await describeLaunchTemplateVersions.run(
    request,
    context,
  );
  return all?.[0]?.LaunchTemplateData;
}
async function warnings(data: RequestLaunchTemplateData) {
  const { Warning } = await create(data);
  return Warning?.Errors?.map(({ Code }) => Code) ?? [];
}

describe('what a template says of a launch', () => {
  const full: RequestLaunchTemplateData = {
    ImageId: 'ami-0123456789abcdef0',
    InstanceType: 't3.nano',
    KeyName: 'mine',
    EbsOptimized: false,
    BlockDeviceMappings: [
      { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 9, VolumeType: 'gp3', Encrypted: false } },
      { DeviceName: '/dev/sdf', NoDevice: '' },
    ],
    NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: ['sg-1'] }],
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: '' }] }],
    UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
  };

  test('is kept and shown as it was sent', async () => {
    assert.deepEqual(await kept(full), full);
  });

  test('what asks for nothing is not kept', async () => {
    const empty = {
      ...full,
      KernelId: '',
      IamInstanceProfile: { Name: '' },
      SecurityGroupIds: [],
      Placement: { GroupName: '' },
    };
    assert.deepEqual(await kept(empty), full);
  });

  test('is refused by name where a launch would refuse it by name, of versions too', async () => {
    const refused: [data: RequestLaunchTemplateData, name: string][] = [
      [{ IamInstanceProfile: { Name: 'role' } }, 'IamInstanceProfile'],
      [{ EbsOptimized: true }, 'EbsOptimized'],
      [{ HibernationOptions: { Configured: true } }, 'HibernationOptions.Configured'],
      [{ InstanceMarketOptions: { MarketType: 'spot' } }, 'InstanceMarketOptions.MarketType'],
      [{ Placement: { Tenancy: 'dedicated' } }, 'Placement.Tenancy'],
      [{ KernelId: 'aki-1' }, 'KernelId'],
    ];
    const ofVersions = new AcceptedInput(
      ec2Model,
      'CreateLaunchTemplateVersion',
      createLaunchTemplateVersion,
    );
    for (const [LaunchTemplateData, name] of refused) {
      const isNamed = ({ code, message }: Record<string, string>) =>
        code === 'UnsupportedOperation' && message?.includes(`LaunchTemplateData.${name} `);
      assert.throws(() => accepted.check({ LaunchTemplateName: 'x', LaunchTemplateData }), isNamed);
      assert.throws(() => ofVersions.check({ LaunchTemplateData }), isNamed);
    }
    assert.ok(Object.keys(fixedTemplateData).length > 20);
    const two = [{ DeviceIndex: 0 }, { DeviceIndex: 0 }];
    await assert.rejects(create({ NetworkInterfaces: two }), { code: 'UnsupportedOperation' });
  });

  test('is refused where it is malformed', async () => {
    const tags = (...Tags: object[]) => ({
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    });
    const refused: [data: RequestLaunchTemplateData, code: string][] = [
      [{ UserData: '#!/bin/sh' }, 'InvalidUserData.Malformed'],
      [{ UserData: Buffer.alloc(16_385).toString('base64') }, 'InvalidParameterValue'],
      [{ InstanceInitiatedShutdownBehavior: 'sleep' }, 'InvalidParameterValue'],
      [{ MetadataOptions: { HttpPutResponseHopLimit: 65 } }, 'InvalidParameterValue'],
      [{ BlockDeviceMappings: [{ Ebs: { VolumeSize: 1 } }] }, 'MissingParameter'],
      [tags({ Key: 'aws:x', Value: 'y' }), 'InvalidParameterValue'],
      [{ TagSpecifications: [{ ResourceType: 'vpc', Tags: [] }] }, 'InvalidParameterValue'],
    ];
    for (const [data, code] of refused) await assert.rejects(create(data), { code });
  });
});

test('a warning tells of what is not there or does not fit together; the template is made', async () => {
  const { id } = await insertProviderImage(context, { name: 'there' });
  assert.deepEqual(await warnings({}), []);
  assert.deepEqual(await warnings({ ImageId: id, InstanceType: 't3.nano' }), []);
  assert.deepEqual(
    await warnings({
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: 'q9.huge',
      KeyName: 'lost',
      SecurityGroupIds: ['sg-0123456789abcdef0'],
    }),
    [
      'InvalidParameterValue',
      'InvalidAMIID.NotFound',
      'InvalidKeyPair.NotFound',
      'InvalidGroup.NotFound',
    ],
  );
  const both = { NetworkInterfaces: [{ DeviceIndex: 0 }], SecurityGroupIds: ['sg-1'] };
  assert.deepEqual(await warnings(both), ['InvalidParameterCombination']);
  const { LaunchTemplate } = await create({});
  const { Warning } = await createLaunchTemplateVersion.run(
    {
      LaunchTemplateId: LaunchTemplate?.LaunchTemplateId,
      LaunchTemplateData: { KeyName: 'lost' },
    },
    context,
  );
  assert.deepEqual(Warning?.Errors, [
    { Code: 'InvalidKeyPair.NotFound', Message: "The key pair 'lost' does not exist" },
  ]);
});

describe('GetLaunchTemplateData', () => {
  test('tells of an instance what launches another one like it', async () => {
    const image = await insertProviderImage(context);
    const Tags = [{ Key: 'Name', Value: 'web' }];
    const instance = await insertRunningInstance(context, image, {
      InstanceType: 't3.nano',
      UserData: Buffer.from('hello').toString('base64'),
      Monitoring: { Enabled: true },
      MetadataOptions: { HttpTokens: 'required' },
      DisableApiStop: true,
      InstanceInitiatedShutdownBehavior: 'terminate',
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    });
    const InstanceId = instance.id;
    const { LaunchTemplateData: data } = await getLaunchTemplateData.run({ InstanceId }, context);
    const [root, second] = data?.BlockDeviceMappings ?? [];
    assert.deepEqual(root, {
      DeviceName: '/dev/xvda',
      Ebs: {
        DeleteOnTermination: true,
        Encrypted: false,
        KmsKeyId: undefined,
        SnapshotId: image.blockDeviceMappings[0]?.ebs.snapshotId,
        VolumeSize: 8,
        VolumeType: 'gp3',
        Iops: undefined,
        Throughput: undefined,
      },
    });
    assert.equal(second?.DeviceName, '/dev/sdf');
    assert.equal(second?.Ebs?.VolumeSize, 2);
    assert.equal(data?.ImageId, image.id);
    assert.equal(data?.InstanceType, 't3.nano');
    assert.equal(data?.UserData, instance.userData);
    assert.equal(data?.Monitoring?.Enabled, true);
    assert.equal(data?.MetadataOptions?.HttpTokens, 'required');
    assert.equal(data?.DisableApiStop, true);
    assert.equal(data?.DisableApiTermination, false);
    assert.equal(data?.InstanceInitiatedShutdownBehavior, 'terminate');
    assert.deepEqual(data?.CreditSpecification, { CpuCredits: 'unlimited' });
    assert.deepEqual(data?.TagSpecifications, [{ ResourceType: 'instance', Tags }]);
    const [network] = data?.NetworkInterfaces ?? [];
    assert.deepEqual(network?.Groups, instance.securityGroupIds);
    assert.equal(network?.SubnetId, instance.subnetId);
    assert.equal(data?.Placement?.AvailabilityZone, 'us-east-1a');
    assert.deepEqual(await warnings(data as RequestLaunchTemplateData), []);
  });

  test('of one’s own that is still there', async () => {
    const { id: InstanceId } = await insertRunningInstance(
      context,
      await insertProviderImage(context),
    );
    const other = await context.asNewAccount();
    await assert.rejects(getLaunchTemplateData.run({ InstanceId }, other), {
      code: 'InvalidInstanceID.NotFound',
    });
    await moveInstance(context, InstanceId, { state: 'terminated' });
    await assert.rejects(getLaunchTemplateData.run({ InstanceId }, context), {
      code: 'IncorrectInstanceState',
    });
  });
});

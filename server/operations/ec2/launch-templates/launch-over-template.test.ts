import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  RequestLaunchTemplateData,
  RunInstancesRequest,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { ensureDefaultNetworks } from '../../../domain/networks.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { makeTemplate, runTemplate } from '../../test-launch-templates.ts';
import { createKeyPair } from '../key-pairs/CreateKeyPair.ts';
import { createSecurityGroup } from '../security-groups/CreateSecurityGroup.ts';
import { getLaunchTemplateData } from './GetLaunchTemplateData.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const template = (data: RequestLaunchTemplateData = {}) =>
  makeTemplate(context, { ImageId: image.id, InstanceType: 't3.nano', ...data });
const run = (id: string, more: Partial<RunInstancesRequest> = {}) => runTemplate(context, id, more);
async function group(GroupName: string) {
  const { GroupId } = await createSecurityGroup.run({ GroupName, Description: 'x' }, context);
  return GroupId ?? '';
}
async function disks({ id }: InstanceRow) {
  const rows = await context.catalog.read(({ volumes }) =>
    volumes.list({ where: { instance: id } }),
  );
  return rows
    .map(({ attachment, sizeGiB, volumeType, snapshotId }) => [
      attachment?.deviceName,
      sizeGiB,
      volumeType,
      attachment?.deleteOnTermination,
      snapshotId !== undefined,
    ])
    .sort()
    .map((each) => each.join(' '));
}
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('what the request says goes over the template', () => {
  test('member by member, what is left out or empty stays', async () => {
    for (const KeyName of ['mine', 'yours']) await createKeyPair.run({ KeyName }, context);
    const data = {
      KeyName: 'mine',
      UserData: base64('template'),
      Monitoring: { Enabled: true },
      DisableApiStop: true,
      InstanceInitiatedShutdownBehavior: 'terminate',
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 3 },
      CreditSpecification: { CpuCredits: 'standard' },
    };
    const id = await template(data);
    const plain = await run(id, { KeyName: '', UserData: '' });
    assert.equal(plain.keyName, 'mine');
    assert.equal(plain.userData, data.UserData);
    assert.equal(plain.monitoring, true);
    assert.equal(plain.disableApiStop, true);
    assert.equal(plain.shutdownBehavior, 'terminate');
    assert.equal(plain.metadataOptions.httpTokens, 'required');
    assert.equal(plain.metadataOptions.httpPutResponseHopLimit, 3);
    assert.equal(plain.cpuCredits, 'standard');
    const changed = await run(id, {
      KeyName: 'yours',
      InstanceType: 't3.micro',
      UserData: base64('request'),
      Monitoring: { Enabled: false },
      DisableApiStop: false,
      DisableApiTermination: true,
      InstanceInitiatedShutdownBehavior: 'stop',
      MetadataOptions: { HttpTokens: 'optional' },
      CreditSpecification: { CpuCredits: 'unlimited' },
    });
    assert.equal(changed.keyName, 'yours');
    assert.equal(changed.instanceType, 't3.micro');
    assert.equal(changed.userData, base64('request'));
    assert.equal(changed.monitoring, undefined);
    assert.equal(changed.disableApiStop, undefined);
    assert.equal(changed.disableApiTermination, true);
    assert.equal(changed.shutdownBehavior, 'stop');
    assert.equal(changed.metadataOptions.httpTokens, 'optional');
    assert.equal(changed.metadataOptions.httpPutResponseHopLimit, 3);
    assert.equal(changed.cpuCredits, 'unlimited');
  });

  test('the image too; one of them has to name one', async () => {
    const other = await insertImage(context);
    const id = await template();
    assert.equal((await run(id, { ImageId: other.id })).imageId, other.id);
    const none = await makeTemplate(context, {}, { LaunchTemplateName: 'none' });
    await assert.rejects(run(none), { code: 'MissingParameter' });
    assert.equal((await run(none, { ImageId: other.id })).imageId, other.id);
  });

  test('block devices by their names', async () => {
    const { id: SnapshotId } = await insertSnapshot(context);
    const id = await template({
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/xvda',
          Ebs: { VolumeSize: 10, VolumeType: 'gp2', DeleteOnTermination: false },
        },
        { DeviceName: '/dev/sdf', Ebs: { SnapshotId } },
        { DeviceName: '/dev/sdg', Ebs: { VolumeSize: 3 } },
      ],
    });
    assert.deepEqual(await disks(await run(id)), [
      '/dev/sdf 8 gp3 true true',
      '/dev/sdg 3 gp3 true false',
      '/dev/xvda 10 gp2 false true',
    ]);
    const changed = await run(id, {
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 12 } },
        { DeviceName: '/dev/sdf', NoDevice: '' },
        { DeviceName: '/dev/sdh', Ebs: { VolumeSize: 1 } },
      ],
    });
    assert.deepEqual(await disks(changed), [
      '/dev/sdg 3 gp3 true false',
      '/dev/sdh 1 gp3 true false',
      '/dev/xvda 12 gp2 false true',
    ]);
    const twice = [
      { DeviceName: '/dev/sdg', Ebs: { VolumeSize: 1 } },
      { DeviceName: '/dev/sdg', Ebs: { VolumeSize: 2 } },
    ];
    await assert.rejects(run(id, { BlockDeviceMappings: twice }), {
      code: 'InvalidBlockDeviceMapping',
    });
  });

  test('tags by type of resource and key', async () => {
    const specification = (ResourceType: string, tags: Record<string, string>) => ({
      ResourceType,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    });
    const id = await template({
      TagSpecifications: [
        specification('instance', { a: 'template', b: 'template' }),
        specification('volume', { v: 'template' }),
      ],
    });
    const { tags, networkInterfaceTags, ...row } = await run(id, {
      TagSpecifications: [
        specification('instance', { b: 'request', c: 'request' }),
        specification('network-interface', { n: 'request' }),
      ],
    });
    const { a, b, c } = tags;
    assert.deepEqual({ a, b, c }, { a: 'template', b: 'request', c: 'request' });
    assert.deepEqual(networkInterfaceTags, { n: 'request' });
    const volumes = await context.catalog.read((reader) =>
      reader.volumes.list({ where: { instance: row.id } }),
    );
    assert.deepEqual(volumes[0]?.tags, { v: 'template' });
    const twice = [specification('instance', { x: '1' }), specification('instance', { y: '2' })];
    await assert.rejects(run(id, { TagSpecifications: twice }), { code: 'InvalidParameterValue' });
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`k${index}`, '']));
    await assert.rejects(run(id, { TagSpecifications: [specification('instance', many)] }), {
      code: 'TagLimitExceeded',
    });
  });

  test('security groups as a list, by id or by name', async () => {
    const [web, db] = [await group('web'), await group('db')];
    const id = await template({ SecurityGroupIds: [web] });
    assert.deepEqual((await run(id)).securityGroupIds, [web]);
    assert.deepEqual((await run(id, { SecurityGroupIds: [db] })).securityGroupIds, [db]);
    assert.deepEqual((await run(id, { SecurityGroups: ['db'] })).securityGroupIds, [db]);
    const data = { ImageId: image.id, SecurityGroups: ['web'] };
    const byName = await makeTemplate(context, data, { LaunchTemplateName: 'named' });
    assert.deepEqual((await run(byName)).securityGroupIds, [web]);
    assert.deepEqual((await run(byName, { SecurityGroupIds: [db] })).securityGroupIds, [db]);
  });

  test('the network interface as a list, which goes with no subnet beside it', async () => {
    const [web, db] = [await group('web'), await group('db')];
    const one = { DeviceIndex: 0, Groups: [web], Description: 'template' };
    const id = await template({ NetworkInterfaces: [one] });
    const plain = await run(id);
    assert.deepEqual(plain.securityGroupIds, [web]);
    assert.equal(plain.networkInterfaceDescription, 'template');
    const NetworkInterfaces = [{ DeviceIndex: 0, Groups: [db] }];
    const changed = await run(id, { NetworkInterfaces });
    assert.deepEqual(changed.securityGroupIds, [db]);
    assert.equal(changed.networkInterfaceDescription, undefined);
    for (const beside of [{ SubnetId: plain.subnetId }, { SecurityGroupIds: [web] }]) {
      await assert.rejects(run(id, beside), { code: 'InvalidParameterCombination' });
    }
  });

  test('the zone, by name or by id', async () => {
    context.site = { ...context.site, zones: 2 };
    await ensureDefaultNetworks(context.catalog, [context.caller.account], context);
    const id = await template({ Placement: { AvailabilityZone: 'us-east-1b' } });
    assert.equal((await run(id)).availabilityZone, 'us-east-1b');
    const byId = await run(id, { Placement: { AvailabilityZoneId: 'use1-az1' } });
    assert.equal(byId.availabilityZone, 'us-east-1a');
  });

  test('the zone and the subnet', async () => {
    const id = await template({ Placement: { AvailabilityZone: 'us-east-1a' } });
    const { subnetId } = await run(id);
    assert.equal((await run(id, { SubnetId: subnetId })).subnetId, subnetId);
    await assert.rejects(run(id, { Placement: { AvailabilityZone: 'us-east-1z' } }), {
      code: 'InvalidParameterValue',
    });
  });
});

test('the data of an instance launches one like it', async () => {
  const data = { UserData: base64('x'), InstanceType: 't3.micro', DisableApiStop: true };
  const first = await insertRunningInstance(context, image, data);
  const { LaunchTemplateData = {} } = await getLaunchTemplateData.run(
    { InstanceId: first.id },
    context,
  );
  const second = await run(
    await makeTemplate(context, LaunchTemplateData as RequestLaunchTemplateData),
  );
  const { securityGroupIds, subnetId, userData, instanceType, disableApiStop } = first;
  const like = { securityGroupIds, subnetId, userData, instanceType, disableApiStop };
  assert.deepEqual({ ...second, ...like }, second);
  assert.deepEqual(await disks(second), await disks(first));
  assert.notEqual(second.privateIp, first.privateIp);
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { describeInstances } from '../instances/DescribeInstances.ts';
import { createSecurityGroup } from '../security-groups/CreateSecurityGroup.ts';
import { describeNetworkInterfaceAttribute } from './DescribeNetworkInterfaceAttribute.ts';
import { describeNetworkInterfaces } from './DescribeNetworkInterfaces.ts';
import { modifyNetworkInterfaceAttribute } from './ModifyNetworkInterfaceAttribute.ts';

let context: TestContext;
let image: ImageRow;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertImage(context);
  instance = await insertRunningInstance(context, image);
});
afterEach(() => context[Symbol.asyncDispose]());

const interfaces = async (input: Parameters<typeof describeNetworkInterfaces.run>[0] = {}) =>
  (await describeNetworkInterfaces.run(input, context)).NetworkInterfaces ?? [];
const filtered = async (Name: string, ...Values: string[]) =>
  (await interfaces({ Filters: [{ Name, Values }] })).length;

describe('DescribeNetworkInterfaces', () => {
  test('shows what the instance shows, and whose it is', async () => {
    const [shown, ...more] = await interfaces();
    assert.deepEqual(more, []);
    const { Reservations } = await describeInstances.run({}, context);
    const own = Reservations?.[0]?.Instances?.[0]?.NetworkInterfaces?.[0];
    assert.ok(shown && own);
    for (const member of ['MacAddress', 'PrivateIpAddress', 'Groups', 'VpcId'] as const) {
      assert.deepEqual(shown[member], own[member], member);
    }
    assert.equal(shown.Attachment?.InstanceId, instance.id);
    assert.equal(shown.Attachment?.InstanceOwnerId, context.caller.account);
    assert.equal(shown.AvailabilityZone, 'us-east-1a');
    assert.deepEqual(shown.TagSet, []);
  });

  test('by id; what is nobody’s, another’s or of a terminated instance does not exist', async () => {
    const { networkInterfaceId: id } = instance;
    assert.equal((await interfaces({ NetworkInterfaceIds: [id] })).length, 1);
    const code = 'InvalidNetworkInterfaceID.NotFound';
    const stranger = context.as({ account: '999999999999' });
    const ask = { NetworkInterfaceIds: [id] };
    await assert.rejects(describeNetworkInterfaces.run(ask, stranger), { code });
    assert.deepEqual((await describeNetworkInterfaces.run({}, stranger)).NetworkInterfaces, []);
    const NetworkInterfaceIds = [id, 'eni-0123456789abcdef0'];
    await assert.rejects(interfaces({ NetworkInterfaceIds }), { code });
    await assert.rejects(interfaces({ NetworkInterfaceIds: ['x'] }), {
      code: 'InvalidNetworkInterfaceId.Malformed',
    });
    await moveInstance(context, instance.id, { state: 'terminated' });
    await assert.rejects(interfaces(ask), { code });
    assert.deepEqual(await interfaces(), []);
  });

  test('filters', async () => {
    const { id, mac, privateIp, subnetId, vpcId, networkInterfaceId } = instance;
    const [group = ''] = instance.securityGroupIds;
    const matching: [string, string][] = [
      ['attachment.instance-id', id],
      ['availability-zone', 'us-east-1a'],
      ['availability-zone-id', 'use1-az1'],
      ['group-id', group],
      ['interface-type', 'interface'],
      ['mac-address', mac],
      ['network-interface-id', networkInterfaceId],
      ['private-ip-address', privateIp],
      ['addresses.private-ip-address', privateIp],
      ['status', 'in-use'],
      ['subnet-id', subnetId],
      ['vpc-id', vpcId],
    ];
    for (const [name, value] of matching) {
      assert.equal(await filtered(name, value), 1, name);
      assert.equal(await filtered(name, 'other'), 0, name);
    }
    assert.equal(await filtered('ipv6-addresses.ipv6-address', '::1'), 0);
    assert.equal(await filtered('tag:Name', 'x'), 0);
    await assert.rejects(filtered('no-such-filter', 'x'), { code: 'InvalidParameterValue' });
  });

  test('pages', async () => {
    for (let count = 0; count < 5; count++) await insertRunningInstance(context, image);
    const first = await describeNetworkInterfaces.run({ MaxResults: 5 }, context);
    assert.equal(first.NetworkInterfaces?.length, 5);
    const rest = await describeNetworkInterfaces.run({ NextToken: first.NextToken }, context);
    assert.equal(rest.NetworkInterfaces?.length, 1);
  });
});

describe('attributes', () => {
  const modify = (
    change: Omit<Parameters<typeof modifyNetworkInterfaceAttribute.run>[0], 'NetworkInterfaceId'>,
  ) =>
    modifyNetworkInterfaceAttribute.run(
      { NetworkInterfaceId: instance.networkInterfaceId, ...change },
      context,
    );
  const attribute = (Attribute?: 'groupSet' | 'description' | 'attachment' | 'sourceDestCheck') =>
    describeNetworkInterfaceAttribute.run(
      { NetworkInterfaceId: instance.networkInterfaceId, Attribute },
      context,
    );

  test('groups are those of the instance', async () => {
    const web = { GroupName: 'web', Description: 'web servers' };
    const { GroupId = '' } = await createSecurityGroup.run(web, context);
    await modify({ Groups: [GroupId] });
    const row = await context.catalog.read(({ instances }) => instances.get(instance.id));
    assert.deepEqual(row?.securityGroupIds, [GroupId]);
    assert.deepEqual((await attribute('groupSet')).Groups, [{ GroupId, GroupName: 'web' }]);
    await assert.rejects(modify({ Groups: ['sg-0123456789abcdef0'] }), {
      code: 'InvalidGroup.NotFound',
    });
  });

  test('description, attachment, and what is always so', async () => {
    await modify({ Description: { Value: 'first' } });
    assert.deepEqual((await attribute('description')).Description, { Value: 'first' });
    assert.equal((await interfaces())[0]?.Description, 'first');
    await assert.rejects(modify({ Description: { Value: 'x'.repeat(256) } }), {
      code: 'InvalidParameterValue',
    });
    const { Attachment } = await attribute('attachment');
    assert.equal(Attachment?.InstanceId, instance.id);
    await modify({ Attachment: { AttachmentId: Attachment?.AttachmentId } });
    await assert.rejects(modify({ Attachment: { AttachmentId: 'eni-attach-0' } }), {
      code: 'InvalidAttachmentID.NotFound',
    });
    await modify({ SourceDestCheck: { Value: true } });
    assert.deepEqual((await attribute('sourceDestCheck')).SourceDestCheck, { Value: true });
  });

  test('one at a time', async () => {
    await assert.rejects(modify({}), { code: 'MissingParameter' });
    await assert.rejects(modify({ Groups: ['sg-1'], Description: { Value: 'x' } }), {
      code: 'InvalidParameterCombination',
    });
    await assert.rejects(attribute(), { code: 'MissingParameter' });
    await assert.rejects(attribute('x' as 'groupSet'), { code: 'InvalidParameterValue' });
  });
});

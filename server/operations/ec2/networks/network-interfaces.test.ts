import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { describeInstances } from '../instances/DescribeInstances.ts';
import { describeNetworkInterfaces } from './DescribeNetworkInterfaces.ts';

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

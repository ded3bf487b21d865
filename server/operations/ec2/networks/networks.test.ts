import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { instance } from '../../../catalog/test-rows.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { describeSubnets } from './DescribeSubnets.ts';
import { describeVpcs } from './DescribeVpcs.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const invalid = { code: 'InvalidParameterValue' };

describe('DescribeVpcs', () => {
  const vpcs = async (input: object) => (await describeVpcs.run(input, context)).Vpcs ?? [];

  test('the default VPC of the region', async () => {
    const [vpc, ...more] = await vpcs({});
    assert.deepEqual(more, []);
    assert.equal(vpc?.IsDefault, true);
    assert.equal(vpc?.CidrBlock, '172.31.0.0/16');
    const id = vpc?.VpcId ?? '';
    assert.deepEqual(await vpcs({ VpcIds: [id] }), [vpc]);
    await assert.rejects(vpcs({ VpcIds: ['vpc-0123456789abcdef0'] }), {
      code: 'InvalidVpcID.NotFound',
    });
    await assert.rejects(vpcs({ VpcIds: ['x'] }), { code: 'InvalidVpcID.Malformed' });
    const elsewhere = context.as({ region: 'eu-west-1' });
    await assert.rejects(describeVpcs.run({ VpcIds: [id] }, elsewhere), {
      code: 'InvalidVpcID.NotFound',
    });
  });

  test('filters and pages', async () => {
    const [vpc] = await vpcs({});
    const id = vpc?.VpcId ?? '';
    const matching: [string, string][] = [
      ['cidr', '172.31.0.0/16'],
      ['cidr-block-association.cidr-block', '172.31.*'],
      [
        'cidr-block-association.association-id',
        vpc?.CidrBlockAssociationSet?.[0]?.AssociationId ?? '',
      ],
      ['cidr-block-association.state', 'associated'],
      ['is-default', 'true'],
      ['isDefault', 'true'],
      ['owner-id', context.caller.account],
      ['state', 'available'],
      ['vpc-id', id],
    ];
    for (const [name, value] of matching) {
      assert.equal((await vpcs(filter(name, value))).length, 1, name);
      assert.equal((await vpcs(filter(name, 'other'))).length, 0, name);
      assert.equal((await vpcs({ VpcIds: [id], ...filter(name, 'other') })).length, 0, name);
    }
    await assert.rejects(vpcs(filter('no-such-filter', 'x')), invalid);
    assert.equal((await vpcs({ MaxResults: 5 })).length, 1);
    await assert.rejects(vpcs({ NextToken: 'x' }), { code: 'InvalidNextToken' });
  });
});

describe('DescribeSubnets', () => {
  const subnets = async (input: object) =>
    (await describeSubnets.run(input, context)).Subnets ?? [];

  test('the default subnet, and how many addresses are free in it', async () => {
    const [subnet] = await subnets({});
    assert.equal(subnet?.CidrBlock, '172.31.0.0/18');
    assert.equal(subnet?.AvailableIpAddressCount, 16_379);
    const { account, region } = context.caller;
    await context.catalog.write(({ instances }) =>
      instances.insert(instance('i-1', { account, region, subnetId: subnet?.SubnetId })),
    );
    assert.equal((await subnets({}))[0]?.AvailableIpAddressCount, 16_378);
    assert.equal((await subnets({ SubnetIds: [subnet?.SubnetId] })).length, 1);
    await assert.rejects(subnets({ SubnetIds: ['subnet-0123456789abcdef0'] }), {
      code: 'InvalidSubnetID.NotFound',
    });
  });

  test('filters and pages', async () => {
    const [subnet] = await subnets({});
    const matching: [string, string | undefined][] = [
      ['availability-zone', 'us-east-1a'],
      ['availabilityZone', 'us-east-1a'],
      ['availability-zone-id', 'use1-az1'],
      ['available-ip-address-count', '16379'],
      ['cidr-block', '172.31.0.0/18'],
      ['cidr', '172.31.0.0/18'],
      ['cidrBlock', '172.31.0.0/18'],
      ['default-for-az', 'true'],
      ['defaultForAz', 'true'],
      ['map-public-ip-on-launch', 'true'],
      ['owner-id', context.caller.account],
      ['state', 'available'],
      ['subnet-arn', subnet?.SubnetArn],
      ['subnet-id', subnet?.SubnetId],
      ['vpc-id', subnet?.VpcId],
    ];
    for (const [name, value = ''] of matching) {
      assert.equal((await subnets(filter(name, value))).length, 1, name);
      assert.equal((await subnets(filter(name, 'other'))).length, 0, name);
    }
    assert.equal((await subnets({ MaxResults: 5 })).length, 1);
    await assert.rejects(subnets({ NextToken: 'x' }), { code: 'InvalidNextToken' });
  });
});

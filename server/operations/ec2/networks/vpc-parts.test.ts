import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { describeDhcpOptions } from './DescribeDhcpOptions.ts';
import { describeInternetGateways } from './DescribeInternetGateways.ts';
import { describeNetworkAcls } from './DescribeNetworkAcls.ts';
import { describeRouteTables } from './DescribeRouteTables.ts';
import { describeSubnets } from './DescribeSubnets.ts';
import { describeVpcAttribute } from './DescribeVpcAttribute.ts';
import { describeVpcs } from './DescribeVpcs.ts';

let context: TestContext;
let vpcId: string;
let subnetId: string;
beforeEach(async () => {
  context = await createTestContext();
  const { Vpcs: [vpc] = [] } = await describeVpcs.run({}, context);
  const { Subnets: [subnet] = [] } = await describeSubnets.run({}, context);
  vpcId = vpc?.VpcId ?? '';
  subnetId = subnet?.SubnetId ?? '';
});
afterEach(() => context[Symbol.asyncDispose]());

/** The same of each noun: what it is asked by, and the names that EC2 has for its errors. */
const nouns = {
  RouteTable: {
    ask: (ids: string[] | undefined, more: object, at: OperationContext) =>
      describeRouteTables.run({ RouteTableIds: ids, ...more }, at).then((a) => a.RouteTables),
    idOf: (row: object) => (row as { RouteTableId?: string }).RouteTableId ?? '',
    prefix: 'rtb',
    errors: ['InvalidRouteTableId.Malformed', 'InvalidRouteTableID.NotFound'],
  },
  InternetGateway: {
    ask: (ids: string[] | undefined, more: object, at: OperationContext) =>
      describeInternetGateways
        .run({ InternetGatewayIds: ids, ...more }, at)
        .then((a) => a.InternetGateways),
    idOf: (row: object) => (row as { InternetGatewayId?: string }).InternetGatewayId ?? '',
    prefix: 'igw',
    errors: ['InvalidInternetGatewayId.Malformed', 'InvalidInternetGatewayID.NotFound'],
  },
  NetworkAcl: {
    ask: (ids: string[] | undefined, more: object, at: OperationContext) =>
      describeNetworkAcls.run({ NetworkAclIds: ids, ...more }, at).then((a) => a.NetworkAcls),
    idOf: (row: object) => (row as { NetworkAclId?: string }).NetworkAclId ?? '',
    prefix: 'acl',
    errors: ['InvalidNetworkAclId.Malformed', 'InvalidNetworkAclID.NotFound'],
  },
  DhcpOptions: {
    ask: (ids: string[] | undefined, more: object, at: OperationContext) =>
      describeDhcpOptions.run({ DhcpOptionsIds: ids, ...more }, at).then((a) => a.DhcpOptions),
    idOf: (row: object) => (row as { DhcpOptionsId?: string }).DhcpOptionsId ?? '',
    prefix: 'dopt',
    errors: ['InvalidDhcpOptionsId.Malformed', 'InvalidDhcpOptionID.NotFound'],
  },
};

for (const [name, { ask, idOf, prefix, errors }] of Object.entries(nouns)) {
  test(`${name}: one of the default VPC, by its id, and nobody else’s`, async () => {
    const [row, ...more] = (await ask(undefined, {}, context)) ?? [];
    assert.ok(row);
    assert.deepEqual(more, []);
    const id = idOf(row);
    assert.match(id, new RegExp(`^${prefix}-[0-9a-f]{17}$`));
    assert.deepEqual(await ask([id], {}, context), [row], 'the same each time');
    const [malformed, notFound] = errors;
    await assert.rejects(ask(['x'], {}, context), { code: malformed });
    await assert.rejects(ask([`${prefix}-0123456789abcdef0`], {}, context), { code: notFound });
    const elsewhere = context.as({ region: 'eu-west-1' });
    await assert.rejects(ask([id], {}, elsewhere), { code: notFound });
    await assert.rejects(ask([id], { MaxResults: 5 }, context), {
      code: 'InvalidParameterCombination',
    });
    assert.equal((await ask(undefined, { MaxResults: 5 }, context))?.length, 1);
    await assert.rejects(ask(undefined, { NextToken: 'x' }, context), { code: 'InvalidNextToken' });
  });
}

describe('filters', () => {
  const digits = () => vpcId.slice('vpc-'.length);
  const owner = () => context.caller.account;
  const filtered = async (noun: keyof typeof nouns, matching: [string, string][]) => {
    const ask = async (Name: string, value: string) =>
      (await nouns[noun].ask(undefined, { Filters: [{ Name, Values: [value] }] }, context))?.length;
    for (const [name, value] of matching) {
      assert.equal(await ask(name, value), 1, name);
      assert.equal(await ask(name, 'other'), 0, name);
    }
    assert.equal(await ask('tag:a', 'b'), 0);
    await assert.rejects(ask('no-such-filter', 'x'), { code: 'InvalidParameterValue' });
  };

  test('of route tables', async () => {
    await filtered('RouteTable', [
      ['association.main', 'true'],
      ['association.route-table-association-id', `rtbassoc-${digits()}`],
      ['association.route-table-id', `rtb-${digits()}`],
      ['owner-id', owner()],
      ['route-table-id', `rtb-${digits()}`],
      ['route.destination-cidr-block', '172.31.0.0/16'],
      ['route.gateway-id', `igw-${digits()}`],
      ['route.origin', 'CreateRoute'],
      ['route.state', 'active'],
      ['vpc-id', vpcId],
    ]);
  });

  test('of internet gateways', async () => {
    await filtered('InternetGateway', [
      ['attachment.state', 'available'],
      ['attachment.vpc-id', vpcId],
      ['internet-gateway-id', `igw-${digits()}`],
      ['owner-id', owner()],
    ]);
  });

  test('of network ACLs', async () => {
    await filtered('NetworkAcl', [
      ['association.association-id', subnetId.replace('subnet-', 'aclassoc-')],
      ['association.network-acl-id', `acl-${digits()}`],
      ['association.subnet-id', subnetId],
      ['default', 'true'],
      ['entry.cidr', '0.0.0.0/0'],
      ['entry.egress', 'true'],
      ['entry.protocol', '-1'],
      ['entry.rule-action', 'deny'],
      ['entry.rule-number', '100'],
      ['network-acl-id', `acl-${digits()}`],
      ['owner-id', owner()],
      ['vpc-id', vpcId],
    ]);
  });

  test('of DHCP options', async () => {
    await filtered('DhcpOptions', [
      ['dhcp-options-id', `dopt-${digits()}`],
      ['key', 'domain-name-servers'],
      ['key', 'domain-name'],
      ['value', 'ec2.internal'],
      ['value', 'AmazonProvidedDNS'],
      ['owner-id', owner()],
    ]);
    const { Vpcs: [vpc] = [] } = await describeVpcs.run({}, context);
    assert.equal(vpc?.DhcpOptionsId, `dopt-${digits()}`);
  });
});

test('the main route table leads to the VPC itself and through its gateway elsewhere', async () => {
  const { RouteTables: [table] = [] } = await describeRouteTables.run({}, context);
  const { InternetGateways: [gateway] = [] } = await describeInternetGateways.run({}, context);
  assert.deepEqual(
    table?.Routes?.map((route) => [route.DestinationCidrBlock, route.GatewayId]),
    [
      ['172.31.0.0/16', 'local'],
      ['0.0.0.0/0', gateway?.InternetGatewayId],
    ],
  );
  assert.deepEqual(gateway?.Attachments, [{ VpcId: vpcId, State: 'available' }]);
});

test('attributes of a VPC, one by one', async () => {
  const attribute = (Attribute: string, VpcId = vpcId) =>
    describeVpcAttribute.run({ VpcId, Attribute: Attribute as 'enableDnsSupport' }, context);
  assert.deepEqual(await attribute('enableDnsSupport'), {
    VpcId: vpcId,
    EnableDnsSupport: { Value: true },
  });
  assert.deepEqual((await attribute('enableDnsHostnames')).EnableDnsHostnames, { Value: true });
  const metrics = await attribute('enableNetworkAddressUsageMetrics');
  assert.deepEqual(metrics.EnableNetworkAddressUsageMetrics, { Value: false });
  await assert.rejects(attribute('x'), { code: 'InvalidParameterValue' });
  await assert.rejects(attribute('enableDnsSupport', 'vpc-0123456789abcdef0'), {
    code: 'InvalidVpcID.NotFound',
  });
});

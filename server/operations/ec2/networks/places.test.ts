/** Regions, zones, instance types, VPCs and subnets: what is there before anything is made. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { defaultInstanceType, instanceType } from '../../../domain/instance-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { describeInstanceTypes } from '../instances/DescribeInstanceTypes.ts';
import { describeAvailabilityZones } from '../regions/DescribeAvailabilityZones.ts';
import { describeRegions } from '../regions/DescribeRegions.ts';
import { describeSubnets } from './DescribeSubnets.ts';
import { describeVpcs } from './DescribeVpcs.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const invalid = { code: 'InvalidParameterValue' };

describe('DescribeRegions', () => {
  const names = async (input: object) =>
    (await describeRegions.run(input, context)).Regions?.map((region) => region.RegionName);

  test('those of the operator, by name and by filter', async () => {
    assert.deepEqual(await names({}), ['us-east-1', 'eu-west-1']);
    assert.deepEqual(await names({ AllRegions: true }), ['us-east-1', 'eu-west-1']);
    assert.deepEqual(await names({ RegionNames: ['eu-west-1'] }), ['eu-west-1']);
    assert.deepEqual(await names(filter('region-name', 'us-*')), ['us-east-1']);
    assert.deepEqual(await names(filter('opt-in-status', 'opted-in')), []);
    await assert.rejects(names({ RegionNames: ['mars-1'] }), invalid);
    await assert.rejects(names(filter('endpoint', 'x')), invalid);
  });
});

describe('DescribeAvailabilityZones', () => {
  const zones = async (input: object) =>
    (await describeAvailabilityZones.run(input, context)).AvailabilityZones ?? [];

  test('one in each region', async () => {
    const [zone] = await zones({ AllAvailabilityZones: true });
    assert.equal(zone?.ZoneName, 'us-east-1a');
    assert.equal(zone?.ZoneId, 'use1-az1');
    assert.equal(zone?.State, 'available');
    const elsewhere = context.as({ region: 'eu-west-1' });
    const { AvailabilityZones: others } = await describeAvailabilityZones.run({}, elsewhere);
    assert.deepEqual(
      others?.map((other) => other.ZoneName),
      ['eu-west-1a'],
    );
  });

  test('by name, id and filter', async () => {
    assert.equal((await zones({ ZoneNames: ['us-east-1a'] })).length, 1);
    assert.equal((await zones({ ZoneIds: ['use1-az1'] })).length, 1);
    await assert.rejects(zones({ ZoneNames: ['us-east-1b'] }), invalid);
    await assert.rejects(zones({ ZoneIds: ['use1-az2'] }), invalid);
    const matching: [string, string][] = [
      ['group-name', 'us-east-1'],
      ['opt-in-status', 'opt-in-not-required'],
      ['region-name', 'us-east-1'],
      ['state', 'available'],
      ['zone-id', 'use1-az1'],
      ['zone-name', 'us-east-1a'],
      ['zone-type', 'availability-zone'],
    ];
    for (const [name, value] of matching) {
      assert.equal((await zones(filter(name, value))).length, 1, name);
      assert.equal((await zones(filter(name, 'other'))).length, 0, name);
    }
  });
});

describe('DescribeInstanceTypes', () => {
  const types = async (input: object) =>
    (await describeInstanceTypes.run(input, context)).InstanceTypes ?? [];

  test('vCPUs and memory', async () => {
    const [type] = await types({ InstanceTypes: ['t3.micro'] });
    assert.equal(type?.VCpuInfo?.DefaultVCpus, 2);
    assert.equal(type?.MemoryInfo?.SizeInMiB, 1024);
    assert.deepEqual(instanceType('t3.micro'), { name: 't3.micro', vcpus: 2, memoryMiB: 1024 });
    assert.ok(instanceType(defaultInstanceType));
    assert.equal(instanceType('toString'), undefined);
    await assert.rejects(types({ InstanceTypes: ['t3.micro', 'z9.huge'] }), {
      code: 'InvalidInstanceType',
    });
  });

  test('pages', async () => {
    const all = await types({});
    const first = await describeInstanceTypes.run({ MaxResults: 5 }, context);
    const rest = await types({ NextToken: first.NextToken });
    assert.equal(first.InstanceTypes?.length, 5);
    assert.deepEqual([...(first.InstanceTypes ?? []), ...rest], all);
    await assert.rejects(types({ MaxResults: 101 }), invalid);
    await assert.rejects(types({ MaxResults: 5, InstanceTypes: ['t3.micro'] }), {
      code: 'InvalidParameterCombination',
    });
  });

  test('every filter finds types, and finds none by another value', async () => {
    const matching: [string, string][] = [
      ['auto-recovery-supported', 'false'],
      ['bare-metal', 'false'],
      ['burstable-performance-supported', 'false'],
      ['current-generation', 'true'],
      ['dedicated-hosts-supported', 'false'],
      ['hibernation-supported', 'false'],
      ['instance-storage-supported', 'false'],
      ['instance-type', 't3.*'],
      ['memory-info.size-in-mib', '1024'],
      ['processor-info.supported-architecture', 'x86_64'],
      ['supported-boot-mode', 'uefi'],
      ['supported-root-device-type', 'ebs'],
      ['supported-usage-class', 'on-demand'],
      ['supported-virtualization-type', 'hvm'],
      ['vcpu-info.default-cores', '2'],
      ['vcpu-info.default-threads-per-core', '1'],
      ['vcpu-info.default-vcpus', '8'],
    ];
    for (const [name, value] of matching) {
      assert.ok((await types(filter(name, value))).length > 0, name);
      assert.equal((await types(filter(name, 'other'))).length, 0, name);
    }
    await assert.rejects(types(filter('hypervisor', 'nitro')), invalid);
  });
});

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
    await assert.rejects(vpcs(filter('dhcp-options-id', 'x')), invalid);
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
      instances.insert({
        ...{ id: 'i-0123456789abcdef0', account, region, reservationId: 'r-1' },
        ...{ subnetId: subnet?.SubnetId, privateIp: '172.31.0.4', publicIp: '127.37.0.1' },
        state: 'running',
      } as InstanceRow),
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

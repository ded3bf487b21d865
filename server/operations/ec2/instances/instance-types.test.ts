import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { defaultInstanceType, instanceType } from '../../../domain/instance-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { describeInstanceTypeOfferings } from './DescribeInstanceTypeOfferings.ts';
import { describeInstanceTypes } from './DescribeInstanceTypes.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const filter = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const invalid = { code: 'InvalidParameterValue' };
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
    ['burstable-performance-supported', 'true'],
    ['current-generation', 'true'],
    ['dedicated-hosts-supported', 'false'],
    ['ebs-info.maximum-ebs-attachments', '28'],
    ['hibernation-supported', 'false'],
    ['instance-storage-supported', 'false'],
    ['instance-type', 't3.*'],
    ['memory-info.size-in-mib', '1024'],
    ['network-info.bandwidth-weightings', 'default'],
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
  assert.deepEqual(await types(filter('hypervisor', '*')), [], 'no type says');
  await assert.rejects(types(filter('no-such-filter', 'x')), invalid);
});

test('every type is offered in every place of the region', async () => {
  const offerings = async (input: object) =>
    (await describeInstanceTypeOfferings.run(input, context)).InstanceTypeOfferings ?? [];
  const micro = filter('instance-type', 't3.micro');
  const places: [string | undefined, string[]][] = [
    [undefined, ['us-east-1']],
    ['region', ['us-east-1']],
    ['availability-zone', ['us-east-1a']],
    ['availability-zone-id', ['use1-az1']],
    ['outpost', []],
  ];
  for (const [LocationType, locations] of places) {
    const found = await offerings({ ...micro, LocationType });
    assert.deepEqual(
      found.map(({ Location }) => Location),
      locations,
    );
  }
  assert.deepEqual(await offerings(filter('location', 'eu-west-1')), []);
  const { NextToken } = await describeInstanceTypeOfferings.run({ MaxResults: 5 }, context);
  assert.equal((await offerings({ MaxResults: 5, NextToken })).length, 5);
  await assert.rejects(offerings({ LocationType: 'moon' }), invalid);
});

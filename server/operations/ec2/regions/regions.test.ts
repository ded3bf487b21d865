import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { describeAvailabilityZones } from './DescribeAvailabilityZones.ts';
import { describeRegions } from './DescribeRegions.ts';

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
    assert.deepEqual(await names(filter('endpoint', '*')), [], 'one endpoint serves all');
    await assert.rejects(names(filter('no-such-filter', 'x')), invalid);
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

  test('as many as the operator chose', async () => {
    context.site = { ...context.site, zones: 3 };
    const names = async (input: object) => (await zones(input)).map((zone) => zone.ZoneName);
    assert.deepEqual(await names({}), ['us-east-1a', 'us-east-1b', 'us-east-1c']);
    assert.deepEqual(await names({ ZoneNames: ['us-east-1c'] }), ['us-east-1c']);
    assert.deepEqual(await names({ ZoneIds: ['use1-az2'] }), ['us-east-1b']);
    await assert.rejects(names({ ZoneNames: ['us-east-1d'] }), invalid);
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

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  CreateFleetRequest,
  FleetLaunchTemplateOverridesRequest as Override,
} from '../../../../api/generated/ec2-types.ts';
import { ensureDefaultNetworks } from '../../../domain/networks.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { fleetRequest, instanceRows, makeFleet, types, withOptions } from '../../test-fleets.ts';
import { insertProviderImage } from '../../test-images.ts';
import { makeTemplate } from '../../test-launch-templates.ts';
import { createFleet } from './CreateFleet.ts';
import { describeFleets } from './DescribeFleets.ts';

let context: TestContext;
let template: string;
beforeEach(async () => {
  context = await createTestContext();
  const { id: ImageId } = await insertProviderImage(context);
  template = await makeTemplate(context, { ImageId, InstanceType: 't3.nano' });
});
afterEach(() => context[Symbol.asyncDispose]());

const create = (
  units: number,
  overrides: Override[] = [],
  more: Partial<CreateFleetRequest> = {},
) => makeFleet(context, template, units, overrides, more);
const rows = () => instanceRows(context);

describe('which pool is launched from', () => {
  test('the one with the least memory for a unit, or that with the first priority', async () => {
    const pools = types('t3.large', 't3.micro', 't3.medium');
    assert.deepEqual((await create(2, pools)).launched, ['2 t3.micro']);
    const weighted = [
      { InstanceType: 't3.large', WeightedCapacity: 10 },
      { InstanceType: 't3.micro', WeightedCapacity: 1 },
    ];
    assert.deepEqual((await create(11, weighted)).launched, ['2 t3.large']);
    const ranked = [
      { InstanceType: 't3.nano' },
      { InstanceType: 't3.micro', Priority: 2 },
      { InstanceType: 't3.large', Priority: 1 },
    ];
    const byRank = await create(1, ranked, withOptions({ AllocationStrategy: 'prioritized' }));
    assert.deepEqual(byRank.launched, ['1 t3.large']);
    const byCost = await create(1, ranked, withOptions({ AllocationStrategy: 'lowest-price' }));
    assert.deepEqual(byCost.launched, ['1 t3.nano']);
  });

  test('the next one for what the first cannot give; the answer says why', async () => {
    const lost = { InstanceType: 't3.nano', ImageId: 'ami-0123456789abcdef0' };
    const { launched, errors } = await create(1, [lost, ...types('t3.micro')]);
    assert.deepEqual(launched, ['1 t3.micro']);
    assert.deepEqual(errors, ['t3.nano InvalidAMIID.NotFound']);
    const none = await create(1, [lost]);
    assert.deepEqual([none.launched, none.errors], [[], ['t3.nano InvalidAMIID.NotFound']]);
    const again = await describeFleets.run({ FleetIds: [none.FleetId] }, context);
    assert.equal(again.Fleets?.[0]?.Errors?.[0]?.ErrorCode, 'InvalidAMIID.NotFound');
    assert.equal(again.Fleets?.[0]?.FulfilledCapacity, 0);
  });

  test('what Imago never does is refused at once', async () => {
    const store = { DeviceName: '/dev/sdf', VirtualName: 'ephemeral0' };
    await assert.rejects(create(1, [{ BlockDeviceMappings: [store] }]), {
      code: 'UnsupportedOperation',
    });
  });

  test('a host that has room for some launches those, of several types too', async () => {
    context.site = { ...context.site, simulated: false };
    context.measures = { ...context.measures, memoryMiB: 8192 };
    const few = await create(100, types('t3.medium', 't3.small'));
    const [first = '', second = ''] = few.launched;
    assert.match(first, /t3.small$/);
    assert.equal(second, '');
    assert.deepEqual(few.errors, [
      't3.small InsufficientInstanceCapacity',
      't3.medium InsufficientInstanceCapacity',
    ]);
    assert.equal((await rows()).length, Number.parseInt(first, 10));
    const half = [{ InstanceType: 't3.nano', WeightedCapacity: 0.1 }];
    assert.match((await create(1, half)).launched[0] ?? '', /^\d t3.nano$/);
  });

  test('one type for all, and none where the least is not reached', async () => {
    context.site = { ...context.site, simulated: false };
    context.measures = { ...context.measures, memoryMiB: 8192 };
    const options = { SingleInstanceType: true, AllocationStrategy: 'prioritized' };
    const pools = [
      { InstanceType: 't3.large', Priority: 1 },
      { InstanceType: 't3.nano', Priority: 2 },
    ];
    const none = await create(3, pools, withOptions({ ...options, MinTargetCapacity: 3 }));
    assert.deepEqual(none.launched, ['3 t3.nano']);
    assert.ok(none.errors.length > 0);
    assert.deepEqual(new Set((await rows()).map((row) => row.instanceType)), new Set(['t3.nano']));
    const large = types('t3.large');
    const least = await create(3, large, withOptions({ ...options, MinTargetCapacity: 3 }));
    assert.deepEqual(least.launched, []);
    assert.equal((await rows()).length, 3);
  });

  test('one zone for all', async () => {
    context.site = { ...context.site, zones: 2 };
    await ensureDefaultNetworks(context.catalog, [context.caller.account], context);
    const lost = { ImageId: 'ami-0123456789abcdef0', AvailabilityZone: 'us-east-1a' };
    const pools = [lost, { AvailabilityZoneId: 'use1-az2' }];
    const single = withOptions({ SingleAvailabilityZone: true });
    const { Instances } = await createFleet.run(fleetRequest(template, 2, pools, single), context);
    assert.deepEqual(
      Instances?.map((each) => [each.AvailabilityZone, each.InstanceIds?.length]),
      [['us-east-1b', 2]],
    );
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  CreateFleetRequest,
  FleetLaunchTemplateOverridesRequest as Override,
  RequestLaunchTemplateData,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { fleetRequest, instanceRows, makeFleet, types, withOptions } from '../../test-fleets.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { moveInstance } from '../../test-instances.ts';
import { addVersion, makeTemplate } from '../../test-launch-templates.ts';
import { createKeyPair } from '../key-pairs/CreateKeyPair.ts';
import { describeTags } from '../tags/DescribeTags.ts';
import { createFleet } from './CreateFleet.ts';
import { deleteFleets } from './DeleteFleets.ts';
import { describeFleets } from './DescribeFleets.ts';

let context: TestContext;
let image: ImageRow;
let template: string;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
  template = await makeTemplate(context, { ImageId: image.id, InstanceType: 't3.nano' });
});
afterEach(() => context[Symbol.asyncDispose]());

const create = (
  units: number,
  overrides: Override[] = [],
  more: Partial<CreateFleetRequest> = {},
) => makeFleet(context, template, units, overrides, more);
const rows = () => instanceRows(context);
async function only(): Promise<InstanceRow> {
  const [row, ...others] = await rows();
  assert.ok(row);
  assert.equal(others.length, 0);
  return row;
}

describe('CreateFleet', () => {
  test('launches its capacity from the version of the template', async () => {
    const { FleetId, launched, errors } = await create(3);
    assert.match(FleetId, /^fleet-[0-9a-f-]{36}$/);
    assert.deepEqual([launched, errors], [['3 t3.nano'], []]);
    const instances = await rows();
    assert.equal(instances.length, 3);
    for (const { tags, state } of instances) {
      assert.equal(state, 'pending');
      assert.equal(tags['aws:ec2:fleet-id'], FleetId);
      assert.equal(tags['aws:ec2launchtemplate:id'], template);
    }
    await addVersion(context, template, { ImageId: image.id, InstanceType: 't3.small' });
    assert.deepEqual((await create(1)).launched, ['1 t3.small']);
  });

  test('answers where each launch went', async () => {
    const { Instances } = await createFleet.run(
      fleetRequest(template, 1, types('t3.micro')),
      context,
    );
    const row = await only();
    assert.deepEqual(Instances, [
      {
        InstanceIds: [row.id],
        InstanceType: 't3.micro',
        Lifecycle: 'on-demand',
        AvailabilityZone: 'us-east-1a',
        AvailabilityZoneId: 'use1-az1',
        SubnetId: row.subnetId,
        LaunchTemplateAndOverrides: {
          LaunchTemplateSpecification: {
            LaunchTemplateId: template,
            LaunchTemplateName: 'web',
            Version: '1',
          },
          Overrides: { InstanceType: 't3.micro' },
        },
      },
    ]);
  });

  test('overrides go over the template', async () => {
    const other = await insertImage(context);
    await createKeyPair.run({ KeyName: 'mine' }, context);
    const UserData = Buffer.from('fleet').toString('base64');
    const [config] = fleetRequest(template, 1).LaunchTemplateConfigs;
    const LaunchTemplateSpecification = {
      ...config?.LaunchTemplateSpecification,
      LaunchTemplateSpecificationUserData: UserData,
    };
    const override = {
      ImageId: other.id,
      KeyName: 'mine',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 11 } }],
      MetadataOptions: { HttpTokens: 'required' },
    };
    await create(1, [], {
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification, Overrides: [override] }],
    });
    const row = await only();
    assert.equal(row.imageId, other.id);
    assert.equal(row.keyName, 'mine');
    assert.equal(row.userData, UserData);
    assert.equal(row.metadataOptions.httpTokens, 'required');
    const [volume] = await context.catalog.read(({ volumes }) => volumes.list());
    assert.equal(volume?.sizeGiB, 11);
  });

  test('a subnet goes into the interface that the template has', async () => {
    const [subnet] = await context.catalog.read(({ subnets }) =>
      subnets.list({ where: { account: context.caller.account, region: 'us-east-1' } }),
    );
    const data: RequestLaunchTemplateData = {
      ImageId: image.id,
      NetworkInterfaces: [{ DeviceIndex: 0, Description: 'template' }],
    };
    await addVersion(context, template, data);
    await create(1, [{ SubnetId: subnet?.id }]);
    const row = await only();
    assert.equal(row.subnetId, subnet?.id);
    assert.equal(row.networkInterfaceDescription, 'template');
  });

  test('tags are the fleet’s, the instances’ and their parts’', async () => {
    const Tags = [{ Key: 'team', Value: 'web' }];
    const kinds = ['fleet', 'instance', 'volume', 'network-interface'];
    const TagSpecifications = kinds.map((ResourceType) => ({ ResourceType, Tags }));
    const { FleetId } = await create(1, [], { TagSpecifications });
    const row = await only();
    assert.equal(row.tags.team, 'web');
    assert.deepEqual(row.networkInterfaceTags, { team: 'web' });
    const found = await describeTags.run({ Filters: [{ Name: 'key', Values: ['team'] }] }, context);
    const kept = found.Tags?.map(({ ResourceType }) => ResourceType).sort();
    assert.deepEqual(kept, ['fleet', 'instance', 'network-interface', 'volume']);
    assert.equal(found.Tags?.find((tag) => tag.ResourceType === 'fleet')?.ResourceId, FleetId);
    const wrong = { TagSpecifications: [{ ResourceType: 'vpc', Tags }] };
    await assert.rejects(create(1, [], wrong), { code: 'InvalidParameterValue' });
  });

  test('its client token launches once', async () => {
    const first = await create(2, [], { ClientToken: 'once' });
    assert.deepEqual(await create(2, [], { ClientToken: 'once' }), first);
    assert.equal((await rows()).length, 2);
    await assert.rejects(create(3, [], { ClientToken: 'once' }), {
      code: 'IdempotentParameterMismatch',
    });
  });

  test('an instant fleet of instances on demand, and no other', async () => {
    const capacity = (more: object) => ({
      TargetCapacitySpecification: { TotalTargetCapacity: 2, ...more },
    });
    const refused: [Partial<CreateFleetRequest>, code: string][] = [
      [{ Type: undefined }, 'UnsupportedOperation'],
      [capacity({}), 'UnsupportedOperation'],
      [capacity({ OnDemandTargetCapacity: 1 }), 'UnsupportedOperation'],
      [capacity({ OnDemandTargetCapacity: 3 }), 'InvalidParameterValue'],
      [{ LaunchTemplateConfigs: [] }, 'MissingParameter'],
      [withOptions({ MinTargetCapacity: 1 }), 'InvalidParameterCombination'],
      [withOptions({ MinTargetCapacity: 3, SingleInstanceType: true }), 'InvalidParameterValue'],
      [withOptions({ AllocationStrategy: 'random' }), 'InvalidParameterValue'],
    ];
    for (const [more, code] of refused) await assert.rejects(create(2, [], more), { code });
    for (const count of [0, 1001]) {
      await assert.rejects(create(count), { code: 'InvalidParameterValue' });
    }
    await assert.rejects(create(1, [{ WeightedCapacity: 0 }]), { code: 'InvalidParameterValue' });
    const many = Array.from({ length: 301 }, () => ({}));
    await assert.rejects(create(1, many), { code: 'InvalidParameterValue' });
    assert.deepEqual((await create(2, [], capacity({ OnDemandTargetCapacity: 2 }))).launched, [
      '2 t3.nano',
    ]);
  });

  test('of templates and versions that are there', async () => {
    const refused: [LaunchTemplateSpecification: object, code: string][] = [
      [
        { LaunchTemplateId: 'lt-0123456789abcdef0', Version: '1' },
        'InvalidLaunchTemplateId.NotFound',
      ],
      [{ LaunchTemplateId: template, Version: '9' }, 'InvalidLaunchTemplateId.VersionNotFound'],
      [{ LaunchTemplateId: template }, 'MissingParameter'],
      [{}, 'MissingParameter'],
    ];
    for (const [LaunchTemplateSpecification, code] of refused) {
      const LaunchTemplateConfigs = [{ LaunchTemplateSpecification }];
      await assert.rejects(create(1, [], { LaunchTemplateConfigs }), { code });
    }
  });
});

describe('DescribeFleets', () => {
  test('tells of fleets that are asked for', async () => {
    const { FleetId, ids } = await create(2, types('t3.micro'), { ClientToken: 'token' });
    assert.deepEqual((await describeFleets.run({}, context)).Fleets, []);
    const { Fleets } = await describeFleets.run({ FleetIds: [FleetId] }, context);
    const [fleet] = Fleets ?? [];
    assert.equal(fleet?.Type, 'instant');
    assert.equal(fleet?.FleetState, 'active');
    assert.equal(fleet?.ClientToken, 'token');
    assert.equal(fleet?.FulfilledOnDemandCapacity, 2);
    assert.equal(fleet?.TargetCapacitySpecification?.TotalTargetCapacity, 2);
    assert.deepEqual(fleet?.LaunchTemplateConfigs?.[0]?.Overrides, types('t3.micro'));
    assert.deepEqual(fleet?.Instances?.[0]?.InstanceIds, ids);
    const where = async (Name: string, value: string) => {
      const Filters = [{ Name, Values: [value] }];
      return (await describeFleets.run({ FleetIds: [FleetId], Filters }, context)).Fleets?.length;
    };
    assert.equal(await where('type', 'instant'), 1);
    assert.equal(await where('type', 'maintain'), 0);
    assert.equal(await where('fleet-state', 'active'), 1);
    assert.equal(await where('activity-status', 'fulfilled'), 1);
  });

  test('in pages, of one’s own', async () => {
    const FleetIds = [(await create(1)).FleetId, (await create(1)).FleetId];
    const first = await describeFleets.run({ FleetIds, MaxResults: 1 }, context);
    assert.equal(first.Fleets?.length, 1);
    const { NextToken } = first;
    const last = await describeFleets.run({ FleetIds, MaxResults: 1, NextToken }, context);
    assert.notEqual(last.Fleets?.[0]?.FleetId, first.Fleets?.[0]?.FleetId);
    assert.equal(last.NextToken, undefined);
    const other = await context.asNewAccount();
    await assert.rejects(describeFleets.run({ FleetIds }, other), {
      code: 'InvalidFleetId.NotFound',
    });
    await assert.rejects(describeFleets.run({ FleetIds: ['fleet-1'] }, context), {
      code: 'InvalidFleetId.Malformed',
    });
  });
});

test('DeleteFleets terminates the instances of fleets, each fleet by itself', async () => {
  const { FleetId, ids } = await create(2);
  const missing = 'fleet-00000000-0000-4000-8000-0123456789ab';
  const remove = (TerminateInstances: boolean) =>
    deleteFleets.run({ FleetIds: [FleetId, missing], TerminateInstances }, context);
  const kept = await remove(false);
  assert.deepEqual(kept.SuccessfulFleetDeletions, []);
  assert.deepEqual(
    kept.UnsuccessfulFleetDeletions?.map((each) => each.Error?.Code),
    ['fleetIdDoesNotExist', 'fleetNotInDeletableState'],
  );
  await moveInstance(context, ids[0] ?? '', { disableApiTermination: true });
  const guarded = await remove(true);
  assert.equal(guarded.UnsuccessfulFleetDeletions?.[1]?.Error?.Code, 'fleetNotInDeletableState');
  assert.deepEqual(new Set((await rows()).map(({ state }) => state)), new Set(['pending']));
  await moveInstance(context, ids[0] ?? '', { disableApiTermination: undefined });
  const { SuccessfulFleetDeletions: deleted } = await remove(true);
  assert.deepEqual(
    deleted?.map((each) => [each.FleetId, each.CurrentFleetState]),
    [[FleetId, 'deleted_terminating']],
  );
  for (const row of await rows()) {
    assert.ok(ids.includes(row.id));
    assert.match(row.state, /shutting-down|terminated/);
  }
  await assert.rejects(describeFleets.run({ FleetIds: [FleetId] }, context), {
    code: 'InvalidFleetId.NotFound',
  });
  const many = Array.from({ length: 26 }, () => missing);
  await assert.rejects(deleteFleets.run({ FleetIds: many, TerminateInstances: true }, context), {
    code: 'InvalidParameterValue',
  });
});

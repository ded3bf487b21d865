import { makeFleet } from '../../../server/operations/test-fleets.ts';
import { makeTemplate } from '../../../server/operations/test-launch-templates.ts';
import type { AuthorisationTable, Naming } from '../table.ts';

const capacity = {
  TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' },
};
const version = { LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { Version: '1' } }] };
const specification = 'LaunchTemplateConfigs.LaunchTemplateSpecification';

/** A fleet is made whatever becomes of its launches: its answer says that, in the same words. */
const overrides: Naming[] = (
  [
    ['ImageId', 'image'],
    ['KeyName', 'keyName'],
    ['SubnetId', 'subnet'],
    ['BlockDeviceMappings.Ebs.KmsKeyId', 'kmsKey'],
    ['BlockDeviceMappings.Ebs.SnapshotId', 'snapshot'],
  ] as const
).map(([path, noun]) => ({
  path: `LaunchTemplateConfigs.Overrides.${path}`,
  noun,
  unseen: 'ok',
  seen: 'ok',
  with: path.startsWith('Block')
    ? {
        LaunchTemplateConfigs: [
          { Overrides: [{ BlockDeviceMappings: [{ DeviceName: '/dev/sdf' }] }] },
        ],
      }
    : undefined,
}));

export const table: AuthorisationTable = {
  nouns: {
    fleet: {
      async make(context) {
        const LaunchTemplateName = context.ids.resource('template-of-fleet');
        const template = await makeTemplate(context, {}, { LaunchTemplateName });
        return (await makeFleet(context, template, 1)).FleetId;
      },
      missing: 'fleet-00000000-0000-4000-8000-0fedcba98765',
      unseen: 'InvalidFleetId.NotFound',
    },
  },
  actions: {
    'ec2.CreateFleet': {
      with: { Type: 'instant', ...capacity, ...version },
      needs: { [`${specification}.LaunchTemplateId`]: 'launchTemplate' },
      names: [
        { path: `${specification}.LaunchTemplateId`, noun: 'launchTemplate' },
        {
          path: `${specification}.LaunchTemplateName`,
          noun: 'templateName',
          without: `${specification}.LaunchTemplateId`,
        },
        ...overrides,
      ],
    },
    'ec2.DeleteFleets': {
      with: { TerminateInstances: true },
      names: [{ path: 'FleetIds', noun: 'fleet', unseen: 'ok' }],
    },
    'ec2.DescribeFleets': { names: [{ path: 'FleetIds', noun: 'fleet' }] },
  },
};

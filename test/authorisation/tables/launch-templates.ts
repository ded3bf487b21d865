import type { OperationContext } from '../../../server/operations/operation.ts';
import { makeTemplate } from '../../../server/operations/test-launch-templates.ts';
import { type Action, type AuthorisationTable, byOne, type Naming } from '../table.ts';

const nameOf = (context: OperationContext) => context.ids.resource('template-of-matrix');

const byTemplate = (more: Partial<Naming> = {}): Naming[] => [
  { path: 'LaunchTemplateId', noun: 'launchTemplate', ...more },
  { path: 'LaunchTemplateName', noun: 'templateName', without: 'LaunchTemplateId', ...more },
];

/** Of what a template names nothing has to be there: a warning says what is not seen. */
const unchecked: Naming[] = (
  [
    ['ImageId', 'image'],
    ['KeyName', 'keyName'],
    ['SecurityGroupIds', 'securityGroup'],
    ['SecurityGroups', 'groupName'],
    ['BlockDeviceMappings.Ebs.KmsKeyId', 'kmsKey'],
    ['BlockDeviceMappings.Ebs.SnapshotId', 'snapshot'],
    ['NetworkInterfaces.Groups', 'securityGroup'],
    ['NetworkInterfaces.SubnetId', 'subnet'],
  ] as const
).map(([path, noun]) => ({
  path: `LaunchTemplateData.${path}`,
  noun,
  unseen: 'ok',
  seen: 'ok',
  ...(path.startsWith('Block') && {
    with: { LaunchTemplateData: { BlockDeviceMappings: [{ DeviceName: '/dev/sdf' }] } },
  }),
}));

const ofOne = (more: object): Action => ({ with: more, names: byTemplate() });

export const table: AuthorisationTable = {
  nouns: {
    launchTemplate: {
      make: (context) => makeTemplate(context, {}, { LaunchTemplateName: nameOf(context) }),
      missing: 'lt-0fedcba9876543210',
      unseen: 'InvalidLaunchTemplateId.NotFound',
    },
    templateName: {
      async make(context) {
        const LaunchTemplateName = nameOf(context);
        await makeTemplate(context, {}, { LaunchTemplateName });
        return LaunchTemplateName;
      },
      missing: 'a-template-of-nobody',
      unseen: 'InvalidLaunchTemplateName.NotFoundException',
    },
  },
  actions: {
    'ec2.CreateLaunchTemplate': {
      with: { LaunchTemplateName: 'new', LaunchTemplateData: {} },
      plain: ['LaunchTemplateName'],
      names: unchecked,
    },
    'ec2.CreateLaunchTemplateVersion': {
      with: { LaunchTemplateData: {} },
      needs: { LaunchTemplateId: 'launchTemplate' },
      names: [...byTemplate(), ...unchecked],
    },
    'ec2.DeleteLaunchTemplate': ofOne({}),
    'ec2.DeleteLaunchTemplateVersions': ofOne({ Versions: ['7'] }),
    'ec2.DescribeLaunchTemplates': {
      names: [
        { path: 'LaunchTemplateIds', noun: 'launchTemplate' },
        { path: 'LaunchTemplateNames', noun: 'templateName' },
      ],
    },
    'ec2.DescribeLaunchTemplateVersions': ofOne({ Versions: ['$Latest'] }),
    'ec2.GetLaunchTemplateData': byOne('InstanceId', 'instance'),
    'ec2.ModifyLaunchTemplate': ofOne({ DefaultVersion: '1' }),
  },
};

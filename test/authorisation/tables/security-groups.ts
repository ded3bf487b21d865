import type { OperationContext } from '../../../server/operations/operation.ts';
import { securityGroupCalls } from '../../../server/operations/test-security-groups.ts';
import { type Action, type AuthorisationTable, byOne, type Naming } from '../table.ts';

const calls = (context: OperationContext) => securityGroupCalls(() => context);
const nameOf = (context: OperationContext) => context.ids.resource('group-of-matrix');

const tcp = { IpProtocol: 'tcp', FromPort: 7, ToPort: 7 };
const traffic = { IpPermissions: [tcp] };
/** No group has that yet. */
const unheardOf = { IpPermissions: [{ ...tcp, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }] };
const toTen = { ...tcp, CidrIpv4: '10.0.0.0/8' };
const noRule = { SecurityGroupRuleId: 'sgr-0fedcba9876543210' };
/** Every group lets that out. */
const everything = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'all' }] };

const needsGroup: Action = { needs: { GroupId: 'securityGroup' } };
const byGroup = (more: Partial<Naming> = {}): Naming => ({
  path: 'GroupId',
  noun: 'securityGroup',
  ...more,
});
const byName = (more: Partial<Naming> = {}): Naming => ({
  path: 'GroupName',
  noun: 'groupName',
  without: 'GroupId',
  ...more,
});
/** Groups that traffic comes from or goes to: of the same VPC, so that others’ are unknown. */
const peers = (more: Partial<Naming> = {}): Naming[] => [
  {
    path: 'IpPermissions.UserIdGroupPairs.GroupId',
    noun: 'securityGroup',
    with: traffic,
    ...more,
  },
  {
    path: 'IpPermissions.UserIdGroupPairs.GroupName',
    noun: 'groupName',
    with: traffic,
    ...more,
  },
];
const notThere: Partial<Naming> = { owner: 'InvalidPermission.NotFound' };
/** Of another group, even if it is one's own. */
const ruleOf = (path: string, more: Partial<Naming> = {}): Naming => ({
  path,
  noun: 'securityGroupRule',
  owner: 'InvalidSecurityGroupRuleId.NotFound',
  ...more,
});
const plain = ['IpPermissions.UserIdGroupPairs.VpcId'];

export const table: AuthorisationTable = {
  nouns: {
    securityGroup: {
      make: (context) => calls(context).create(nameOf(context)),
      missing: 'sg-0fedcba9876543210',
      unseen: 'InvalidGroup.NotFound',
    },
    groupName: {
      async make(context) {
        const name = nameOf(context);
        await calls(context).create(name);
        return name;
      },
      missing: 'a-group-of-nobody',
      unseen: 'InvalidGroup.NotFound',
    },
    securityGroupRule: {
      async make(context) {
        const { create, rules } = calls(context);
        const [rule] = await rules(await create(nameOf(context)));
        return rule?.SecurityGroupRuleId ?? '';
      },
      missing: 'sgr-0fedcba9876543210',
      unseen: 'InvalidSecurityGroupRuleId.NotFound',
    },
  },
  actions: {
    'ec2.CreateSecurityGroup': {
      with: { GroupName: 'new', Description: 'new' },
      plain: ['GroupName'],
      names: [{ path: 'VpcId', noun: 'vpc' }],
    },
    'ec2.DeleteSecurityGroup': { names: [byGroup(), byName()] },
    'ec2.DescribeSecurityGroupRules': byOne('SecurityGroupRuleIds', 'securityGroupRule'),
    'ec2.DescribeSecurityGroupReferences': byOne('GroupId', 'securityGroup'),
    'ec2.DescribeSecurityGroups': byOne('GroupIds', 'securityGroup', {
      names: [{ path: 'GroupNames', noun: 'groupName' }],
    }),
    'ec2.AuthorizeSecurityGroupEgress': {
      ...needsGroup,
      plain,
      names: [byGroup({ with: unheardOf }), ...peers()],
    },
    'ec2.AuthorizeSecurityGroupIngress': {
      ...needsGroup,
      plain,
      names: [
        byGroup({ with: unheardOf }),
        byName({ with: unheardOf }),
        { path: 'SourceSecurityGroupName', noun: 'groupName' },
        ...peers(),
      ],
    },
    'ec2.ModifySecurityGroupRules': {
      ...needsGroup,
      names: [
        byGroup({
          with: { SecurityGroupRules: [{ ...noRule, SecurityGroupRule: toTen }] },
          owner: 'InvalidSecurityGroupRuleId.NotFound',
        }),
        ruleOf('SecurityGroupRules.SecurityGroupRuleId', {
          with: { SecurityGroupRules: [{ SecurityGroupRule: toTen }] },
        }),
        {
          path: 'SecurityGroupRules.SecurityGroupRule.ReferencedGroupId',
          noun: 'securityGroup',
          with: { SecurityGroupRules: [{ ...noRule, SecurityGroupRule: tcp }] },
          owner: 'InvalidSecurityGroupRuleId.NotFound',
        },
      ],
    },
    'ec2.RevokeSecurityGroupEgress': {
      ...needsGroup,
      plain,
      names: [
        byGroup({ with: { IpPermissions: [everything] } }),
        ruleOf('SecurityGroupRuleIds'),
        ...peers(),
      ],
    },
    'ec2.RevokeSecurityGroupIngress': {
      ...needsGroup,
      plain,
      names: [
        byGroup({ with: unheardOf }),
        byName({ with: unheardOf }),
        ruleOf('SecurityGroupRuleIds'),
        { path: 'SourceSecurityGroupName', noun: 'groupName' },
        ...peers(),
      ],
    },
    'ec2.UpdateSecurityGroupRuleDescriptionsEgress': {
      ...needsGroup,
      plain,
      names: [
        byGroup({ with: { IpPermissions: [everything] } }),
        byName({ with: { IpPermissions: [everything] } }),
        ruleOf('SecurityGroupRuleDescriptions.SecurityGroupRuleId'),
        ...peers(notThere),
      ],
    },
    'ec2.UpdateSecurityGroupRuleDescriptionsIngress': {
      ...needsGroup,
      plain,
      names: [
        byGroup({ with: unheardOf, ...notThere }),
        byName({ with: unheardOf, ...notThere }),
        ruleOf('SecurityGroupRuleDescriptions.SecurityGroupRuleId'),
        ...peers(notThere),
      ],
    },
  },
};

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SecurityGroupRuleRequest } from '../../../../api/generated/ec2-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { permission, securityGroupCalls } from '../../test-security-groups.ts';
import { describeSecurityGroupRules } from './DescribeSecurityGroupRules.ts';
import { modifySecurityGroupRules } from './ModifySecurityGroupRules.ts';
import { revokeSecurityGroupEgress } from './RevokeSecurityGroupEgress.ts';
import { revokeSecurityGroupIngress } from './RevokeSecurityGroupIngress.ts';
import { updateSecurityGroupRuleDescriptionsEgress } from './UpdateSecurityGroupRuleDescriptionsEgress.ts';
import { updateSecurityGroupRuleDescriptionsIngress } from './UpdateSecurityGroupRuleDescriptionsIngress.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const { create, authorize, authorizeOut, groups, rules } = securityGroupCalls(() => context);
const revoke = (input: Parameters<typeof revokeSecurityGroupIngress.run>[0]) =>
  revokeSecurityGroupIngress.run(input, context);
const anywhere = '0.0.0.0/0';
const ssh = permission('tcp', 22, 22, anywhere);
const web = permission('tcp', 80, 80, anywhere);

async function openGroup() {
  const GroupId = await create('web');
  const made = await authorize({ GroupId, IpPermissions: [ssh, web] });
  const ids = made.SecurityGroupRules?.map((rule) => rule.SecurityGroupRuleId ?? '') ?? [];
  return { GroupId, ids, ssh: ids[0] ?? '', web: ids[1] ?? '' };
}

describe('RevokeSecurityGroupIngress', () => {
  test('by properties; what matches nothing is told', async () => {
    const { GroupId, ids } = await openGroup();
    const other = permission('tcp', 22, 23, anywhere);
    const result = await revoke({ GroupId, IpPermissions: [ssh, other] });
    assert.deepEqual(
      result.RevokedSecurityGroupRules?.map((rule) => rule.SecurityGroupRuleId),
      [ids[0]],
    );
    assert.deepEqual(
      result.UnknownIpPermissions?.map((each) => each.ToPort),
      [23],
    );
    assert.deepEqual(
      (await rules(GroupId, 'ingress')).map(({ FromPort }) => FromPort),
      [80],
    );
  });

  test('in the flat form, by the group’s name', async () => {
    const { GroupId } = await openGroup();
    const flat = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: anywhere };
    await revoke({ GroupName: 'web', ...flat });
    assert.deepEqual(
      (await rules(GroupId, 'ingress')).map(({ FromPort }) => FromPort),
      [22],
    );
  });

  test('by rule ids; one that is not there, or leads out, refuses all', async () => {
    const { GroupId, ids } = await openGroup();
    const [out] = await rules(GroupId, 'egress');
    const code = 'InvalidSecurityGroupRuleId.NotFound';
    for (const unknown of ['sgr-0123456789abcdef0', out?.SecurityGroupRuleId ?? '']) {
      await assert.rejects(revoke({ GroupId, SecurityGroupRuleIds: [...ids, unknown] }), { code });
    }
    const other = await create('other');
    await assert.rejects(revoke({ GroupId: other, SecurityGroupRuleIds: ids }), { code });
    await assert.rejects(revoke({ GroupId, SecurityGroupRuleIds: ['22'] }), {
      code: 'InvalidSecurityGroupRuleId.Malformed',
    });
    await assert.rejects(revoke({ GroupId, SecurityGroupRuleIds: ids, CidrIp: '1.2.3.4/5' }), {
      code: 'InvalidParameterCombination',
    });
    assert.equal((await rules(GroupId, 'ingress')).length, 2);
    await revoke({ GroupId, SecurityGroupRuleIds: ids });
    assert.deepEqual(await rules(GroupId, 'ingress'), []);
  });
});

test('egress: a new group lets everything out until that is revoked', async () => {
  const GroupId = await create('web');
  const all = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: anywhere }] }];
  const { RevokedSecurityGroupRules: [gone] = [] } = await revokeSecurityGroupEgress.run(
    { GroupId, IpPermissions: all },
    context,
  );
  assert.equal(gone?.IsEgress, true);
  assert.deepEqual((await groups({ GroupIds: [GroupId] }))[0]?.IpPermissionsEgress, []);
  const { SecurityGroupRules: [made] = [] } = await authorizeOut({
    GroupId,
    IpPermissions: [permission('tcp', 443, 443, anywhere)],
  });
  assert.equal(made?.IsEgress, true);
  const shown = (await groups({ GroupIds: [GroupId] }))[0]?.IpPermissionsEgress;
  assert.deepEqual(
    shown?.map(({ FromPort }) => FromPort),
    [443],
  );
  const SecurityGroupRuleIds = [made?.SecurityGroupRuleId ?? ''];
  await revokeSecurityGroupEgress.run({ GroupId, SecurityGroupRuleIds }, context);
  assert.deepEqual(await rules(GroupId), []);
});

describe('ModifySecurityGroupRules', () => {
  const modify = (GroupId: string, id: string, rule: SecurityGroupRuleRequest) =>
    modifySecurityGroupRules.run(
      { GroupId, SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule: rule }] },
      context,
    );
  const tcp = { IpProtocol: 'tcp', FromPort: 2222, ToPort: 2222 };

  test('puts another rule in its place, under its id', async () => {
    const { GroupId, ssh: id } = await openGroup();
    const shown = async () =>
      (await rules(GroupId, 'ingress')).find((rule) => rule.SecurityGroupRuleId === id);
    await modify(GroupId, id, { ...tcp, CidrIpv4: '10.0.0.7/8', Description: 'ours' });
    assert.deepEqual(
      [(await shown())?.FromPort, (await shown())?.CidrIpv4, (await shown())?.Description],
      [2222, '10.0.0.0/8', 'ours'],
    );
    await modify(GroupId, id, { IpProtocol: '-1', ReferencedGroupId: GroupId });
    assert.equal((await shown())?.ReferencedGroupInfo?.GroupId, GroupId);
    assert.equal((await shown())?.CidrIpv4, undefined);
    assert.equal((await shown())?.Description, undefined);
    await modify(GroupId, id, { ...tcp, CidrIpv6: '::/0' });
    assert.equal((await shown())?.CidrIpv6, '::/0');
    const [out] = await rules(GroupId, 'egress');
    await modify(GroupId, out?.SecurityGroupRuleId ?? '', { ...tcp, CidrIpv4: anywhere });
    assert.equal((await rules(GroupId, 'egress'))[0]?.FromPort, 2222);
  });

  test('refuses what would be there twice, has no one peer, or is unknown', async () => {
    const { GroupId, ssh: id } = await openGroup();
    const code = (rule: SecurityGroupRuleRequest, ruleId = id) =>
      modify(GroupId, ruleId, rule).then(
        () => 'none',
        (error) => error.code,
      );
    const other = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIpv4: anywhere };
    assert.equal(await code(other), 'InvalidPermission.Duplicate');
    assert.equal(await code(tcp), 'InvalidParameterCombination');
    const two = { ...tcp, CidrIpv4: anywhere, ReferencedGroupId: GroupId };
    assert.equal(await code(two), 'InvalidParameterCombination');
    assert.equal(
      await code({ ...tcp, PrefixListId: 'pl-00000000' }),
      'InvalidPrefixListID.NotFound',
    );
    const good = { ...tcp, CidrIpv4: anywhere };
    const unknown = 'InvalidSecurityGroupRuleId.NotFound';
    assert.equal(await code(good, 'sgr-0123456789abcdef0'), unknown);
    const twice = { SecurityGroupRuleId: id, SecurityGroupRule: good };
    await assert.rejects(
      modifySecurityGroupRules.run({ GroupId, SecurityGroupRules: [twice, twice] }, context),
      { code: 'InvalidParameterValue' },
    );
    await assert.rejects(
      modifySecurityGroupRules.run({ GroupId, SecurityGroupRules: [] }, context),
      {
        code: 'MissingParameter',
      },
    );
    assert.equal(
      (await rules(GroupId, 'ingress')).every(({ FromPort }) => FromPort !== 2222),
      true,
    );
  });
});

describe('UpdateSecurityGroupRuleDescriptions', () => {
  test('by properties and by ids, in both directions; an empty one takes it away', async () => {
    const { GroupId, ids } = await openGroup();
    const described = async () => (await rules(GroupId)).map(({ Description }) => Description);
    const ranges = [{ CidrIp: anywhere, Description: 'in' }];
    await updateSecurityGroupRuleDescriptionsIngress.run(
      { GroupName: 'web', IpPermissions: [{ ...permission('tcp', 22, 22), IpRanges: ranges }] },
      context,
    );
    const outward = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: anywhere, Description: 'out' }] }];
    await updateSecurityGroupRuleDescriptionsEgress.run(
      { GroupId, IpPermissions: outward },
      context,
    );
    assert.deepEqual((await described()).sort(), ['in', 'out', undefined]);
    const byId = ids.map((SecurityGroupRuleId, index) => ({
      SecurityGroupRuleId,
      Description: index === 0 ? '' : 'web',
    }));
    await updateSecurityGroupRuleDescriptionsIngress.run(
      { GroupId, SecurityGroupRuleDescriptions: byId },
      context,
    );
    assert.deepEqual((await described()).sort(), ['out', 'web', undefined]);
  });

  test('of what is not there', async () => {
    const { GroupId, ids } = await openGroup();
    const code = (input: object) =>
      updateSecurityGroupRuleDescriptionsEgress.run({ GroupId, ...input }, context).then(
        () => 'none',
        (error) => error.code,
      );
    assert.equal(await code({ IpPermissions: [ssh] }), 'InvalidPermission.NotFound');
    const byId = [{ SecurityGroupRuleId: ids[0], Description: 'x' }];
    const unknown = 'InvalidSecurityGroupRuleId.NotFound';
    assert.equal(await code({ SecurityGroupRuleDescriptions: byId }), unknown);
    assert.equal(await code({}), 'MissingParameter');
    const both = { IpPermissions: [ssh], SecurityGroupRuleDescriptions: byId };
    assert.equal(await code(both), 'InvalidParameterCombination');
    const bad = [{ SecurityGroupRuleId: ids[0], Description: 'x'.repeat(256) }];
    assert.equal(await code({ SecurityGroupRuleDescriptions: bad }), 'InvalidParameterValue');
  });
});

test('DescribeSecurityGroupRules: by id, filtered, in pages, and no others’', async () => {
  const { GroupId, ids, ssh: id } = await openGroup();
  const describeRules = (
    input: Parameters<typeof describeSecurityGroupRules.run>[0],
    at = context,
  ) => describeSecurityGroupRules.run(input, at);
  const found = await describeRules({ SecurityGroupRuleIds: [id] });
  assert.deepEqual(found.SecurityGroupRules, [
    {
      SecurityGroupRuleId: id,
      GroupId,
      GroupOwnerId: context.caller.account,
      IsEgress: false,
      IpProtocol: 'tcp',
      FromPort: 22,
      ToPort: 22,
      CidrIpv4: anywhere,
      CidrIpv6: undefined,
      ReferencedGroupInfo: undefined,
      Description: undefined,
      SecurityGroupRuleArn: `arn:aws:ec2:us-east-1:${context.caller.account}:security-group-rule/${id}`,
      Tags: [],
    },
  ]);
  const filtered = async (Name: string, ...Values: string[]) =>
    (await describeRules({ Filters: [{ Name, Values }] })).SecurityGroupRules?.length;
  assert.equal(await filtered('group-id', GroupId), 3);
  assert.equal(await filtered('security-group-rule-id', ...ids), 2);
  assert.equal(await filtered('tag:a', 'b'), 0);
  await assert.rejects(filtered('cidr', anywhere), { code: 'InvalidParameterValue' });
  // Two of the default group, three of this one, and one more.
  await authorizeOut({ GroupId, IpPermissions: [ssh] });
  const first = await describeRules({ MaxResults: 5 });
  assert.equal(first.SecurityGroupRules?.length, 5);
  const rest = await describeRules({ NextToken: first.NextToken });
  assert.equal(rest.SecurityGroupRules?.length, 1);
  const stranger = { ...context, ...context.as({ account: '999999999999' }) };
  assert.deepEqual((await describeRules({}, stranger)).SecurityGroupRules, []);
  await assert.rejects(describeRules({ SecurityGroupRuleIds: [id] }, stranger), {
    code: 'InvalidSecurityGroupRuleId.NotFound',
  });
});

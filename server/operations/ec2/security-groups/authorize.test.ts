import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { IpPermission, TagSpecification } from '../../../../api/generated/ec2-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { permission, securityGroupCalls } from '../../test-security-groups.ts';
import { createTags } from '../tags/CreateTags.ts';
import { describeTags } from '../tags/DescribeTags.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const { create, authorize, authorizeOut, groups, rules, row } = securityGroupCalls(() => context);
const anywhere = '0.0.0.0/0';

describe('AuthorizeSecurityGroupIngress', () => {
  test('rules appear as they were meant, and their group is written', async () => {
    const GroupId = await create('web');
    const { version } = await row(GroupId);
    const permissions = [
      {
        ...permission('tcp', 22, 22),
        IpRanges: [{ CidrIp: anywhere, Description: 'from anywhere' }],
      },
      permission('17', 53, 54, '127.0.0.0/8', '10.0.0.1/24'),
    ];
    const { Return, SecurityGroupRules: made = [] } = await authorize({
      GroupId,
      IpPermissions: permissions,
    });
    assert.equal(Return, true);
    assert.deepEqual(
      made.map((rule) => [rule.IpProtocol, rule.FromPort, rule.ToPort, rule.CidrIpv4]),
      [
        ['tcp', 22, 22, anywhere],
        ['udp', 53, 54, '127.0.0.0/8'],
        ['udp', 53, 54, '10.0.0.0/24'],
      ],
    );
    assert.ok(made.every((rule) => rule.GroupId === GroupId && rule.IsEgress === false));
    assert.equal(made[0]?.Description, 'from anywhere');
    const [group] = await groups({ GroupIds: [GroupId] });
    assert.deepEqual(
      group?.IpPermissions?.map((each) => each.IpRanges?.map((range) => range.CidrIp)),
      [[anywhere], ['127.0.0.0/8', '10.0.0.0/24']],
    );
    assert.notEqual((await row(GroupId)).version, version, 'guests hear of groups');
  });

  test('every traffic that EC2 has words for, each in its one form', async () => {
    const GroupId = await create('web');
    const forms: [IpPermission, [string, number, number]][] = [
      [permission('tcp', 0, 65_535, anywhere), ['tcp', 0, 65_535]],
      [permission('6', 1, 65_535, anywhere), ['tcp', 1, 65_535]],
      [permission('UDP', 0, 0, anywhere), ['udp', 0, 0]],
      [permission('icmp', 8, 0, anywhere), ['icmp', 8, 0]],
      [permission('1', -1, -1, anywhere), ['icmp', -1, -1]],
      [permission('icmp', 3, -1, anywhere), ['icmp', 3, -1]],
      [{ IpProtocol: '58', Ipv6Ranges: [{ CidrIpv6: '::1/0' }] }, ['icmpv6', -1, -1]],
      [permission('-1', 80, 81, anywhere), ['-1', -1, -1]],
      [{ IpProtocol: '047', IpRanges: [{ CidrIp: anywhere }] }, ['47', -1, -1]],
    ];
    for (const [each, form] of forms) {
      const { SecurityGroupRules: [made] = [] } = await authorize({
        GroupId,
        IpPermissions: [each],
      });
      assert.deepEqual([made?.IpProtocol, made?.FromPort, made?.ToPort], form);
    }
    const [group] = await groups({ GroupIds: [GroupId] });
    const all = group?.IpPermissions?.find(({ IpProtocol }) => IpProtocol === '-1');
    assert.equal(all && 'FromPort' in all, false, 'no ports where all are meant');
    const ipv6 = group?.IpPermissions?.find(({ IpProtocol }) => IpProtocol === 'icmpv6');
    assert.deepEqual(ipv6?.Ipv6Ranges, [{ CidrIpv6: '::/0', Description: undefined }]);
  });

  test('the older, flat form, by the group’s name; a group as its source is three rules', async () => {
    const id = await create('web');
    const flat = { IpProtocol: 'tcp', FromPort: 80, ToPort: 81, CidrIp: anywhere };
    await authorize({ GroupName: 'web', ...flat });
    assert.equal((await rules(id, 'ingress')).length, 1);
    const db = await create('db');
    const { account } = context.caller;
    const source = { SourceSecurityGroupName: 'web', SourceSecurityGroupOwnerId: account };
    await authorize({ GroupId: db, ...source });
    const made = await rules(db, 'ingress');
    assert.deepEqual(
      made.map((rule) => [rule.IpProtocol, rule.FromPort, rule.ToPort]),
      [
        ['tcp', 0, 65_535],
        ['udp', 0, 65_535],
        ['icmp', -1, -1],
      ],
    );
    assert.ok(made.every((rule) => rule.ReferencedGroupInfo?.GroupId === id));
    const code = (input: object) => codeOf(authorize({ GroupId: db, ...input }));
    const both = { ...flat, IpPermissions: [permission('tcp', 1, 1, anywhere)] };
    assert.equal(await code(both), 'InvalidParameterCombination');
    assert.equal(await code({ ...source, CidrIp: anywhere }), 'InvalidParameterCombination');
    assert.equal(await code({ SourceSecurityGroupOwnerId: account }), 'MissingParameter');
    const stranger = { ...source, SourceSecurityGroupOwnerId: '999999999999' };
    assert.equal(await code(stranger), 'InvalidGroup.NotFound');
  });

  test('groups as sources: of the same VPC, by id or name, also as they are shown', async () => {
    const web = await create('web');
    const db = await create('db');
    const from = (pair: object) =>
      authorize({
        GroupId: db,
        IpPermissions: [
          { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [pair] },
        ],
      });
    await from({ GroupId: web, Description: 'web servers' });
    const [shown] = await groups({ GroupIds: [db] });
    const [pair] = shown?.IpPermissions?.[0]?.UserIdGroupPairs ?? [];
    const { account } = context.caller;
    assert.deepEqual(pair, { GroupId: web, UserId: account, Description: 'web servers' });
    assert.equal(await codeOf(from({ GroupName: 'web' })), 'InvalidPermission.Duplicate');
    const { vpcId: VpcId } = await row(web);
    const whole = { ...pair, GroupName: 'web', VpcId };
    assert.equal(await codeOf(from(whole)), 'InvalidPermission.Duplicate');
    await from({ GroupId: db });
    for (const stranger of [
      { GroupId: 'sg-0123456789abcdef0' },
      { GroupId: web, UserId: '999999999999' },
      { GroupId: web, VpcId: 'vpc-0123456789abcdef0' },
      { GroupName: 'nobody' },
    ]) {
      assert.equal(await codeOf(from(stranger)), 'InvalidGroup.NotFound');
    }
    const misnamed = { GroupId: web, GroupName: 'db' };
    assert.equal(await codeOf(from(misnamed)), 'InvalidParameterCombination');
    assert.equal(await codeOf(from({})), 'MissingParameter');
  });

  test('a rule that is there already is refused, and nothing is changed', async () => {
    const GroupId = await create('web');
    const ssh = permission('tcp', 22, 22, anywhere);
    await authorize({ GroupId, IpPermissions: [ssh] });
    const again = [permission('tcp', 80, 80, anywhere), permission('6', 22, 22, '1.2.3.4/0')];
    const web = permission('tcp', 80, 80, anywhere);
    for (const IpPermissions of [again, [web, web]]) {
      assert.equal(
        await codeOf(authorize({ GroupId, IpPermissions })),
        'InvalidPermission.Duplicate',
      );
    }
    assert.equal((await rules(GroupId, 'ingress')).length, 1);
  });

  test('what EC2 refuses', async () => {
    const GroupId = await create('web');
    const wrong: [IpPermission, string][] = [
      [permission('ftp', 1, 1, anywhere), 'InvalidParameterValue'],
      [permission('256', 1, 1, anywhere), 'InvalidParameterValue'],
      [permission('tcp', -1, -1, anywhere), 'InvalidParameterValue'],
      [permission('tcp', 2, 1, anywhere), 'InvalidParameterValue'],
      [permission('tcp', 1, 65_536, anywhere), 'InvalidParameterValue'],
      [permission('icmp', 256, 0, anywhere), 'InvalidParameterValue'],
      [permission('icmp', -1, 0, anywhere), 'InvalidParameterValue'],
      [permission('icmp', 8, -2, anywhere), 'InvalidParameterValue'],
      [permission('tcp', 1, 1), 'InvalidPermission.Malformed'],
      [permission('tcp', 1, 1, '0.0.0.0'), 'InvalidParameterValue'],
      [permission('tcp', 1, 1, '::/0'), 'InvalidParameterValue'],
      [{ IpProtocol: 'tcp', IpRanges: [{ CidrIp: anywhere }] }, 'InvalidParameterValue'],
      [{ IpProtocol: 'icmp', IpRanges: [{ CidrIp: anywhere }] }, 'InvalidParameterValue'],
      [{ IpRanges: [{ CidrIp: anywhere }] }, 'MissingParameter'],
      [{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: anywhere }] }, 'InvalidParameterValue'],
      [
        { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-63a5400a' }] },
        'InvalidPrefixListID.NotFound',
      ],
      [
        { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'x' }] },
        'InvalidPrefixListId.Malformed',
      ],
      [
        { IpProtocol: '-1', IpRanges: [{ CidrIp: anywhere, Description: 'ü' }] },
        'InvalidParameterValue',
      ],
    ];
    for (const [each, code] of wrong) {
      const request = authorize({ GroupId, IpPermissions: [each] });
      assert.equal(await codeOf(request), code, JSON.stringify(each));
    }
    assert.equal(await codeOf(authorize({ GroupId })), 'MissingParameter');
  });

  test('60 rules of each direction, and no more', async () => {
    const GroupId = await create('web');
    const add = (count: number, first = 1) => ({
      GroupId,
      IpPermissions: Array.from({ length: count }, (_, index) =>
        permission('tcp', first + index, first + index, anywhere),
      ),
    });
    const code = 'RulesPerSecurityGroupLimitExceeded';
    assert.equal(await codeOf(authorize(add(61))), code);
    await authorize(add(60));
    assert.equal(await codeOf(authorize(add(1, 100))), code);
    await authorizeOut(add(59));
    assert.equal(await codeOf(authorizeOut(add(1, 100))), code);
  });

  test('the group is named once, and exists', async () => {
    const IpPermissions = [permission('tcp', 1, 1, anywhere)];
    const code = (input: object) => codeOf(authorize({ IpPermissions, ...input }));
    assert.equal(await code({}), 'MissingParameter');
    assert.equal(await code({ GroupId: 'sg-1', GroupName: 'x' }), 'InvalidParameterCombination');
    assert.equal(await code({ GroupId: 'sg-0123456789abcdef0' }), 'InvalidGroup.NotFound');
    assert.equal(await code({ GroupId: 'web' }), 'InvalidGroupId.Malformed');
    assert.equal(await code({ GroupName: 'none' }), 'InvalidGroup.NotFound');
  });
});

test('rules have tags: from their beginning, later, and in lists of tags', async () => {
  const GroupId = await create('web');
  const TagSpecifications: TagSpecification[] = [
    { ResourceType: 'security-group-rule', Tags: [{ Key: 'Name', Value: 'ssh' }] },
  ];
  const { SecurityGroupRules: [made] = [] } = await authorize({
    GroupId,
    IpPermissions: [permission('tcp', 22, 22, anywhere)],
    TagSpecifications,
  });
  const id = made?.SecurityGroupRuleId ?? '';
  assert.deepEqual(made?.Tags, [{ Key: 'Name', Value: 'ssh' }]);
  await createTags.run({ Resources: [id], Tags: [{ Key: 'by', Value: 'me' }] }, context);
  const [shown] = await rules(GroupId, 'ingress');
  assert.deepEqual(shown?.Tags?.map(({ Key }) => Key).sort(), ['Name', 'by']);
  const Filters = [{ Name: 'resource-type', Values: ['security-group-rule'] }];
  const { Tags = [] } = await describeTags.run({ Filters }, context);
  assert.deepEqual(
    Tags.map(({ ResourceId, Key }) => [ResourceId, Key]),
    [
      [id, 'Name'],
      [id, 'by'],
    ],
  );
});

function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error) => error.code,
  );
}

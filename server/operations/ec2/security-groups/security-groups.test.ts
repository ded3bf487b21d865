import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { instance } from '../../../catalog/test-rows.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { permission, securityGroupCalls } from '../../test-security-groups.ts';
import { describeVpcs } from '../networks/DescribeVpcs.ts';
import { deleteSecurityGroup } from './DeleteSecurityGroup.ts';
import { describeSecurityGroupReferences } from './DescribeSecurityGroupReferences.ts';
import { describeSecurityGroups } from './DescribeSecurityGroups.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const { create, authorize, authorizeOut, groups, row, rules, ruleRows } = securityGroupCalls(
  () => context,
);
const names = async (Name: string, ...Values: string[]) =>
  (await groups({ Filters: [{ Name, Values }] })).map((group) => group.GroupName).sort();

describe('CreateSecurityGroup', () => {
  test('in the default VPC, or in the one that is named', async () => {
    const [vpc] = (await describeVpcs.run({}, context)).Vpcs ?? [];
    const id = await create('web', {
      VpcId: vpc?.VpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'a', Value: 'b' }] }],
    });
    await create('db');
    const [web, db] = await groups({ GroupNames: ['web', 'db'] });
    assert.deepEqual(web, {
      GroupId: id,
      GroupName: 'web',
      Description: 'test',
      OwnerId: context.caller.account,
      VpcId: vpc?.VpcId,
      SecurityGroupArn: `arn:aws:ec2:us-east-1:${context.caller.account}:security-group/${id}`,
      IpPermissions: [],
      IpPermissionsEgress: [
        {
          IpProtocol: '-1',
          IpRanges: [{ CidrIp: '0.0.0.0/0', Description: undefined }],
          Ipv6Ranges: [],
          PrefixListIds: [],
          UserIdGroupPairs: [],
        },
      ],
      Tags: [{ Key: 'a', Value: 'b' }],
    });
    assert.equal(db?.VpcId, vpc?.VpcId);
    await assert.rejects(create('x', { VpcId: 'vpc-0123456789abcdef0' }), {
      code: 'InvalidVpcID.NotFound',
    });
  });

  test('names and descriptions', async () => {
    await create('web');
    await assert.rejects(create('web'), { code: 'InvalidGroup.Duplicate' });
    await assert.rejects(create('default'), { code: 'InvalidGroup.Reserved' });
    for (const name of ['', 'sg-web', 'ü', 'x'.repeat(256)]) {
      await assert.rejects(create(name), { code: 'InvalidParameterValue' }, name);
    }
    await assert.rejects(create('x', { Description: 'ü' }), { code: 'InvalidParameterValue' });
    await create('it is (a) good-name: #1@x');
  });
});

test('the default group lets in what is in it, and everything out', async () => {
  const [group] = await groups({ GroupNames: ['default'] });
  const id = group?.GroupId ?? '';
  const shown = await rules(id);
  assert.deepEqual(
    shown.map((rule) => [rule.IsEgress, rule.IpProtocol, rule.ReferencedGroupInfo?.GroupId]),
    [
      [false, '-1', id],
      [true, '-1', undefined],
    ],
  );
});

describe('DescribeSecurityGroups', () => {
  test('filters', async () => {
    const id = await create('web', {
      Description: 'for the web',
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'a', Value: 'b' }] }],
    });
    await authorize({
      GroupId: id,
      IpPermissions: [permission('udp', 500, 501, '10.0.0.0/8')],
    });
    const { vpcId } = await row(id);
    assert.deepEqual(await names('description', 'for*'), ['web']);
    assert.deepEqual(await names('group-id', id), ['web']);
    assert.deepEqual(await names('group-name', 'web'), ['web']);
    assert.deepEqual(await names('group-name', '*e*'), ['default', 'web']);
    assert.deepEqual(await names('ip-permission.cidr', '10.0.0.0/8'), ['web']);
    assert.deepEqual(await names('ip-permission.from-port', '500'), ['web']);
    assert.deepEqual(await names('ip-permission.to-port', '501'), ['web']);
    assert.deepEqual(await names('ip-permission.protocol', 'udp'), ['web']);
    assert.deepEqual(await names('egress.ip-permission.cidr', '0.0.0.0/0'), ['default', 'web']);
    assert.deepEqual(await names('egress.ip-permission.protocol', 'tcp'), []);
    assert.deepEqual(await names('owner-id', '999999999999'), []);
    assert.deepEqual(await names('vpc-id', vpcId), ['default', 'web']);
    assert.deepEqual(await names('tag:a', 'b'), ['web']);
    await assert.rejects(names('ip-permission.port', '1'), { code: 'InvalidParameterValue' });
  });

  test('filters on peers', async () => {
    const web = await create('web');
    const db = await create('db');
    const { account } = context.caller;
    const IpPermissions = [
      { IpProtocol: 'tcp', FromPort: 1, ToPort: 2, UserIdGroupPairs: [{ GroupId: web }] },
      { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '2001:DB8::/32' }] },
    ];
    await authorize({ GroupId: db, IpPermissions });
    await authorizeOut({ GroupId: web, IpPermissions });
    assert.deepEqual(await names('ip-permission.group-id', web), ['db']);
    assert.deepEqual(await names('ip-permission.group-name', 'w*'), ['db']);
    assert.deepEqual(await names('ip-permission.user-id', account), ['db', 'default']);
    assert.deepEqual(await names('ip-permission.ipv6-cidr', '2001:db8::/32'), ['db']);
    assert.deepEqual(await names('ip-permission.prefix-list-id', 'pl-*'), []);
    assert.deepEqual(await names('egress.ip-permission.group-id', web), ['web']);
    assert.deepEqual(await names('egress.ip-permission.from-port', '1'), ['web']);
    assert.deepEqual(await names('egress.ip-permission.to-port', '2'), ['web']);
    assert.deepEqual(await names('egress.ip-permission.ipv6-cidr', '2001:db8::/32'), ['web']);
  });

  test('pages, and no pages of named groups', async () => {
    for (let number = 0; number < 6; number++) await create(`group-${number}`);
    const first = await describeSecurityGroups.run({ MaxResults: 5 }, context);
    assert.equal(first.SecurityGroups?.length, 5);
    const rest = await describeSecurityGroups.run({ NextToken: first.NextToken }, context);
    assert.equal(rest.SecurityGroups?.length, 2);
    await assert.rejects(groups({ GroupNames: ['group-1'], MaxResults: 5 }), {
      code: 'InvalidParameterCombination',
    });
    await assert.rejects(groups({ GroupNames: ['none'] }), { code: 'InvalidGroup.NotFound' });
  });
});

test('DescribeSecurityGroupReferences: groups of one’s own have none from other VPCs', async () => {
  const web = await create('web');
  const { SecurityGroupReferenceSet } = await describeSecurityGroupReferences.run(
    { GroupId: [web] },
    context,
  );
  assert.deepEqual(SecurityGroupReferenceSet, []);
  const stranger = context.as({ account: '999999999999' });
  await assert.rejects(describeSecurityGroupReferences.run({ GroupId: [web] }, stranger), {
    code: 'InvalidGroup.NotFound',
  });
});

describe('DeleteSecurityGroup', () => {
  test('by id and by name, but neither the default group nor one in use', async () => {
    const web = await create('web');
    await create('db');
    await deleteSecurityGroup.run({ GroupName: 'db' }, context);
    await assert.rejects(deleteSecurityGroup.run({ GroupName: 'default' }, context), {
      code: 'CannotDelete',
    });
    const { account, region } = context.caller;
    const user = instance('i-1', { account, region, state: 'stopped', securityGroupIds: [web] });
    await context.catalog.write(({ instances }) => instances.insert(user));
    await assert.rejects(deleteSecurityGroup.run({ GroupId: web }, context), {
      code: 'DependencyViolation',
    });
    await context.catalog.write(({ instances }) =>
      instances.update({ ...user, version: 1, state: 'terminated' }),
    );
    assert.deepEqual(await deleteSecurityGroup.run({ GroupId: web }, context), {
      Return: true,
      GroupId: web,
    });
    assert.deepEqual(await names('group-name', '*'), ['default']);
    assert.deepEqual(await ruleRows(web), []);
  });

  test('not while a rule of another group names it', async () => {
    const web = await create('web');
    const db = await create('db');
    const UserIdGroupPairs = [{ GroupId: web }];
    const IpPermissions = [{ IpProtocol: '-1', UserIdGroupPairs }];
    await authorize({ GroupId: web, IpPermissions });
    await authorizeOut({ GroupId: db, IpPermissions });
    await assert.rejects(deleteSecurityGroup.run({ GroupId: web }, context), {
      code: 'DependencyViolation',
    });
    await deleteSecurityGroup.run({ GroupId: db }, context);
    await deleteSecurityGroup.run({ GroupId: web }, context);
  });
});

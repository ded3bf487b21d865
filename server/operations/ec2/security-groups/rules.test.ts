import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SecurityGroupRow } from '../../../catalog/rows/network.ts';
import { openPorts } from '../../../domain/security-groups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { permission, securityGroupCalls } from '../../test-security-groups.ts';
import { revokeSecurityGroupIngress } from './RevokeSecurityGroupIngress.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const { create, authorize, groups, row } = securityGroupCalls(() => context);
const revoke = (input: Parameters<typeof revokeSecurityGroupIngress.run>[0]) =>
  revokeSecurityGroupIngress.run(input, context);

describe('AuthorizeSecurityGroupIngress', () => {
  test('rules appear, tasks are woken, ports open', async () => {
    const GroupId = await create('web');
    const permissions = [
      {
        ...permission('tcp', 22, 22),
        IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'from anywhere' }],
      },
      permission('17', 53, 54, '127.0.0.0/8', '10.0.0.1/24'),
    ];
    const { Return, SecurityGroupRules: rules = [] } = await authorize({
      GroupId,
      IpPermissions: permissions,
    });
    assert.equal(Return, true);
    assert.deepEqual(
      rules.map((rule) => [rule.IpProtocol, rule.FromPort, rule.ToPort, rule.CidrIpv4]),
      [
        ['tcp', 22, 22, '0.0.0.0/0'],
        ['udp', 53, 54, '127.0.0.0/8'],
        ['udp', 53, 54, '10.0.0.0/24'],
      ],
    );
    assert.ok(rules.every((rule) => rule.GroupId === GroupId && rule.IsEgress === false));
    assert.equal(rules[0]?.Description, 'from anywhere');
    const [group] = await groups({ GroupIds: [GroupId] });
    assert.deepEqual(
      group?.IpPermissions?.map((each) => each.IpRanges?.map((range) => range.CidrIp)),
      [['0.0.0.0/0'], ['127.0.0.0/8', '10.0.0.0/24']],
    );
    assert.deepEqual(openPorts([await row(GroupId)]), [
      { protocol: 'tcp', port: 22 },
      { protocol: 'udp', port: 53 },
      { protocol: 'udp', port: 54 },
    ]);
  });

  test('the older, flat form, by the group’s name', async () => {
    const id = await create('web');
    const flat = { IpProtocol: 'tcp', FromPort: 80, ToPort: 81, CidrIp: '0.0.0.0/0' };
    await authorize({ GroupName: 'web', ...flat });
    assert.equal((await row(id)).ingress.length, 1);
    await assert.rejects(
      authorize({ GroupId: id, ...flat, IpPermissions: [permission('tcp', 1, 1, '0.0.0.0/0')] }),
      { code: 'InvalidParameterCombination' },
    );
  });

  test('a rule that is there already is refused, and nothing is changed', async () => {
    const GroupId = await create('web');
    const ssh = permission('tcp', 22, 22, '0.0.0.0/0');
    await authorize({ GroupId, IpPermissions: [ssh] });
    const again = [permission('tcp', 80, 80, '0.0.0.0/0'), permission('6', 22, 22, '1.2.3.4/0')];
    await assert.rejects(authorize({ GroupId, IpPermissions: again }), {
      code: 'InvalidPermission.Duplicate',
    });
    const web = permission('tcp', 80, 80, '0.0.0.0/0');
    await assert.rejects(authorize({ GroupId, IpPermissions: [web, web] }), {
      code: 'InvalidPermission.Duplicate',
    });
    assert.equal((await row(GroupId)).ingress.length, 1);
  });

  test('what Imago cannot honour is refused', async () => {
    const GroupId = await create('web');
    const wrong: [ReturnType<typeof permission>, string][] = [
      [permission('-1', 1, 2, '0.0.0.0/0'), 'UnsupportedOperation'],
      [permission('icmp', 8, 0, '0.0.0.0/0'), 'UnsupportedOperation'],
      [permission('47', 1, 1, '0.0.0.0/0'), 'UnsupportedOperation'],
      [permission('tcp', 1, 65_535, '0.0.0.0/0'), 'UnsupportedOperation'],
      [permission('tcp', 1, 257, '0.0.0.0/0'), 'UnsupportedOperation'],
      [permission('ftp', 1, 1, '0.0.0.0/0'), 'InvalidPermission.Malformed'],
      [permission('tcp', 0, 1, '0.0.0.0/0'), 'InvalidPermission.Malformed'],
      [permission('tcp', 2, 1, '0.0.0.0/0'), 'InvalidPermission.Malformed'],
      [permission('tcp', 1, 65_536, '0.0.0.0/0'), 'InvalidPermission.Malformed'],
      [permission('tcp', 1, 1), 'InvalidPermission.Malformed'],
      [permission('tcp', 1, 1, '0.0.0.0'), 'InvalidParameterValue'],
      [permission('tcp', 1, 1, '::/0'), 'InvalidParameterValue'],
    ];
    for (const [each, code] of wrong) {
      const request = authorize({ GroupId, IpPermissions: [each] });
      await assert.rejects(request, { code }, JSON.stringify(each));
    }
    await assert.rejects(authorize({ GroupId }), { code: 'MissingParameter' });
    await assert.rejects(
      authorize({ GroupId, IpPermissions: [{ IpProtocol: 'tcp', IpRanges: [] }] }),
      { code: 'InvalidPermission.Malformed' },
    );
  });

  test('a group opens at most 256 ports, each counted once', async () => {
    const GroupId = await create('web');
    const add = (from: number, to: number, cidr = '0.0.0.0/0') =>
      authorize({ GroupId, IpPermissions: [permission('tcp', from, to, cidr)] });
    await add(1000, 1199);
    await add(1100, 1255);
    await add(1000, 1255, '10.0.0.0/8');
    await assert.rejects(add(1256, 1256), { code: 'UnsupportedOperation' });
  });

  test('the group is named once, and exists', async () => {
    const IpPermissions = [permission('tcp', 1, 1, '0.0.0.0/0')];
    const code = async (input: object) =>
      authorize({ IpPermissions, ...input }).then(
        () => 'none',
        (error) => error.code,
      );
    assert.equal(await code({}), 'MissingParameter');
    assert.equal(await code({ GroupId: 'sg-1', GroupName: 'x' }), 'InvalidParameterCombination');
    assert.equal(await code({ GroupId: 'sg-0123456789abcdef0' }), 'InvalidGroup.NotFound');
    assert.equal(await code({ GroupId: 'web' }), 'InvalidGroupId.Malformed');
    assert.equal(await code({ GroupName: 'none' }), 'InvalidGroup.NotFound');
  });
});

describe('RevokeSecurityGroupIngress', () => {
  async function openGroup() {
    const GroupId = await create('web');
    const { SecurityGroupRules: rules = [] } = await authorize({
      GroupId,
      IpPermissions: [
        permission('tcp', 22, 22, '0.0.0.0/0'),
        permission('tcp', 80, 80, '0.0.0.0/0'),
      ],
    });
    return { GroupId, ruleIds: rules.map((rule) => rule.SecurityGroupRuleId ?? '') };
  }

  test('by properties; what matches nothing is told', async () => {
    const { GroupId, ruleIds } = await openGroup();
    const ssh = permission('tcp', 22, 22, '0.0.0.0/0');
    const other = permission('tcp', 22, 23, '0.0.0.0/0');
    const result = await revoke({ GroupId, IpPermissions: [ssh, other] });
    assert.deepEqual(
      result.RevokedSecurityGroupRules?.map((rule) => rule.SecurityGroupRuleId),
      [ruleIds[0]],
    );
    assert.deepEqual(
      result.UnknownIpPermissions?.map((each) => each.ToPort),
      [23],
    );
    assert.deepEqual(openPorts([await row(GroupId)]), [{ protocol: 'tcp', port: 80 }]);
  });

  test('in the flat form, by the group’s name', async () => {
    const { GroupId } = await openGroup();
    const flat = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' };
    await revoke({ GroupName: 'web', ...flat });
    assert.deepEqual(openPorts([await row(GroupId)]), [{ protocol: 'tcp', port: 22 }]);
  });

  test('by rule ids; one that does not exist refuses all', async () => {
    const { GroupId, ruleIds } = await openGroup();
    const unknown = [...ruleIds, 'sgr-0123456789abcdef0'];
    await assert.rejects(revoke({ GroupId, SecurityGroupRuleIds: unknown }), {
      code: 'InvalidSecurityGroupRuleId.NotFound',
    });
    assert.equal((await row(GroupId)).ingress.length, 2);
    await revoke({ GroupId, SecurityGroupRuleIds: ruleIds });
    assert.deepEqual((await row(GroupId)).ingress, []);
    await assert.rejects(revoke({ GroupId, SecurityGroupRuleIds: ruleIds, CidrIp: '1.2.3.4/5' }), {
      code: 'InvalidParameterCombination',
    });
  });
});

describe('open ports', () => {
  test('only those of callers on this host', () => {
    const group = (cidr: string) =>
      ({
        ingress: [{ id: 'sgr-1', protocol: 'tcp', fromPort: 22, toPort: 22, cidr }],
      }) as unknown as SecurityGroupRow;
    for (const cidr of ['0.0.0.0/0', '127.0.0.0/8', '127.0.0.1/32']) {
      assert.equal(openPorts([group(cidr)]).length, 1, cidr);
    }
    for (const cidr of ['10.0.0.0/8', '127.0.0.2/32']) {
      assert.equal(openPorts([group(cidr)]).length, 0, cidr);
    }
    assert.equal(openPorts([group('0.0.0.0/0'), group('127.0.0.0/8')]).length, 1);
  });
});

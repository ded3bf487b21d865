/**
 * Terraform's aws_key_pair and aws_security_group: the calls of the AWS provider (5 and 6) in its
 * order and with the members that it sends, by AWS's own client. What it reads back is compared
 * with what was asked for.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DescribeKeyPairsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  ImportKeyPairCommand,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { ImagoProcess } from '../support/imago.ts';
import { unlessGone, updateTags } from './terraform/provider.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  ec2 = imago.ec2();
});
after(async () => {
  await imago?.dispose();
});

async function findKey(KeyName: string) {
  const asked = ec2.send(new DescribeKeyPairsCommand({ KeyNames: [KeyName] }));
  return (await unlessGone(asked, 'InvalidKeyPair.NotFound'))?.KeyPairs?.[0];
}

async function findGroup(id: string): Promise<SecurityGroup | undefined> {
  const asked = ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  return (await unlessGone(asked, 'InvalidGroup.NotFound'))?.SecurityGroups?.[0];
}

const everywhere: IpPermission = {
  IpProtocol: '-1',
  IpRanges: [{ CidrIp: '0.0.0.0/0' }],
  Ipv6Ranges: [{ CidrIpv6: '::/0' }],
};

/** EC2's rule that lets all out is revoked, so that only what is written down is there. */
async function createGroup(GroupName: string): Promise<string> {
  const { GroupId: id = '' } = await ec2.send(
    new CreateSecurityGroupCommand({
      Description: 'Managed by Terraform',
      GroupName,
      TagSpecifications: [
        { ResourceType: 'security-group', Tags: [{ Key: 'Name', Value: GroupName }] },
      ],
    }),
  );
  assert.equal((await findGroup(id))?.GroupName, GroupName);
  const all = { FromPort: 0, ToPort: 0, IpProtocol: '-1' };
  const { IpRanges, Ipv6Ranges } = everywhere;
  for (const range of [{ IpRanges }, { Ipv6Ranges }]) {
    const IpPermissions = [{ ...all, ...range }];
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions }));
  }
  assert.deepEqual((await findGroup(id))?.IpPermissionsEgress, []);
  return id;
}

async function destroyGroup(id: string): Promise<void> {
  const Filters = [{ Name: 'group-id', Values: [id] }];
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  assert.deepEqual(NetworkInterfaces, []);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
  assert.equal(await findGroup(id), undefined);
}

/** The provider gathers rules as sets: by traffic, then by peer and description. */
function gathered(permissions: IpPermission[] = []): string[] {
  const rules = permissions.flatMap((permission) => {
    const { IpProtocol, FromPort = 0, ToPort = 0 } = permission;
    const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] } = permission;
    const peers = [
      ...IpRanges.map(({ CidrIp, Description }) => [CidrIp, Description]),
      ...Ipv6Ranges.map(({ CidrIpv6, Description }) => [CidrIpv6, Description]),
      ...UserIdGroupPairs.map(({ GroupId, Description }) => [GroupId, Description]),
    ];
    return peers.map((peer) => [IpProtocol, FromPort, ToPort, ...peer].join(' '));
  });
  return rules.sort();
}

test('aws_key_pair: imported, tagged, destroyed', async () => {
  const { KeyName = '' } = await ec2.send(
    new ImportKeyPairCommand({
      KeyName: 'me',
      PublicKeyMaterial: Buffer.from(
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUrbWEWJuUMEmtLmxzV6mwiUqMUG6Dl0E6pPSQAZ6c9 me\n',
      ),
      TagSpecifications: [{ ResourceType: 'key-pair', Tags: [{ Key: 'a', Value: 'key' }] }],
    }),
  );
  const made = await findKey(KeyName);
  assert.equal(made?.KeyType, 'ed25519');
  assert.ok(made?.KeyFingerprint);
  assert.deepEqual(made?.Tags, [{ Key: 'a', Value: 'key' }]);
  await updateTags(ec2, made?.KeyPairId ?? '', {
    removed: [{ Key: 'a', Value: 'key' }],
    added: [{ Key: 'b', Value: 'lock' }],
  });
  assert.deepEqual((await findKey(KeyName))?.Tags, [{ Key: 'b', Value: 'lock' }]);
  await ec2.send(new DeleteKeyPairCommand({ KeyName }));
  assert.equal(await findKey(KeyName), undefined);
  await ec2.send(new DeleteKeyPairCommand({ KeyName }));
});

test('aws_security_group: rules in and out, changed, of itself and of another group, destroyed', async () => {
  const id = await createGroup('web');
  const other = await createGroup('other');
  const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
  const ranges = [
    { CidrIp: '10.0.0.0/8', Description: 'ours' },
    { CidrIp: '192.0.2.0/24', Description: 'ours' },
  ];
  const among = [{ GroupId: id }, { GroupId: other }];
  const groups = { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, UserIdGroupPairs: among };
  const ingress = [{ ...ssh, IpRanges: ranges }, groups];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: ingress }));
  await ec2.send(
    new AuthorizeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: [everywhere] }),
  );
  const made = await findGroup(id);
  assert.match(made?.OwnerId ?? '', /^\d{12}$/);
  assert.match(made?.VpcId ?? '', /^vpc-/);
  assert.equal(made?.Description, 'Managed by Terraform');
  assert.deepEqual(gathered(made?.IpPermissions), gathered(ingress));
  assert.deepEqual(gathered(made?.IpPermissionsEgress), gathered([everywhere]));

  // One of the two ranges goes, and another protocol comes: first what goes.
  const [stays, goes] = ranges;
  await ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: id,
      IpPermissions: [{ ...ssh, IpRanges: goes && [goes] }],
    }),
  );
  const https = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: stays && [stays] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: [https] }));
  await updateTags(ec2, id, {
    removed: [{ Key: 'Name', Value: 'web' }],
    added: [{ Key: 'for', Value: 'tests' }],
  });
  const changed = await findGroup(id);
  const expected = [{ ...ssh, IpRanges: stays && [stays] }, groups, https];
  assert.deepEqual(gathered(changed?.IpPermissions), gathered(expected));
  assert.deepEqual(changed?.Tags, [{ Key: 'for', Value: 'tests' }]);

  // The other group is named by a rule: it goes only after that rule, with revoke_rules_on_delete.
  const early = ec2.send(new DeleteSecurityGroupCommand({ GroupId: other }));
  await assert.rejects(early, { name: 'DependencyViolation' });
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({}));
  const touching = SecurityGroupRules.filter(
    ({ GroupId, ReferencedGroupInfo }) =>
      GroupId === other || ReferencedGroupInfo?.GroupId === other,
  );
  assert.equal(touching.length, 1);
  for (const { GroupId, SecurityGroupRuleId = '' } of touching) {
    const SecurityGroupRuleIds = [SecurityGroupRuleId];
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds }));
  }
  await destroyGroup(other);
  await destroyGroup(id);
});

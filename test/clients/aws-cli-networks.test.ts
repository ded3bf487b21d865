/**
 * Security groups and what is around them by aws-cli, in the calls that Terraform makes of
 * `aws_security_group` and `aws_default_vpc` on create, read, update and destroy.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { aws } from '../support/aws-cli.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
});
after(async () => {
  await imago?.dispose();
});

async function ec2<Answer = string>(action: string, ...words: string[]): Promise<Answer> {
  return (await aws(imago, 'ec2', action, ...words)) as Answer;
}

interface Rule {
  SecurityGroupRuleId: string;
  IsEgress: boolean;
  IpProtocol: string;
  FromPort: number;
  Description?: string;
  Tags: { Key: string; Value: string }[];
}

function rulesOf(groupId: string): Promise<Rule[]> {
  return ec2(
    'describe-security-group-rules',
    ...['--filters', `Name=group-id,Values=${groupId}`, '--query', 'SecurityGroupRules'],
    ...['--page-size', '5'],
  );
}

async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error) => /\((\w+(\.\w+)*)\)/.exec(error.stderr)?.[1] ?? error.message,
  );
}

test('a security group from its creation to its end', async () => {
  const name = ['--group-name', 'web', '--description', 'web servers'];
  const id = await ec2('create-security-group', ...name, '--query', 'GroupId');
  const group = ['--group-id', id];
  const allOut = 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]';
  await ec2('revoke-security-group-egress', ...group, '--ip-permissions', allOut);
  await ec2(
    'authorize-security-group-ingress',
    ...[...group, '--ip-permissions'],
    'IpProtocol=tcp,FromPort=0,ToPort=65535,IpRanges=[{CidrIp=10.0.0.0/8,Description=ours}]',
    `IpProtocol=icmp,FromPort=-1,ToPort=-1,UserIdGroupPairs=[{GroupId=${id}}]`,
    'IpProtocol=tcp,FromPort=443,ToPort=443,Ipv6Ranges=[{CidrIpv6=::/0}]',
    ...['--tag-specifications', 'ResourceType=security-group-rule,Tags=[{Key=by,Value=test}]'],
  );
  const out = 'IpProtocol=udp,FromPort=53,ToPort=53,IpRanges=[{CidrIp=0.0.0.0/0}]';
  await ec2('authorize-security-group-egress', ...group, '--ip-permissions', out);
  const rules = await rulesOf(id);
  assert.deepEqual(
    rules.map((rule) => `${rule.IsEgress} ${rule.IpProtocol} ${rule.FromPort}`).sort(),
    ['false icmp -1', 'false tcp 0', 'false tcp 443', 'true udp 53'],
  );
  assert.ok(rules.every(({ IsEgress, Tags }) => IsEgress || Tags[0]?.Value === 'test'));
  const again = ec2('authorize-security-group-egress', ...group, '--ip-permissions', out);
  assert.equal(await refusal(again), 'InvalidPermission.Duplicate');

  const wide = rules.find(({ IsEgress, FromPort }) => !IsEgress && FromPort === 0);
  const ruleId = wide?.SecurityGroupRuleId ?? '';
  const other = '{IpProtocol=tcp,FromPort=22,ToPort=22,CidrIpv4=10.0.0.0/8}';
  const update = `SecurityGroupRuleId=${ruleId},SecurityGroupRule=${other}`;
  await ec2('modify-security-group-rules', ...group, '--security-group-rules', update);
  await ec2(
    'update-security-group-rule-descriptions-ingress',
    ...[...group, '--security-group-rule-descriptions'],
    `SecurityGroupRuleId=${ruleId},Description=changed`,
  );
  const changed = (await rulesOf(id)).find((rule) => rule.SecurityGroupRuleId === ruleId);
  assert.deepEqual([changed?.FromPort, changed?.Description], [22, 'changed']);
  const found = await ec2<string[]>(
    'describe-security-groups',
    ...['--filters', 'Name=egress.ip-permission.from-port,Values=53'],
    ...['--query', 'SecurityGroups[].GroupId'],
  );
  assert.deepEqual(found, [id]);

  const ids = (await rulesOf(id)).filter(({ IsEgress }) => !IsEgress);
  const named = ids.map((rule) => rule.SecurityGroupRuleId);
  await ec2('revoke-security-group-ingress', ...group, '--security-group-rule-ids', ...named);
  assert.equal((await rulesOf(id)).length, 1);
  const users = ['--filters', `Name=group-id,Values=${id}`, '--query', 'NetworkInterfaces'];
  assert.deepEqual(await ec2('describe-network-interfaces', ...users), []);
  await ec2('delete-security-group', ...group);
  const gone = ec2('describe-security-groups', '--group-ids', id);
  assert.equal(await refusal(gone), 'InvalidGroup.NotFound');
});

test('the default VPC with all that it has', async () => {
  const vpcId = await ec2('describe-vpcs', '--query', 'Vpcs[0].VpcId');
  for (const attribute of ['enableDnsSupport', 'enableDnsHostnames']) {
    const words = ['--vpc-id', vpcId, '--attribute', attribute, '--query', '*.Value'];
    assert.deepEqual(await ec2('describe-vpc-attribute', ...words), [true], attribute);
  }
  const ofVpc = `Name=vpc-id,Values=${vpcId}`;
  const first = (action: string, query: string, ...filters: string[]) =>
    ec2(action, '--filters', ...filters, '--query', query);
  const main = 'Name=association.main,Values=true';
  const gateway = await first(
    'describe-internet-gateways',
    'InternetGateways[0].InternetGatewayId',
    `Name=attachment.vpc-id,Values=${vpcId}`,
  );
  const route = 'RouteTables[0].Routes[1].GatewayId';
  assert.equal(await first('describe-route-tables', route, ofVpc, main), gateway);
  const acl = 'NetworkAcls[0].IsDefault';
  assert.equal(await first('describe-network-acls', acl, ofVpc, 'Name=default,Values=true'), true);
  const options = await ec2('describe-vpcs', '--query', 'Vpcs[0].DhcpOptionsId');
  const key = ['--query', 'DhcpOptions[0].DhcpConfigurations[].Key'];
  const shown = ec2('describe-dhcp-options', '--dhcp-options-ids', options, ...key);
  assert.deepEqual(await shown, ['domain-name', 'domain-name-servers']);
});

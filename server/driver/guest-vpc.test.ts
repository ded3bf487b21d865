import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecurityGroupRuleRow, VpcRow } from '../catalog/rows/network.ts';
import { instance } from '../catalog/test-rows.ts';
import { guestVpc } from './guest-vpc.ts';

const owned = { account: '111111111111', region: 'eu-west-1', createdAt: '', tags: {} };
const vpc: VpcRow = { ...owned, id: 'vpc-1', cidr: '172.31.0.0/16', isDefault: true };

function rule(traffic: [string, number, number], more: Partial<SecurityGroupRuleRow> = {}) {
  const [protocol, fromPort, toPort] = traffic;
  const peer = { kind: 'ipv4', value: '10.0.0.0/8' } as const;
  const row: SecurityGroupRuleRow = {
    ...owned,
    id: 'sgr-1',
    groupId: 'sg-1',
    direction: 'ingress',
    protocol,
    fromPort,
    toPort,
    peer,
    ...more,
  };
  return row;
}

test('rules as the cable knows them: numbers of protocols, any ports left out, nothing of IPv6', () => {
  const peer = { cidr: '10.0.0.0/8' };
  const told = guestVpc({
    instance: instance('i-1', { ...owned, securityGroupIds: ['sg-1', 'sg-2'] }),
    vpc,
    rules: [
      rule(['tcp', 22, 23]),
      rule(['icmp', 8, -1]),
      rule(['icmp', -1, -1]),
      rule(['47', -1, -1]),
      rule(['-1', -1, -1], { direction: 'egress' }),
      rule(['udp', 53, 53], { direction: 'egress', peer: { kind: 'group', value: 'sg-2' } }),
      rule(['tcp', 1, 2], { peer: { kind: 'ipv6', value: '::/0' } }),
      rule(['icmpv6', -1, -1]),
    ],
  });
  assert.deepEqual(told, {
    id: 'vpc-1',
    cidr: '172.31.0.0/16',
    domain: 'eu-west-1.compute.internal',
    groupIds: ['sg-1', 'sg-2'],
    ingress: [
      { protocol: 6, from: 22, to: 23, peer },
      { protocol: 1, from: 8, to: -1, peer },
      { protocol: 1, peer },
      { protocol: 47, peer },
    ],
    egress: [{ peer }, { protocol: 17, from: 53, to: 53, peer: { groupId: 'sg-2' } }],
  });
});

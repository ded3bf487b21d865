import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecurityGroupRuleRow } from '../catalog/rows/network.ts';
import { knownPorts, openPorts, openPortsMax } from './open-ports.ts';

function rule(
  protocol: string,
  fromPort: number,
  toPort: number,
  more: Partial<SecurityGroupRuleRow> = {},
): SecurityGroupRuleRow {
  const peer = { kind: 'ipv4', value: '0.0.0.0/0' } as const;
  const owned = { id: 'sgr-1', account: '1', region: 'r', createdAt: '', groupId: 'sg-1' };
  return { ...owned, direction: 'ingress', protocol, fromPort, toPort, peer, tags: {}, ...more };
}

const portsOf = (...rules: SecurityGroupRuleRow[]) =>
  openPorts(rules).map(({ protocol, port }) => `${port}/${protocol}`);

test('of single ports and small ranges each, once', () => {
  const ports = portsOf(rule('tcp', 22, 22), rule('udp', 53, 54), rule('tcp', 20, 23));
  assert.deepEqual(ports, ['20/tcp', '21/tcp', '22/tcp', '23/tcp', '53/udp', '54/udp']);
});

test('only those that let callers on this host in', () => {
  const from = (kind: 'ipv4' | 'ipv6' | 'group', value: string) =>
    portsOf(rule('tcp', 22, 22, { peer: { kind, value } })).length;
  for (const cidr of ['0.0.0.0/0', '127.0.0.0/8', '127.0.0.1/32']) {
    assert.equal(from('ipv4', cidr), 1, cidr);
  }
  for (const cidr of ['10.0.0.0/8', '127.0.0.2/32']) assert.equal(from('ipv4', cidr), 0, cidr);
  assert.equal(from('ipv6', '::/0'), 0);
  assert.equal(from('group', 'sg-1'), 0);
  assert.deepEqual(portsOf(rule('tcp', 22, 22, { direction: 'egress' })), []);
});

test('of a wide range those that servers are known by', () => {
  const tcp = knownPorts.tcp.map((port) => `${port}/tcp`);
  const udp = knownPorts.udp.map((port) => `${port}/udp`);
  assert.deepEqual(portsOf(rule('tcp', 0, 65_535)), tcp);
  assert.deepEqual(portsOf(rule('tcp', 1, 65_535)), tcp);
  assert.deepEqual(portsOf(rule('-1', -1, -1)), [...tcp, ...udp]);
  assert.deepEqual(portsOf(rule('tcp', 400, 4000)), [
    '443/tcp',
    '3000/tcp',
    '3306/tcp',
    '3389/tcp',
  ]);
  assert.deepEqual(portsOf(rule('tcp', 10_000, 20_000)), []);
});

test('nothing at port 0, and nothing of protocols without ports', () => {
  assert.deepEqual(portsOf(rule('tcp', 0, 0), rule('icmp', 8, 0), rule('47', -1, -1)), []);
  assert.deepEqual(portsOf(rule('tcp', 0, 2)), ['1/tcp', '2/tcp']);
});

test('what is named one by one comes before ranges, however many rules there are', () => {
  const wide = [0, 1, 2].map((number) => rule('tcp', 1000 + 300 * number, 1199 + 300 * number));
  const ports = portsOf(...wide, rule('tcp', 40_000, 40_000), rule('udp', 40_000, 40_001));
  for (const port of ['40000/tcp', '40000/udp', '40001/udp', '1199/tcp']) {
    assert.ok(ports.includes(port), port);
  }
  assert.equal(ports.length, 203);
  assert.ok(ports.length <= openPortsMax);
  assert.equal(portsOf(rule('tcp', 1, openPortsMax)).length, openPortsMax);
});

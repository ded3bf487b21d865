import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrafficRule } from '../network.ts';
import { Firewall } from './firewall.ts';
import {
  parseIpv4Address,
  protocolIcmp,
  protocolTcp,
  protocolUdp,
  tcpAck,
  tcpFin,
  tcpRst,
  tcpSyn,
} from './packets.ts';
import { RecentFlows } from './recent-flows.ts';
import type { Traffic } from './traffic.ts';
import { type Member, passes, Vpcs } from './vpc.ts';

const anywhere = { cidr: '0.0.0.0/0' };
const everything: TrafficRule[] = [{ peer: anywhere }];

interface Sides {
  groupIds?: string[];
  ingress?: TrafficRule[];
  egress?: TrafficRule[];
  nowMs?: () => number;
}

function member(ip: string, sides: Sides = {}): Member {
  const { groupIds = [], ingress = [], egress = everything, nowMs } = sides;
  const firewall = new Firewall({ groupIds, ingress, egress });
  return { ip: parseIpv4Address(ip), mac: 2, firewall, asked: new RecentFlows(nowMs) };
}

const tcp = (source: number, target: number, kind = tcpSyn): Traffic => ({
  protocol: protocolTcp,
  source,
  target,
  kind,
  code: -1,
});
const udp = (source: number, target: number): Traffic => ({
  ...tcp(source, target, -1),
  protocol: protocolUdp,
});
const icmp = (kind: number, code = 0, id = 7): Traffic => ({
  protocol: protocolIcmp,
  source: id,
  target: id,
  kind,
  code,
});
const fragment = (protocol: number): Traffic => ({
  protocol,
  source: -1,
  target: -1,
  kind: -1,
  code: -1,
});

describe('rules', () => {
  const a = member('172.31.0.5', { groupIds: ['sg-a'] });
  const lets = (rule: TrafficRule, traffic: Traffic, from = a) =>
    passes(from, member('172.31.0.6', { ingress: [rule] }), traffic);

  test('nothing is let in that no rule lets in', () => {
    assert.equal(passes(a, member('172.31.0.6'), tcp(1, 22)), false);
    assert.equal(lets({ peer: anywhere }, tcp(1, 22)), true);
  });

  test('protocols and ports', () => {
    const ssh = { protocol: protocolTcp, from: 22, to: 23, peer: anywhere };
    for (const [port, passed] of [
      [21, false],
      [22, true],
      [23, true],
      [24, false],
    ] as const) {
      assert.equal(lets(ssh, tcp(1, port)), passed, `port ${port}`);
    }
    assert.equal(lets(ssh, udp(1, 22)), false);
    assert.equal(
      lets({ protocol: protocolTcp, from: 0, to: 65_535, peer: anywhere }, tcp(1, 0)),
      true,
    );
    assert.equal(lets({ protocol: 47, peer: anywhere }, fragment(47)), true);
    assert.equal(lets({ protocol: 47, peer: anywhere }, fragment(50)), false);
  });

  test('types and codes of ICMP', () => {
    const lets8 = (from: number, to: number, traffic: Traffic) =>
      lets({ protocol: protocolIcmp, from, to, peer: anywhere }, traffic);
    assert.equal(lets8(8, -1, icmp(8)), true);
    assert.equal(lets8(8, -1, icmp(3)), false);
    assert.equal(lets8(3, 4, icmp(3, 4)), true);
    assert.equal(lets8(3, 4, icmp(3, 3)), false);
    assert.equal(lets8(-1, -1, icmp(13)), true);
    assert.equal(lets8(0, 65_535, icmp(13)), false, 'these are no ports');
  });

  test('sources: blocks of addresses, and groups of the sender', () => {
    assert.equal(lets({ peer: { cidr: '172.31.0.4/31' } }, tcp(1, 1)), true);
    assert.equal(lets({ peer: { cidr: '172.31.0.6/31' } }, tcp(1, 1)), false);
    assert.equal(lets({ peer: { groupId: 'sg-a' } }, tcp(1, 1)), true);
    assert.equal(lets({ peer: { groupId: 'sg-b' } }, tcp(1, 1)), false);
  });

  test('both sides have to let it pass', () => {
    const b = member('172.31.0.6', { groupIds: ['sg-b'], ingress: everything });
    const from = (egress: TrafficRule[]) => member('172.31.0.5', { egress });
    assert.equal(passes(from([]), b, tcp(1, 22)), false);
    assert.equal(passes(from([{ peer: { groupId: 'sg-b' } }]), b, tcp(1, 22)), true);
    assert.equal(passes(from([{ peer: { groupId: 'sg-c' } }]), b, tcp(1, 22)), false);
    assert.equal(passes(from([{ peer: { cidr: '172.31.0.6/32' } }]), b, tcp(1, 22)), true);
    assert.equal(passes(from([{ peer: { cidr: '172.31.0.7/32' } }]), b, tcp(1, 22)), false);
  });

  test('fragments pass only where every port does', () => {
    const to = (from: number, upTo: number) =>
      lets({ protocol: protocolUdp, from, to: upTo, peer: anywhere }, fragment(protocolUdp));
    assert.equal(to(0, 65_535), true);
    assert.equal(to(0, 65_534), false);
  });

  test('what is no rule is refused when it is told', () => {
    const wrong = { groupIds: [], ingress: [{ peer: { cidr: '10.0.0.0' } }], egress: [] };
    assert.throws(() => new Firewall(wrong), RangeError);
  });
});

describe('answers', () => {
  /** B answers on port 22 and 53 and to echoes, and may begin nothing; A lets nothing in. */
  function pair() {
    let nowMs = 0;
    const clock = () => nowMs;
    const ingress = [
      { protocol: protocolTcp, from: 22, to: 22, peer: anywhere },
      { protocol: protocolUdp, from: 53, to: 53, peer: anywhere },
      { protocol: protocolIcmp, from: 8, to: -1, peer: anywhere },
    ];
    const a = member('172.31.0.5', { nowMs: clock });
    const b = member('172.31.0.6', { ingress, egress: [], nowMs: clock });
    const later = (ms: number) => {
      nowMs += ms;
    };
    return { a, b, later };
  }

  test('of TCP: what opens no connection, from a port that was let in', () => {
    const { a, b } = pair();
    assert.equal(passes(a, b, tcp(4000, 22)), true);
    for (const flags of [tcpSyn | tcpAck, tcpAck, tcpFin | tcpAck, tcpRst]) {
      assert.equal(passes(b, a, tcp(22, 4000, flags)), true, `flags ${flags}`);
    }
    for (const flags of [tcpSyn, 0, tcpFin, tcpSyn | tcpRst]) {
      assert.equal(passes(b, a, tcp(22, 4000, flags)), false, `flags ${flags}`);
    }
    assert.equal(passes(b, a, tcp(23, 4000, tcpAck)), false);
    assert.equal(passes(b, a, tcp(4000, 22, tcpAck)), false);
  });

  test('of UDP: to whom asked lately, from where it asked', () => {
    const { a, b, later } = pair();
    assert.equal(passes(b, a, udp(53, 4000)), false, 'before');
    assert.equal(passes(a, b, udp(4000, 53)), true);
    assert.equal(passes(b, a, udp(53, 4000)), true);
    assert.equal(passes(b, a, udp(53, 4001)), false, 'another port');
    const other = member('172.31.0.7', { ingress: everything, egress: [] });
    assert.equal(passes(other, a, udp(53, 4000)), false, 'another guest');
    later(60_000);
    assert.equal(passes(b, a, udp(53, 4000)), false, 'too late');
  });

  test('of echoes: the reply with the same identifier', () => {
    const { a, b } = pair();
    assert.equal(passes(b, a, icmp(0)), false, 'before');
    assert.equal(passes(a, b, icmp(8)), true);
    assert.equal(passes(b, a, icmp(0)), true);
    assert.equal(passes(b, a, icmp(0, 0, 8)), false, 'another identifier');
    assert.equal(passes(b, a, icmp(8)), false, 'a request of its own');
  });

  test('end with the rule that let the question pass', () => {
    const { a, b } = pair();
    assert.equal(passes(a, b, udp(4000, 53)), true);
    b.firewall = new Firewall({ groupIds: [], ingress: [], egress: [] });
    assert.equal(passes(b, a, udp(53, 4000)), false);
    assert.equal(passes(b, a, tcp(22, 4000, tcpAck)), false);
  });
});

test('what is remembered of a guest is bounded, the oldest forgotten first', () => {
  const flows = new RecentFlows(() => 0);
  for (let flow = 1; flow <= 1025; flow += 1) flows.note(flow);
  assert.deepEqual([flows.has(1), flows.has(2), flows.has(1025)], [false, true, true]);
});

test('members are found in their VPC only, and gone when they left', () => {
  const vpcs = new Vpcs<Member>();
  const [a, other, next] = [member('172.31.0.5'), member('172.31.0.5'), member('172.31.0.5')];
  vpcs.join('vpc-1', a);
  vpcs.join('vpc-2', other);
  assert.equal(vpcs.find('vpc-1', a.ip), a);
  assert.equal(vpcs.find('vpc-2', a.ip), other);
  assert.equal(vpcs.find('vpc-3', a.ip), undefined);
  vpcs.join('vpc-1', next);
  vpcs.leave('vpc-1', a);
  assert.equal(vpcs.find('vpc-1', a.ip), next, 'who has the address now');
  vpcs.leave('vpc-1', next);
  assert.equal(vpcs.find('vpc-1', a.ip), undefined);
});

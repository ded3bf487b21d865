import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { HostReach } from '../host-reach.ts';
import { Firewall } from './firewall.ts';
import { HostAddresses } from './host-addresses.ts';
import { LinkFilter } from './link-filter.ts';
import {
  buildArp,
  buildIpv4,
  buildTcp,
  buildUdp,
  parseIpv4,
  parseIpv4Address,
  parseIpv4Range,
  parseMacAddress,
  parseTcp,
  protocolIcmp,
  protocolTcp,
  protocolUdp,
  tcpAck,
  tcpFin,
  tcpPsh,
  tcpRst,
  tcpSyn,
} from './packets.ts';
import { RecentFlows } from './recent-flows.ts';
import { TcpListener } from './tcp-listener.ts';
import { trafficOf } from './traffic.ts';
import { passes } from './vpc.ts';

const link = {
  mac: '02:12:34:56:78:9a',
  privateIp: '172.31.0.15',
  subnetCidr: '172.31.0.0/20',
  gatewayIp: '172.31.0.1',
  dnsIp: '172.31.0.2',
};
const guestMac = parseMacAddress(link.mac);
const gatewayMac = parseMacAddress('52:55:ac:1f:00:01');
const metadataAddress = '169.254.169.254';
const publicAddress = '93.184.216.34';
const toGateway = { source: guestMac, target: gatewayMac };

interface Packet {
  source?: string;
  target: string;
  mac?: number;
}

function ipv4(
  { source = link.privateIp, target, mac = guestMac }: Packet,
  protocol: number,
  payload: (ips: { source: number; target: number }) => Buffer,
): Buffer {
  const ips = { source: parseIpv4Address(source), target: parseIpv4Address(target) };
  return buildIpv4({ source: mac, target: gatewayMac }, ips, protocol, payload(ips));
}

function tcp(packet: Packet, flags: number, targetPort = 80): Buffer {
  return ipv4(packet, protocolTcp, (ips) =>
    buildTcp(ips, {
      sourcePort: 40_000,
      targetPort,
      sequence: 1,
      acknowledgment: 2,
      flags,
      windowBytes: 1000,
      payload: Buffer.alloc(0),
    }),
  );
}

function udp(packet: Packet, source: number, target: number): Buffer {
  return ipv4(packet, protocolUdp, (ips) => buildUdp(ips, { source, target }, Buffer.from('hi')));
}

function icmp(packet: Packet, type: number): Buffer {
  return ipv4(packet, protocolIcmp, () => Buffer.from([type, 0, 0, 0, 0, 1, 0, 1]));
}

function fragment(frame: Buffer, offset: number): Buffer {
  const copy = Buffer.from(frame);
  copy.writeUInt16BE(offset, 20);
  return copy;
}

function judge(frame: Buffer, filter = new LinkFilter(link)) {
  // Somewhere inside a buffer, as it comes from the cable.
  const buffer = Buffer.concat([Buffer.alloc(7, 0xee), frame, Buffer.alloc(5, 0xee)]);
  return filter.judge(buffer, 7, 7 + frame.length);
}

test('outbound traffic passes', () => {
  assert.equal(judge(tcp({ target: publicAddress }, tcpSyn)), 'up');
  assert.equal(judge(udp({ target: publicAddress }, 5000, 123)), 'up');
  assert.equal(judge(icmp({ target: publicAddress }, 8)), 'up');
  assert.equal(judge(fragment(udp({ target: publicAddress }, 1, 2), 0x2000)), 'up');
  assert.equal(judge(tcp({ target: '172.31.16.1' }, tcpSyn)), 'up', 'just outside of the subnet');
});

test('of a guest that is isolated nothing passes but for its address and its metadata', () => {
  const filter = new LinkFilter({ ...link, isolated: true });
  const broadcast = '255.255.255.255';
  assert.equal(judge(udp({ source: '0.0.0.0', target: broadcast }, 68, 67), filter), 'up');
  assert.equal(judge(udp({ target: link.gatewayIp }, 68, 67), filter), 'up');
  assert.equal(judge(tcp({ target: metadataAddress }, tcpSyn), filter), 'metadata-tcp');
  const peer = { cidr: '0.0.0.0/0' };
  const firewall = new Firewall({ groupIds: [], ingress: [{ peer }], egress: [{ peer }] });
  filter.vpc = { range: parseIpv4Range('172.31.0.0/16'), firewall };
  for (const target of [publicAddress, link.gatewayIp, link.dnsIp, '172.31.0.16', '172.31.99.1']) {
    for (const flags of [tcpSyn, tcpAck]) {
      assert.equal(judge(tcp({ target }, flags), filter), 'isolated', target);
    }
    assert.equal(judge(udp({ target }, 5000, 53), filter), 'isolated', target);
    assert.equal(judge(icmp({ target }, 8), filter), 'isolated', target);
  }
});

test('what the port 22 of a guest that is isolated answers to its gateway is for the link alone', () => {
  const filter = new LinkFilter({ ...link, isolated: true });
  const from22 = (target: string, flags: number, targetPort = 40_000) => {
    const frame = tcp({ target }, flags, targetPort);
    frame.writeUInt16BE(22, 34);
    return frame;
  };
  const target = link.gatewayIp;
  for (const flags of [tcpSyn | tcpAck, tcpAck, tcpRst, tcpFin | tcpAck]) {
    assert.equal(judge(from22(target, flags), filter), 'dialed-tcp', `flags ${flags}`);
    assert.equal(judge(from22(target, flags)), 'up', 'of any other guest a forward was asked for');
    for (const other of [publicAddress, link.dnsIp, '172.31.0.16', '172.31.99.1']) {
      assert.equal(judge(from22(other, flags), filter), 'isolated', other);
    }
  }
  assert.equal(judge(from22(target, tcpSyn), filter), 'isolated', 'it opens nothing');
  assert.equal(judge(fragment(from22(target, tcpAck), 0x2000), filter), 'isolated');
  assert.equal(judge(fragment(from22(target, tcpAck), 0x0001), filter), 'isolated');
  assert.equal(judge(udp({ target }, 22, 40_000), filter), 'isolated');
});

test('only the own MAC, ARP and IPv4', () => {
  const foreign = parseMacAddress('02:00:00:00:00:01');
  assert.equal(judge(tcp({ target: publicAddress, mac: foreign }, tcpSyn)), 'foreign-mac');
  for (const etherType of [0x86dd, 0x8100, 0x88cc, 0x0027]) {
    const frame = tcp({ target: publicAddress }, tcpSyn);
    frame.writeUInt16BE(etherType, 12);
    assert.equal(judge(frame), 'protocol', etherType.toString(16));
  }
});

test('only the own address', () => {
  assert.equal(judge(tcp({ source: '172.31.0.16', target: publicAddress }, tcpSyn)), 'foreign-ip');
  assert.equal(judge(tcp({ source: '0.0.0.0', target: publicAddress }, tcpSyn)), 'foreign-ip');
  assert.equal(judge(tcp({ source: '10.9.0.2', target: metadataAddress }, tcpSyn)), 'foreign-ip');
});

test('ARP for itself; the link answers for the metadata service', () => {
  const arp = (senderIp: string, targetIp: string, operation: 1 | 2 = 1) =>
    buildArp(operation, toGateway, {
      source: parseIpv4Address(senderIp),
      target: parseIpv4Address(targetIp),
    });
  assert.equal(judge(arp(link.privateIp, link.gatewayIp)), 'up');
  assert.equal(judge(arp('0.0.0.0', link.privateIp)), 'up', 'probe');
  assert.equal(judge(arp(link.privateIp, metadataAddress)), 'metadata-arp');
  assert.equal(judge(arp(link.gatewayIp, link.privateIp, 2)), 'foreign-ip');
  const spoofed = arp(link.privateIp, link.gatewayIp);
  spoofed.writeUIntBE(gatewayMac, 22, 6);
  assert.equal(judge(spoofed), 'foreign-mac');
  assert.equal(judge(arp(link.privateIp, link.gatewayIp).subarray(0, 41)), 'malformed');
});

test('DHCP by broadcast and to the gateway; no other broadcast', () => {
  const broadcast = '255.255.255.255';
  assert.equal(judge(udp({ source: '0.0.0.0', target: broadcast }, 68, 67)), 'up');
  assert.equal(judge(udp({ target: broadcast }, 68, 67)), 'up');
  assert.equal(judge(udp({ target: link.gatewayIp }, 68, 67)), 'up');
  assert.equal(judge(udp({ target: broadcast }, 68, 68)), 'reserved');
  assert.equal(judge(udp({ target: broadcast }, 5000, 67)), 'reserved');
  assert.equal(judge(udp({ source: '10.0.0.1', target: broadcast }, 68, 67)), 'foreign-ip');
});

test('metadata: TCP port 80 only', () => {
  const target = metadataAddress;
  assert.equal(judge(tcp({ target }, tcpSyn)), 'metadata-tcp');
  assert.equal(judge(tcp({ target }, tcpSyn, 22)), 'metadata-port');
  assert.equal(judge(udp({ target }, 5000, 80)), 'metadata-port');
  assert.equal(judge(icmp({ target }, 8)), 'metadata-port');
  assert.equal(judge(fragment(tcp({ target }, tcpSyn), 0x2000)), 'metadata-port');
});

test('gateway: answers, never a connection of the guest to the host', () => {
  const target = link.gatewayIp;
  for (const flags of [tcpSyn | tcpAck, tcpAck, tcpAck | tcpPsh, tcpFin | tcpAck, tcpRst]) {
    assert.equal(judge(tcp({ target }, flags)), 'up', `flags ${flags}`);
  }
  for (const flags of [tcpSyn, tcpSyn | tcpPsh, tcpSyn | tcpFin, tcpSyn | tcpRst]) {
    assert.equal(judge(tcp({ target }, flags)), 'gateway', `flags ${flags}`);
  }
  assert.equal(judge(icmp({ target }, 8)), 'up');
  assert.equal(judge(icmp({ target }, 5)), 'gateway', 'redirect');
  assert.equal(judge(udp({ target }, 5000, 69)), 'gateway');
  assert.equal(judge(ipv4({ target }, 47, () => Buffer.alloc(20))), 'gateway');
  assert.equal(judge(fragment(tcp({ target }, tcpAck), 0x2000)), 'gateway', 'first fragment');
  assert.equal(judge(fragment(tcp({ target }, tcpAck), 0x0001)), 'gateway', 'later fragment');
});

test('gateway: a UDP peer may be answered for a while after it was heard', () => {
  let nowMs = 0;
  const filter = new LinkFilter(link, { nowMs: () => nowMs });
  const heard = udp({ source: link.gatewayIp, target: link.privateIp, mac: gatewayMac }, 7000, 53);
  const answer = udp({ target: link.gatewayIp }, 53, 7000);
  assert.equal(judge(answer, filter), 'gateway');
  filter.observe(heard, 0, heard.length);
  assert.equal(judge(answer, filter), 'up');
  assert.equal(judge(udp({ target: link.gatewayIp }, 53, 7001), filter), 'gateway', 'other peer');
  assert.equal(judge(udp({ target: link.gatewayIp }, 54, 7000), filter), 'gateway', 'other port');
  nowMs = 60_000;
  assert.equal(judge(answer, filter), 'gateway', 'too late');
});

test('what is heard from elsewhere opens nothing to the gateway, and the table is bounded', () => {
  const filter = new LinkFilter(link, { nowMs: () => 0 });
  const elsewhere = udp(
    { source: publicAddress, target: link.privateIp, mac: gatewayMac },
    7000,
    53,
  );
  filter.observe(elsewhere, 0, elsewhere.length);
  assert.equal(judge(udp({ target: link.gatewayIp }, 53, 7000), filter), 'gateway');
  for (let port = 1; port <= 1025; port += 1) {
    const heard = udp(
      { source: link.gatewayIp, target: link.privateIp, mac: gatewayMac },
      port,
      53,
    );
    filter.observe(heard, 0, heard.length);
  }
  assert.equal(
    judge(udp({ target: link.gatewayIp }, 53, 1), filter),
    'gateway',
    'oldest forgotten',
  );
  assert.equal(judge(udp({ target: link.gatewayIp }, 53, 1025), filter), 'up');
});

test('DNS server: port 53 only', () => {
  const target = link.dnsIp;
  assert.equal(judge(udp({ target }, 5000, 53)), 'up');
  assert.equal(judge(tcp({ target }, tcpSyn, 53)), 'up');
  assert.equal(judge(tcp({ target }, tcpSyn, 8773)), 'dns-port');
  assert.equal(judge(udp({ target }, 5000, 5353)), 'dns-port');
  assert.equal(judge(icmp({ target }, 8)), 'dns-port');
  assert.equal(judge(fragment(udp({ target }, 5000, 53), 0x2000)), 'dns-port');
});

test("the rest of the subnet and the host's own ranges are refused", () => {
  for (const target of ['172.31.0.0', '172.31.0.77', '172.31.15.255', link.privateIp]) {
    assert.equal(judge(tcp({ target }, tcpSyn)), 'subnet', target);
    assert.equal(judge(udp({ target }, 5000, 53)), 'subnet', target);
  }
  for (const target of [
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.0.1',
    '169.254.169.253',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.254',
  ]) {
    assert.equal(judge(tcp({ target }, tcpSyn)), 'reserved', target);
    assert.equal(judge(udp({ target }, 5000, 53)), 'reserved', target);
  }
});

test('headers whose lengths do not fit are refused', () => {
  const whole = tcp({ target: publicAddress }, tcpSyn);
  for (let length = 0; length < 34; length += 1) {
    assert.equal(judge(whole.subarray(0, length)), 'malformed', `${length} bytes`);
  }
  const change = (at: number, value: number) => {
    const copy = Buffer.from(whole);
    copy[at] = value;
    return copy;
  };
  assert.equal(judge(change(14, 0x65)), 'malformed', 'version');
  assert.equal(judge(change(14, 0x44)), 'malformed', 'header shorter than itself');
  assert.equal(judge(change(14, 0x4f)), 'malformed', 'header longer than the packet');
  assert.equal(judge(change(17, 255)), 'malformed', 'packet longer than the frame');
  const short = ipv4({ target: link.gatewayIp }, protocolTcp, () => Buffer.alloc(13));
  assert.equal(judge(short), 'malformed', 'TCP without flags');
});

test('options in the IPv4 header do not hide the flags of TCP', () => {
  const plain = tcp({ target: link.gatewayIp }, tcpSyn);
  const options = Buffer.alloc(8, 1);
  const frame = Buffer.concat([plain.subarray(0, 34), options, plain.subarray(34)]);
  frame[14] = 0x47;
  frame.writeUInt16BE(frame.length - 14, 16);
  assert.equal(judge(frame), 'gateway');
});

test('whatever a guest sends, nothing throws, and no mutation of a refused frame gets to the loopback', () => {
  let state = 1;
  const roll = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const seeds = [
    tcp({ target: link.gatewayIp }, tcpSyn),
    udp({ target: '127.0.0.1' }, 5000, 53),
    udp({ target: '172.31.0.16' }, 5000, 53),
    tcp({ target: metadataAddress }, tcpSyn),
    buildArp(1, toGateway, { source: parseIpv4Address(link.privateIp), target: 1 }),
  ];
  const listener = new TcpListener({ send() {}, onConnection: (c) => c.resume() });
  const filter = new LinkFilter(link, { nowMs: () => 0 });
  const rule = { protocol: protocolTcp, from: 1, to: 80, peer: { cidr: '172.31.0.0/16' } };
  const firewall = new Firewall({ groupIds: [], ingress: [rule], egress: [rule] });
  filter.vpc = { range: parseIpv4Range('172.31.0.0/16'), firewall };
  const guest = { ip: 1, mac: 2, firewall, asked: new RecentFlows() };
  const loopback = [link.gatewayIp, '127.0.0.1'].map(parseIpv4Address);
  for (let count = 0; count < 100_000; count += 1) {
    const frame = Buffer.from(seeds[roll(seeds.length)] as Buffer);
    for (let change = roll(4); change >= 0; change -= 1)
      frame[12 + roll(frame.length - 12)] = roll(256);
    const cut = frame.subarray(0, roll(8) === 0 ? roll(frame.length) : frame.length);
    const verdict = filter.judge(cut, 0, cut.length);
    const packet = cut.length > 14 ? parseIpv4(cut, 0, cut.length) : undefined;
    const segment = packet && parseTcp(cut, packet.payloadStart, packet.payloadEnd);
    if (verdict === 'vpc' && packet) passes(guest, guest, trafficOf(cut, packet));
    if (verdict === 'metadata-tcp' && segment) listener.receive(segment);
    if (verdict !== 'up' || cut.readUInt16BE(12) !== 0x0800 || !packet) continue;
    if (!loopback.includes(packet.target)) continue;
    assert.equal(packet.target, loopback[0], 'only the gateway may be spoken to');
    const opens = segment && (segment.flags & (tcpSyn | tcpAck)) === tcpSyn;
    assert.ok(
      packet.protocol !== protocolTcp || !opens,
      `opens a connection: ${cut.toString('hex')}`,
    );
    assert.notEqual(packet.protocol, protocolUdp, 'UDP other than DHCP');
  }
  listener.close();
});

test('the host’s own addresses are refused, but for what the operator opened', async (t) => {
  const addresses = await HostAddresses.watch();
  t.after(() => addresses.close());
  const isOfHost = (address: number) => addresses.has(address);
  const outside = Object.values(networkInterfaces())
    .flatMap((one) => one ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  // On a host without a network an address stands in for one of its own.
  const [target = '198.51.100.7'] = outside;
  const filterWith = (hostReach?: HostReach) =>
    new LinkFilter(link, {
      isOfHost: (address) => isOfHost(address) || address === parseIpv4Address(target),
      hostReach,
    });
  const web = tcp({ target }, tcpSyn, 80);
  for (const frame of [web, udp({ target }, 5000, 53), icmp({ target }, 8)]) {
    assert.equal(judge(frame, filterWith()), 'host');
    assert.equal(judge(frame, filterWith('all')), 'up');
  }
  const opened = filterWith([{ address: parseIpv4Address(target), port: 80 }]);
  assert.equal(judge(web, opened), 'up');
  assert.equal(judge(tcp({ target }, tcpAck, 80), opened), 'up');
  assert.equal(judge(tcp({ target }, tcpSyn, 81), opened), 'host');
  assert.equal(judge(icmp({ target }, 8), opened), 'host');
  for (const filter of [filterWith(), opened]) {
    assert.equal(judge(udp({ target: link.dnsIp }, 5000, 53), filter), 'up');
    assert.equal(judge(tcp({ target: publicAddress }, tcpSyn), filter), 'up');
    assert.equal(judge(tcp({ target: metadataAddress }, tcpSyn), filter), 'metadata-tcp');
  }
  for (const loopback of ['127.0.0.1', '127.37.0.15']) {
    assert.equal(judge(tcp({ target: loopback }, tcpSyn), filterWith('all')), 'reserved');
  }
});

/**
 * Guests of one network with each other, frame by frame: the test is what QEMU is at each cable.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../foundations/log.ts';
import type { GuestVpc, Network } from '../network.ts';
import { createUserModeNetwork } from './link.ts';
import {
  buildArp,
  buildIpv4,
  buildTcp,
  buildUdp,
  parseArp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseUdp,
  protocolTcp,
  protocolUdp,
  tcpAck,
  tcpSyn,
} from './packets.ts';
import { QemuEnd, until } from './test-qemu-end.ts';

const gatewayMac = parseMacAddress('52:55:ac:1f:00:01');
const broadcastMac = 0xffff_ffff_ffff;
const everything = [{ peer: { cidr: '0.0.0.0/0' } }];
const vpc: GuestVpc = {
  id: 'vpc-1',
  cidr: '172.31.0.0/16',
  domain: 'ec2.internal',
  groupIds: ['sg-a'],
  ingress: everything,
  egress: everything,
};

function network(): Network {
  return createUserModeNetwork({ log: silentLog });
}

/** A guest whose card and uplink are plugged in; the last byte of its addresses is its number. */
async function guest(t: TestContext, on: Network, number: number, of: Partial<GuestVpc> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'ipr-'));
  const nic = new QemuEnd(path.join(folder, 'nic.sock'));
  const up = new QemuEnd(path.join(folder, 'up.sock'));
  await Promise.all([nic.listen(), up.listen()]);
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
  const link = {
    mac,
    privateIp: `172.31.0.${number}`,
    subnetCidr: '172.31.0.0/20',
    gatewayIp: '172.31.0.1',
    dnsIp: '172.31.0.2',
  };
  const cable = on.attach(folder, link, { onMetadataConnection: (each) => each.destroy() });
  cable.join({ ...vpc, ...of });
  t.after(async () => {
    await cable.close();
    await Promise.all([nic.stop(), up.stop()]);
    await rm(folder, { recursive: true });
  });
  await until(() => cable.status().nic && cable.status().up);
  return { nic, up, cable, mac: parseMacAddress(mac), ip: parseIpv4Address(link.privateIp) };
}

type Guest = Awaited<ReturnType<typeof guest>>;

function udp(from: Guest, to: Pick<Guest, 'ip' | 'mac'>, text = 'hello', port = 6000): Buffer {
  const ips = { source: from.ip, target: to.ip };
  const payload = buildUdp(ips, { source: 5000, target: port }, Buffer.from(text));
  return buildIpv4({ source: from.mac, target: to.mac }, ips, protocolUdp, payload);
}

function tcp(from: Guest, to: Guest, flags: number, sourcePort = 4000, targetPort = 80): Buffer {
  const ips = { source: from.ip, target: to.ip };
  const segment = { sourcePort, targetPort, sequence: 1, acknowledgment: 1, flags };
  const bytes = buildTcp(ips, { ...segment, windowBytes: 1000, payload: Buffer.alloc(0) });
  return buildIpv4({ source: from.mac, target: to.mac }, ips, protocolTcp, bytes);
}

/** What the guest is given, once as much has come as is expected; nothing more comes after it. */
async function received({ nic }: Guest, count: number): Promise<Buffer[]> {
  await until(() => nic.frames.length >= count);
  await sleep(20);
  return nic.frames.splice(0);
}

const textOf = (frame: Buffer) => {
  const packet = parseIpv4(frame, 0, frame.length);
  return packet && parseUdp(frame, packet)?.payload.toString();
};

test('a frame reaches the other guest as it was sent, many at once in their order', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6)];
  const sent = Array.from({ length: 300 }, (_, index) => udp(a, b, `${index} ${'x'.repeat(900)}`));
  a.nic.send(...sent);
  assert.deepEqual(await received(b, sent.length), sent);
  b.nic.send(udp(b, a, 'back'));
  assert.deepEqual((await received(a, 1)).map(textOf), ['back']);
  assert.deepEqual([a.up.frames, b.up.frames], [[], []], 'nothing of it goes up');
});

test('runs of frames for several targets each go to their own', async (t) => {
  const on = network();
  const [a, b, c] = [await guest(t, on, 5), await guest(t, on, 6), await guest(t, on, 7)];
  const outside = { ip: parseIpv4Address('93.184.216.34'), mac: gatewayMac };
  const targets = [b, c, outside, b, outside, c, c];
  a.nic.send(...targets.map((target, index) => udp(a, target, String(index))));
  assert.deepEqual((await received(b, 2)).map(textOf), ['0', '3']);
  assert.deepEqual((await received(c, 3)).map(textOf), ['1', '5', '6']);
  await until(() => a.up.frames.length === 2);
  assert.deepEqual(a.up.frames.map(textOf), ['2', '4']);
});

test('the link answers who has a guest’s address, with that guest’s own MAC', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6)];
  const ask = (ip: string) => {
    const ips = { source: a.ip, target: parseIpv4Address(ip) };
    return buildArp(1, { source: a.mac, target: broadcastMac }, ips);
  };
  a.nic.send(ask('172.31.0.6'), ask('172.31.0.7'), ask('172.31.0.5'), ask('172.31.0.1'));
  const [answer] = await received(a, 1);
  const arp = answer && parseArp(answer, 0, answer.length);
  assert.deepEqual([arp?.operation, arp?.senderMac, arp?.senderIp], [2, b.mac, b.ip]);
  await until(() => a.up.frames.length === 2);
  const asked = a.up.frames.map((frame) => parseArp(frame, 0, frame.length)?.targetIp);
  assert.deepEqual(asked, [a.ip, parseIpv4Address('172.31.0.1')], 'QEMU’s and its own go up');
  assert.deepEqual(b.nic.frames, []);
});

test('by way of the router’s MAC as well: what counts is the address', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6)];
  a.nic.send(udp(a, { ip: b.ip, mac: gatewayMac }, 'routed'));
  const [frame] = await received(b, 1);
  assert.equal(frame && textOf(frame), 'routed');
  assert.equal(frame?.readUIntBE(0, 6), b.mac);
});

test('nobody sends in another’s name, or to who is not there', async (t) => {
  const on = network();
  const [a, b, c] = [await guest(t, on, 5), await guest(t, on, 6), await guest(t, on, 7)];
  const nobody = { ip: parseIpv4Address('172.31.0.9'), mac: gatewayMac };
  const far = { ip: parseIpv4Address('172.31.200.9'), mac: gatewayMac };
  a.nic.send(
    udp({ ...a, ip: c.ip }, b),
    udp({ ...a, mac: c.mac }, b),
    udp(a, nobody),
    udp(a, far),
    udp(a, a),
    udp(a, b, 'honest'),
  );
  assert.deepEqual((await received(b, 1)).map(textOf), ['honest']);
  assert.deepEqual(a.cable.status().dropped, { 'foreign-ip': 1, 'foreign-mac': 1, subnet: 3 });
  assert.deepEqual(a.up.frames, []);
  assert.deepEqual(a.nic.frames, []);
});

test('never into another VPC, whatever the addresses', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6)];
  const stranger = await guest(t, on, 7, { id: 'vpc-2' });
  const twin = await guest(t, on, 6, { id: 'vpc-2' });
  a.nic.send(udp(a, stranger), udp(a, b, 'ours'));
  stranger.nic.send(udp(stranger, a), udp(stranger, b, 'theirs'));
  assert.deepEqual((await received(b, 1)).map(textOf), ['ours']);
  assert.deepEqual((await received(twin, 1)).map(textOf), ['theirs']);
  assert.deepEqual([a.nic.frames, stranger.nic.frames], [[], []]);
});

test('a change of rules holds from the next frame on, with the cable plugged in', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6, { ingress: [] })];
  const opens = () => a.nic.send(tcp(a, b, tcpSyn));
  const answers = () => b.nic.send(tcp(b, a, tcpSyn | tcpAck, 80, 4000));
  opens();
  await until(() => a.cable.status().dropped['security-group'] === 1);
  b.cable.join({ ...vpc, ingress: [{ peer: { groupId: 'sg-a' } }] });
  a.cable.join({ ...vpc, ingress: [] });
  opens();
  await received(b, 1);
  answers();
  await received(a, 1);
  a.cable.join({ ...vpc, ingress: [], groupIds: ['sg-b'] });
  opens();
  answers();
  await until(() => a.cable.status().dropped['security-group'] === 2);
  await until(() => b.cable.status().dropped['security-group'] === 1);
  assert.deepEqual([a.nic.frames, b.nic.frames], [[], []]);
  assert.equal(b.cable.status().nic, true);
});

test('egress rules hold for what goes elsewhere, but for neither DNS nor what answers the host', async (t) => {
  const egress = [{ protocol: protocolUdp, from: 123, to: 123, peer: { cidr: '93.0.0.0/8' } }];
  const a = await guest(t, network(), 5, { egress });
  const outside = { ip: parseIpv4Address('93.184.216.34'), mac: gatewayMac };
  const other = { ip: parseIpv4Address('94.184.216.34'), mac: gatewayMac };
  const gateway = { ...a, ip: parseIpv4Address('172.31.0.1'), mac: gatewayMac };
  const dns = { ip: parseIpv4Address('172.31.0.2'), mac: gatewayMac };
  a.nic.send(
    udp(a, outside, 'time', 123),
    udp(a, outside, 'other port', 124),
    udp(a, other, 'other address', 123),
    udp(a, dns, 'no question', 53),
    tcp(a, gateway, tcpSyn | tcpAck, 22, 4000),
  );
  await until(() => a.up.frames.length === 3);
  assert.deepEqual(a.up.frames.map(textOf), ['time', 'no question', undefined]);
  assert.deepEqual(a.cable.status().dropped, { egress: 2 });
});

test('the name server of the subnet knows the names of guests; others it passes on', async (t) => {
  const a = await guest(t, network(), 5);
  const dns = { ip: parseIpv4Address('172.31.0.2'), mac: gatewayMac };
  const ask = (host: string) => {
    const labels = host.split('.').map((label) => String.fromCharCode(label.length) + label);
    const head = Buffer.from('abcd01000001000000000000', 'hex');
    const question = Buffer.concat([head, Buffer.from(`${labels.join('')}\0\0\x01\0\x01`)]);
    const ips = { source: a.ip, target: dns.ip };
    const datagram = buildUdp(ips, { source: 5000, target: 53 }, question);
    return buildIpv4({ source: a.mac, target: dns.mac }, ips, protocolUdp, datagram);
  };
  a.nic.send(ask('ip-172-31-0-6.ec2.internal'), ask('example.com'));
  const [frame] = await received(a, 1);
  const packet = frame && parseIpv4(frame, 0, frame.length);
  const answer = packet && parseUdp(frame, packet);
  assert.equal(packet?.source, dns.ip);
  assert.deepEqual([answer?.sourcePort, answer?.targetPort], [53, 5000]);
  assert.equal(answer?.payload.subarray(-4).toString('hex'), 'ac1f0006');
  await until(() => a.up.frames.length === 1);
});

test('a card that does not keep up loses frames, and holds up nobody', async (t) => {
  const on = network();
  const [a, b, c] = [await guest(t, on, 5), await guest(t, on, 6), await guest(t, on, 7)];
  b.nic.socket?.pause();
  const flood = Array.from({ length: 40 }, () => udp(a, b, 'x'.repeat(1400)));
  while ((a.cable.status().dropped['peer-busy'] ?? 0) < 100) {
    a.nic.send(...flood);
    await sleep(1);
  }
  a.nic.send(udp(a, c, 'past it'));
  assert.deepEqual((await received(c, 1)).map(textOf), ['past it']);
  b.nic.socket?.resume();
  await until(() => b.nic.frames.length > 0);
});

test('a guest that another floods hears its own uplink all the same', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6)];
  const card = b.nic.socket;
  let heard = 0;
  b.nic.onFrame = (frame) => {
    if (textOf(frame)?.startsWith('up')) heard += 1;
  };
  // Slower than the flood: what waits for it never comes to an end.
  card?.on('data', () => {
    card.pause();
    setTimeout(() => card.resume(), 2);
  });
  const flood = Array.from({ length: 400 }, () => udp(a, b, 'x'.repeat(1400)));
  const router = { ...b, ip: parseIpv4Address('172.31.0.1'), mac: gatewayMac };
  const answers = Array.from({ length: 1000 }, (_, index) => udp(router, b, `up ${index}`));
  while ((a.cable.status().dropped['peer-busy'] ?? 0) === 0) {
    a.nic.send(...flood);
    await sleep(1);
  }
  b.up.send(...answers);
  while (heard < answers.length) {
    a.nic.send(...flood);
    await sleep(1);
  }
});

test('who left is not there any more; before it joined a guest is alone', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6)];
  b.cable.join(undefined);
  a.nic.send(udp(a, b));
  b.nic.send(udp(b, a));
  await until(() => a.cable.status().dropped.subnet === 1);
  await until(() => b.cable.status().dropped.subnet === 1);
  b.cable.join(vpc);
  a.nic.send(udp(a, b, 'again'));
  assert.deepEqual((await received(b, 1)).map(textOf), ['again']);
  await b.cable.close();
  a.nic.send(udp(a, b));
  await until(() => a.cable.status().dropped.subnet === 2);
});

/** What guests of one network let pass, and what is left of each while another floods it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  buildIpv4,
  buildUdp,
  parseIpv4,
  parseIpv4Address,
  parseUdp,
  protocolUdp,
  tcpAck,
  tcpSyn,
} from './packets.ts';
import { gatewayMac, guest, network, received, tcp, textOf, udp, vpc } from './test-peers.ts';
import { until } from './test-qemu-end.ts';

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

/** Guests of one network with each other, frame by frame. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildArp, parseArp, parseIpv4Address } from './packets.ts';
import {
  broadcastMac,
  gatewayMac,
  guest,
  network,
  received,
  textOf,
  udp,
  vpc,
} from './test-peers.ts';
import { until } from './test-qemu-end.ts';

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

test('a guest in another subnet of the VPC is reached through the router, and answers so', async (t) => {
  const on = network();
  const [a, b] = [await guest(t, on, 5), await guest(t, on, 6, {}, '172.31.64')];
  a.nic.send(udp(a, { ip: b.ip, mac: gatewayMac }, 'there'));
  assert.deepEqual((await received(b, 1)).map(textOf), ['there']);
  b.nic.send(udp(b, { ip: a.ip, mac: gatewayMac }, 'back'));
  assert.deepEqual((await received(a, 1)).map(textOf), ['back']);
  const ips = { source: a.ip, target: b.ip };
  a.nic.send(buildArp(1, { source: a.mac, target: broadcastMac }, ips));
  await until(() => a.up.frames.length === 1);
  assert.deepEqual(a.nic.frames, [], 'nobody answers for it in this subnet');
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

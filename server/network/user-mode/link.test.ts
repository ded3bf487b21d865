import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../foundations/log.ts';
import { encodeFrame } from './frames.ts';
import { createUserModeNetwork } from './link.ts';
import {
  buildArp,
  buildIpv4,
  buildTcp,
  buildUdp,
  checksum,
  parseArp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseTcp,
  protocolTcp,
  protocolUdp,
} from './packets.ts';
import { TcpPeer } from './tcp-peer.ts';
import { QemuEnd, until } from './test-qemu-end.ts';

const guestLink = {
  mac: '02:12:34:56:78:9a',
  privateIp: '172.31.0.15',
  subnetCidr: '172.31.0.0/20',
  gatewayIp: '172.31.0.1',
  dnsIp: '172.31.0.2',
};
const guestMac = parseMacAddress(guestLink.mac);
const gatewayMac = parseMacAddress('52:55:ac:1f:00:01');
const guestIp = parseIpv4Address(guestLink.privateIp);
const metadataIp = parseIpv4Address('169.254.169.254');
const outside = parseIpv4Address('93.184.216.34');

async function plugIn(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'ilk-'));
  const http = createHttpServer((request, response) => response.end(`answer to ${request.url}`));
  const nic = new QemuEnd(path.join(folder, 'nic.sock'));
  const up = new QemuEnd(path.join(folder, 'up.sock'));
  const attachment = createUserModeNetwork({ log: silentLog }).attach(folder, guestLink, {
    onMetadataConnection: (connection) => http.emit('connection', connection),
  });
  t.after(async () => {
    await attachment.close();
    await Promise.all([nic.stop(), up.stop()]);
    await rm(folder, { recursive: true });
  });
  const connected = async () => {
    await until(() => nic.socket !== undefined && up.socket !== undefined);
    await until(() => attachment.status().nic && attachment.status().up);
  };
  return { nic, up, attachment, connected };
}

function datagram(
  text: string | Buffer,
  direction: 'out' | 'in' = 'out',
  target = outside,
): Buffer {
  const ends = [guestIp, target] as const;
  const [source, destination] = direction === 'out' ? ends : ([target, guestIp] as const);
  const macs =
    direction === 'out'
      ? { source: guestMac, target: gatewayMac }
      : { source: gatewayMac, target: guestMac };
  const ips = { source, target: destination };
  const payload = buildUdp(ips, { source: 5000, target: 6000 }, Buffer.from(text));
  return buildIpv4(macs, ips, protocolUdp, payload);
}

test('copies frames both ways, refuses what the filter refuses, and counts it', async (t) => {
  const { nic, up, attachment, connected } = await plugIn(t);
  await Promise.all([nic.listen(), up.listen()]);
  await connected();
  const allowed = [datagram('a'), datagram('bb'), datagram('c'.repeat(1400)), datagram('d')];
  const refused = datagram('x', 'out', parseIpv4Address('127.0.0.1'));
  const [a, b, c, d] = allowed as [Buffer, Buffer, Buffer, Buffer];
  nic.send(a, refused, b, c, refused, d);
  await until(() => up.frames.length >= 4);
  assert.deepEqual(up.frames, allowed);
  assert.deepEqual(attachment.status().dropped, { reserved: 2 });
  const inward = [datagram('e', 'in'), datagram('f', 'in')];
  up.send(...inward);
  await until(() => nic.frames.length >= 2);
  assert.deepEqual(nic.frames, inward);
  const bytes = (frames: Buffer[]) => frames.reduce((sum, { length }) => sum + length, 0);
  // What the filter refuses has left the card, too.
  assert.deepEqual(attachment.traffic(), {
    receivedBytes: bytes(inward),
    receivedPackets: 2,
    sentBytes: bytes([...allowed, refused, refused]),
    sentPackets: 6,
  });
});

test('connects whenever either end comes (back), and drops frames meanwhile', async (t) => {
  const { nic, up, attachment, connected } = await plugIn(t);
  await nic.listen();
  await until(() => attachment.status().nic);
  nic.send(datagram('lost: nobody there'));
  await up.listen();
  await connected();
  nic.send(datagram('first'));
  await until(() => up.frames.length > 0);
  assert.deepEqual(up.frames, [datagram('first')]);

  await Promise.all([nic.stop(), up.stop()]);
  await until(() => !attachment.status().nic && !attachment.status().up);
  await Promise.all([nic.listen(), up.listen()]);
  await connected();
  nic.send(datagram('second'));
  await until(() => up.frames.length > 1);
  assert.deepEqual(up.frames.at(-1), datagram('second'));
});

test('an end that is out of step is connected again', async (t) => {
  const { nic, up, connected } = await plugIn(t);
  await Promise.all([nic.listen(), up.listen()]);
  await connected();
  const first = nic.socket;
  first?.write(Buffer.alloc(8, 0xff));
  await until(() => nic.socket !== undefined && nic.socket !== first);
  await connected();
  nic.send(datagram('again'));
  await until(() => up.frames.length > 0);
  assert.deepEqual(up.frames, [datagram('again')]);
});

test('an end that takes nothing stops the reading of the other, and nothing is lost', async (t) => {
  const { nic, up, connected } = await plugIn(t);
  await Promise.all([nic.listen(), up.listen()]);
  await connected();
  up.socket?.pause();
  const frame = datagram(Buffer.alloc(1400));
  const batch = Buffer.concat(Array.from({ length: 100 }, () => encodeFrame(frame)));
  let sent = 0;
  // QEMU's socket buffers, ours and the bounded one between them take some; then writing must
  // stall.
  while (nic.socket?.write(batch) || (nic.socket?.writableLength ?? 0) < 20 * batch.length) {
    sent += 100;
    assert.ok(sent < 100_000, 'the link reads without end');
    await sleep(1);
  }
  sent += 100;
  await sleep(50);
  assert.ok((nic.socket?.writableLength ?? 0) > 10 * batch.length, 'still stalled');
  let arrived = 0;
  up.onFrame = () => {
    arrived += 1;
  };
  up.socket?.resume();
  await until(() => arrived === sent);
});

test('answers ARP and HTTP as 169.254.169.254, with right checksums', async (t) => {
  const { nic, up, connected } = await plugIn(t);
  await Promise.all([nic.listen(), up.listen()]);
  await connected();
  const broadcast = { source: guestMac, target: 0xffff_ffff_ffff };
  nic.send(buildArp(1, broadcast, { source: guestIp, target: metadataIp }));
  await until(() => nic.frames.length > 0);
  const [reply] = nic.frames as [Buffer];
  const arp = parseArp(reply, 0, reply.length);
  assert.equal(arp?.operation, 2);
  assert.equal(arp?.senderIp, metadataIp);
  const metadataMac = arp?.senderMac ?? 0;

  const peer = new TcpPeer({
    port: 40_000,
    send: (segment) => {
      const ips = { source: guestIp, target: metadataIp };
      const macs = { source: guestMac, target: metadataMac };
      nic.send(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment)));
    },
  });
  t.after(() => peer.close());
  nic.onFrame = (frame) => {
    const packet = parseIpv4(frame, 0, frame.length);
    assert.ok(packet && packet.source === metadataIp && packet.target === guestIp);
    assert.equal(checksum(frame, 14, 34), 0, 'IPv4 checksum');
    const tcpLength = packet.payloadEnd - packet.payloadStart;
    const pseudo = Buffer.alloc(12);
    frame.copy(pseudo, 0, 26, 34);
    pseudo[9] = protocolTcp;
    pseudo.writeUInt16BE(tcpLength, 10);
    const summed = Buffer.concat([pseudo, frame.subarray(packet.payloadStart, packet.payloadEnd)]);
    assert.equal(checksum(summed, 0, summed.length), 0, 'TCP checksum');
    const segment = parseTcp(frame, packet.payloadStart, packet.payloadEnd);
    if (segment) peer.receive(segment);
  };
  await peer.connect();
  peer.write(Buffer.from('GET /latest/ HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n'));
  await once(peer, 'end');
  assert.match(peer.received.toString(), /answer to \/latest\/$/);
  assert.deepEqual(up.frames, [], 'nothing of it goes up');
});

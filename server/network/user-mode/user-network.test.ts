/**
 * The link before QEMU's own user network, without a machine: the test is the guest. It shows first
 * that the threat is real (a frame put on the far side of the filter does reach the host's
 * loopback), then that the filter takes it away and leaves what a guest needs.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../foundations/log.ts';
import { encodeFrame, FrameReader } from './frames.ts';
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
  parseTcp,
  protocolTcp,
  protocolUdp,
  tcpAck,
  tcpSyn,
} from './packets.ts';

const guestLink = {
  mac: '02:12:34:56:78:9a',
  privateIp: '172.31.0.15',
  subnetCidr: '172.31.0.0/20',
  gatewayIp: '172.31.0.1',
  dnsIp: '172.31.0.2',
};
const guestMac = parseMacAddress(guestLink.mac);
const guestIp = parseIpv4Address(guestLink.privateIp);
const gatewayIp = parseIpv4Address(guestLink.gatewayIp);

function tcp(
  target: string,
  targetPort: number,
  flags: number,
  acknowledgment = 0,
  gatewayMac = 0,
) {
  const ips = { source: guestIp, target: parseIpv4Address(target) };
  const segment = {
    sourcePort: 40_000,
    targetPort,
    sequence: 1,
    acknowledgment,
    flags,
    windowBytes: 1000,
    payload: Buffer.alloc(0),
  };
  const macs = { source: guestMac, target: gatewayMac };
  return buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment));
}

function arpForGateway(): Buffer {
  const macs = { source: guestMac, target: 0xffff_ffff_ffff };
  return buildArp(1, macs, { source: guestIp, target: gatewayIp });
}

async function connectWhenThere(socketPath: string): Promise<Socket> {
  for (;;) {
    const socket = connect(socketPath);
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      await sleep(10);
    }
  }
}

/** Frames that came from one side, and how to wait for one. */
class Frames {
  readonly frames: Buffer[] = [];

  constructor(socket: Socket) {
    const reader = new FrameReader((buffer, start, end) =>
      this.frames.push(Buffer.from(buffer.subarray(start, end))),
    );
    socket.on('data', (chunk) => reader.push(chunk));
  }

  async find<T>(pick: (frame: Buffer) => T | undefined): Promise<T> {
    for (;;) {
      for (const frame of this.frames) {
        const found = pick(frame);
        if (found !== undefined) return found;
      }
      await sleep(5);
    }
  }
}

function arpOf(frame: Buffer) {
  return frame.readUInt16BE(12) === 0x0806 ? parseArp(frame, 0, frame.length) : undefined;
}

function segmentOf(frame: Buffer) {
  const packet = frame.readUInt16BE(12) === 0x0800 ? parseIpv4(frame, 0, frame.length) : undefined;
  if (packet?.protocol !== protocolTcp) return undefined;
  const segment = parseTcp(frame, packet.payloadStart, packet.payloadEnd);
  return segment && { ...segment, source: packet.source };
}

/**
 * QEMU with a user network and no machine, its end of the link at up.sock, and something secret on
 * the host's loopback.
 */
async function startUserNetwork(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'iun-'));
  const secret = createServer((socket) => socket.destroy());
  secret.listen(0, '127.0.0.1');
  await once(secret, 'listening');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const forwardPort = (free.address() as AddressInfo).port;
  free.close();
  const user = [
    'user,id=nat0,ipv6=off,net=172.31.0.0/20,host=172.31.0.1,dns=172.31.0.2',
    'dhcpstart=172.31.0.15',
    `hostfwd=tcp:127.0.0.1:${forwardPort}-172.31.0.15:22`,
  ].join();
  const up = `stream,id=up0,server=on,addr.type=unix,addr.path=${folder}/up.sock`;
  const qemu: ChildProcess = spawn(
    'qemu-system-x86_64',
    ['-M', 'none', '-nodefaults', '-display', 'none'].concat(
      ['-netdev', user, '-netdev', up],
      [
        '-netdev',
        'hubport,id=h0,hubid=0,netdev=nat0',
        '-netdev',
        'hubport,id=h1,hubid=0,netdev=up0',
      ],
    ),
    { stdio: 'ignore' },
  );
  t.after(async () => {
    qemu.kill('SIGKILL');
    secret.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, forwardPort, secret, secretPort: (secret.address() as AddressInfo).port };
}

/** Addresses that the user network connects to the host's loopback. */
const loopbackAliases = ['172.31.0.1', '127.0.0.1', '0.0.0.0'];

test('without the filter a guest reaches the loopback of the host', async (t) => {
  const { folder, secret, secretPort } = await startUserNetwork(t);
  const up = await connectWhenThere(path.join(folder, 'up.sock'));
  // QEMU is killed at the end.
  up.on('error', () => {});
  t.after(() => up.destroy());
  const frames = new Frames(up);
  up.write(encodeFrame(arpForGateway()));
  const gatewayMac = await frames.find((frame) => arpOf(frame)?.senderMac);
  for (const target of loopbackAliases) {
    const reached = once(secret, 'connection');
    up.write(encodeFrame(tcp(target, secretPort, tcpSyn, 0, gatewayMac)));
    await reached;
    frames.frames.length = 0;
    up.write(encodeFrame(tcp(target, secretPort, 0x04, 0, gatewayMac)));
  }
});

test('with it the guest has DHCP, ARP and forwarded connections, and no loopback', async (t) => {
  const { folder, forwardPort, secret, secretPort } = await startUserNetwork(t);
  const nicServer = createServer();
  nicServer.listen(path.join(folder, 'nic.sock'));
  const plugged = once(nicServer, 'connection');
  const attachment = createUserModeNetwork({ log: silentLog }).attach(folder, guestLink, {
    onMetadataConnection: () => assert.fail('nobody asked'),
  });
  const [nic] = (await plugged) as [Socket];
  nic.on('error', () => {});
  t.after(async () => {
    await attachment.close();
    nic.destroy();
    nicServer.close();
  });
  while (!attachment.status().up) await sleep(5);
  const frames = new Frames(nic);

  nic.write(encodeFrame(dhcpDiscover()));
  const offered = await frames.find((frame) =>
    frame.readUInt16BE(12) === 0x0800 && frame.readUInt16BE(36) === 68
      ? frame.readUInt32BE(42 + 16)
      : undefined,
  );
  assert.equal(offered, guestIp);
  nic.write(encodeFrame(arpForGateway()));
  const gatewayMac = await frames.find((frame) => arpOf(frame)?.senderMac);

  secret.on('connection', () => assert.fail('the guest reached the loopback of the host'));
  for (const target of [...loopbackAliases, '172.31.0.77']) {
    nic.write(encodeFrame(tcp(target, secretPort, tcpSyn, 0, gatewayMac)));
  }

  // A forwarded connection comes from the gateway's address, and the guest's answer goes there.
  const client = connect(forwardPort, '127.0.0.1');
  t.after(() => client.destroy());
  const syn = await frames.find((frame) => {
    const segment = segmentOf(frame);
    return segment?.targetPort === 22 ? segment : undefined;
  });
  assert.equal(syn.source, gatewayIp);
  const ips = { source: guestIp, target: gatewayIp };
  const answer = {
    sourcePort: 22,
    targetPort: syn.sourcePort,
    sequence: 9,
    acknowledgment: syn.sequence + 1,
    flags: tcpSyn | tcpAck,
    windowBytes: 1000,
    payload: Buffer.alloc(0),
  };
  const macs = { source: guestMac, target: gatewayMac };
  nic.write(encodeFrame(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, answer))));
  await frames.find((frame) => (segmentOf(frame)?.acknowledgment === 10 ? true : undefined));
  assert.deepEqual(attachment.status().dropped, { gateway: 1, subnet: 1, reserved: 2 });
});

function dhcpDiscover(): Buffer {
  const message = Buffer.alloc(300);
  message.set([1, 1, 6, 0, 1, 2, 3, 4]);
  message.writeUIntBE(guestMac, 28, 6);
  message.set([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255], 236);
  const ips = { source: 0, target: 0xffff_ffff };
  const macs = { source: guestMac, target: 0xffff_ffff_ffff };
  return buildIpv4(macs, ips, protocolUdp, buildUdp(ips, { source: 68, target: 67 }, message));
}

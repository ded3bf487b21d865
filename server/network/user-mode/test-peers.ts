/** Guests of one network for tests: the test is what QEMU is at each cable. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../foundations/log.ts';
import type { GuestVpc, Network } from '../network.ts';
import { createUserModeNetwork } from './link.ts';
import {
  buildIpv4,
  buildTcp,
  buildUdp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseUdp,
  protocolTcp,
  protocolUdp,
} from './packets.ts';
import { QemuEnd, until } from './test-qemu-end.ts';

export const gatewayMac = parseMacAddress('52:55:ac:1f:00:01');
export const broadcastMac = 0xffff_ffff_ffff;
const everything = [{ peer: { cidr: '0.0.0.0/0' } }];
export const vpc: GuestVpc = {
  id: 'vpc-1',
  cidr: '172.31.0.0/16',
  domain: 'ec2.internal',
  groupIds: ['sg-a'],
  ingress: everything,
  egress: everything,
};

export function network(): Network {
  return createUserModeNetwork({ log: silentLog });
}

/** A guest whose card and uplink are plugged in; the last byte of its addresses is its number. */
export async function guest(
  t: TestContext,
  on: Network,
  number: number,
  of: Partial<GuestVpc> = {},
  subnet = '172.31.0',
) {
  const folder = await mkdtemp(path.join(tmpdir(), 'ipr-'));
  const nic = new QemuEnd(path.join(folder, 'nic.sock'));
  const up = new QemuEnd(path.join(folder, 'up.sock'));
  await Promise.all([nic.listen(), up.listen()]);
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
  const link = {
    mac,
    privateIp: `${subnet}.${number}`,
    subnetCidr: `${subnet}.0/20`,
    gatewayIp: `${subnet}.1`,
    dnsIp: `${subnet}.2`,
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

export type Guest = Awaited<ReturnType<typeof guest>>;

export function udp(
  from: Guest,
  to: Pick<Guest, 'ip' | 'mac'>,
  text = 'hello',
  port = 6000,
): Buffer {
  const ips = { source: from.ip, target: to.ip };
  const payload = buildUdp(ips, { source: 5000, target: port }, Buffer.from(text));
  return buildIpv4({ source: from.mac, target: to.mac }, ips, protocolUdp, payload);
}

export function tcp(
  from: Guest,
  to: Guest,
  flags: number,
  sourcePort = 4000,
  targetPort = 80,
): Buffer {
  const ips = { source: from.ip, target: to.ip };
  const segment = { sourcePort, targetPort, sequence: 1, acknowledgment: 1, flags };
  const bytes = buildTcp(ips, { ...segment, windowBytes: 1000, payload: Buffer.alloc(0) });
  return buildIpv4({ source: from.mac, target: to.mac }, ips, protocolTcp, bytes);
}

/** What the guest is given, once as much has come as is expected; nothing more comes after it. */
export async function received({ nic }: Guest, count: number): Promise<Buffer[]> {
  await until(() => nic.frames.length >= count);
  await sleep(20);
  return nic.frames.splice(0);
}

export const textOf = (frame: Buffer) => {
  const packet = parseIpv4(frame, 0, frame.length);
  return packet && parseUdp(frame, packet)?.payload.toString();
};

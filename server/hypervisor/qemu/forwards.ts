/**
 * Open ports of a machine, changed while it runs. QEMU offers this only as text for people (HMP), so its answers are
 * read as text; what is open is asked of QEMU each time, never remembered.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import {
  type GuestPort,
  type InnerPort,
  type PortForward,
  PortForwardError,
} from '../hypervisor.ts';
import { userNetwork } from './command-line.ts';
import type { QmpClient } from './qmp.ts';

/** Linux takes its own choice of ports from 32768 up; nothing here needs a privilege. */
const innerPortMin = 32_768;
const innerPortMax = 65_535;

/** Others take ports of all addresses too: with half of them taken, this fails once in a million. */
const triesMax = 20;

/** The inner ports of exactly these guest ports; QEMU is asked what is open, and tries what is free. */
export async function openInnerPorts(
  qmp: QmpClient,
  wanted: readonly GuestPort[],
): Promise<InnerPort[]> {
  const open = new Map<string, PortForward>();
  const keys = new Set(wanted.map(guestPortKey));
  for (const forward of parseForwards(await monitorCommand(qmp, 'info usernet'))) {
    const key = guestPortKey(forward);
    const stays = keys.has(key) && !open.has(key) && forward.hostPort >= innerPortMin;
    if (stays) open.set(key, forward);
    else await closeForward(qmp, forward);
  }
  const ports: InnerPort[] = [];
  for (const port of wanted) {
    const innerPort = open.get(guestPortKey(port))?.hostPort ?? (await openAnywhere(qmp, port));
    if (innerPort !== undefined) ports.push({ ...port, innerPort });
  }
  return ports;
}

async function openAnywhere(qmp: QmpClient, port: GuestPort): Promise<number | undefined> {
  for (let tries = 0; tries < triesMax; tries++) {
    const hostPort = randomInt(innerPortMin, innerPortMax + 1);
    if (await openForward(qmp, { ...port, hostPort })) return hostPort;
  }
  return undefined;
}

function guestPortKey({ protocol, hostIp, guestPort }: GuestPort): string {
  return `${protocol}:${hostIp}-${guestPort}`;
}

/** Makes the open ports exactly `wanted`. Throws PortForwardError for the first that cannot be opened. */
export async function applyForwards(qmp: QmpClient, wanted: PortForward[]): Promise<void> {
  const open = parseForwards(await monitorCommand(qmp, 'info usernet'));
  const wantedKeys = new Set(wanted.map(forwardKey));
  const openKeys = new Set(open.map(forwardKey));
  for (const forward of open) {
    if (wantedKeys.has(forwardKey(forward))) continue;
    await closeForward(qmp, forward);
  }
  for (const forward of wanted) {
    if (openKeys.has(forwardKey(forward))) continue;
    openKeys.add(forwardKey(forward));
    if (!(await openForward(qmp, forward))) {
      throw new PortForwardError(forward, await whyUnavailable(forward));
    }
  }
}

/** Without an address of the guest it is the one that DHCP gives: its only one. Resolves with whether it is open. */
async function openForward(qmp: QmpClient, forward: PortForward): Promise<boolean> {
  const { protocol, hostIp, hostPort, guestPort } = forward;
  const rule = `${protocol}:${hostIp}:${hostPort}-:${guestPort}`;
  // It says nothing when it has done it.
  return (await monitorCommand(qmp, `hostfwd_add ${userNetwork} ${rule}`)) === '';
}

async function closeForward(
  qmp: QmpClient,
  { protocol, hostIp, hostPort }: PortForward,
): Promise<void> {
  await monitorCommand(qmp, `hostfwd_remove ${userNetwork} ${protocol}:${hostIp}:${hostPort}`);
}

/** Reads the table of `info usernet`: protocol, file descriptor, source address and port, destination address and port. */
export function parseForwards(table: string): PortForward[] {
  const row = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+([\d.]+|\*)\s+(\d+)\s+[\d.]+\s+(\d+)\s/gm;
  return [...table.matchAll(row)].map(([, protocol, hostIp = '', hostPort, guestPort]) => ({
    protocol: protocol === 'TCP' ? 'tcp' : 'udp',
    hostIp: hostIp === '*' ? '0.0.0.0' : hostIp,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }));
}

function forwardKey({ protocol, hostIp, hostPort, guestPort }: PortForward): string {
  return `${protocol}:${hostIp}:${hostPort}-${guestPort}`;
}

async function monitorCommand(qmp: QmpClient, line: string): Promise<string> {
  const answer = await qmp.execute('human-monitor-command', { 'command-line': line });
  return String(answer).trim();
}

/** HMP does not tell the reason, so the port is tried here. */
async function whyUnavailable(forward: PortForward): Promise<PortForwardError['reason']> {
  const code = await (forward.protocol === 'tcp' ? tryTcp(forward) : tryUdp(forward));
  if (code === 'EADDRINUSE') return 'in-use';
  return code === 'EACCES' ? 'not-permitted' : 'unavailable';
}

function tryTcp({ hostIp, hostPort }: PortForward): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(hostPort, hostIp, () => server.close(() => resolve(undefined)));
  });
}

function tryUdp({ hostIp, hostPort }: PortForward): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code);
    });
    socket.bind(hostPort, hostIp, () => socket.close(() => resolve(undefined)));
  });
}

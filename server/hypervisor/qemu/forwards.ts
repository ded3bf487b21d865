/**
 * Open ports of a machine, changed while it runs. QEMU offers this only as text for people (HMP),
 * so its answers are read as text; what is open is asked of QEMU each time, never remembered.
 */
import { randomInt } from 'node:crypto';
import { highPortOffset, portMax, unprivilegedPortMin } from '../../foundations/host-ports.ts';
import type { PortForward } from '../hypervisor.ts';
import { userNetwork } from './command-line.ts';
import type { QmpClient } from './qmp.ts';

/** Linux takes its own choice of ports from here up; nothing there needs a privilege. */
const anyPortMin = 32_768;

/**
 * Others take ports of all addresses too: with half of them taken, this fails once in a million.
 */
const triesMax = 20;

/**
 * Makes the open ports exactly `wanted`; answers where each is. Those that can be had as wished
 * come first.
 */
export async function openForwards(
  qmp: QmpClient,
  wanted: readonly PortForward[],
): Promise<PortForward[]> {
  const open = await closeUnwanted(qmp, wanted);
  // QEMU is an ordinary process.
  const portMin = unprivilegedPortMin();
  const wishable = wanted.filter(({ hostPort }) => hostPort >= portMin);
  for (const [candidates, forwards] of [
    [wishCandidate, wishable],
    [otherCandidates, wanted],
  ] as const) {
    for (const forward of forwards) {
      const key = guestPortKey(forward);
      if (open.has(key)) continue;
      const hostPort = await openFirst(qmp, forward, candidates(forward));
      if (hostPort !== undefined) open.set(key, hostPort);
    }
  }
  return wanted.flatMap((forward) => {
    const hostPort = open.get(guestPortKey(forward));
    return hostPort === undefined ? [] : [{ ...forward, hostPort }];
  });
}

/** Ports of the guest that stay open, and where. */
async function closeUnwanted(
  qmp: QmpClient,
  wanted: readonly PortForward[],
): Promise<Map<string, number>> {
  const open = new Map<string, number>();
  const keys = new Set(wanted.map(guestPortKey));
  for (const forward of parseForwards(await monitorCommand(qmp, 'info usernet'))) {
    const key = guestPortKey(forward);
    if (keys.has(key) && !open.has(key)) open.set(key, forward.hostPort);
    else await closeForward(qmp, forward);
  }
  return open;
}

function wishCandidate({ hostPort }: PortForward): number[] {
  return [hostPort];
}

function otherCandidates({ hostPort, guestPort }: PortForward): number[] {
  const any = Array.from({ length: triesMax }, () => randomInt(anyPortMin, portMax + 1));
  const high = guestPort + highPortOffset;
  return hostPort === 0 || high > portMax ? any : [high, ...any];
}

async function openFirst(
  qmp: QmpClient,
  forward: PortForward,
  candidates: number[],
): Promise<number | undefined> {
  for (const hostPort of candidates) {
    if (await openForward(qmp, { ...forward, hostPort })) return hostPort;
  }
  return undefined;
}

function guestPortKey({ protocol, hostIp, guestPort }: PortForward): string {
  return `${protocol}:${hostIp}-${guestPort}`;
}

/**
 * Reads the table of `info usernet`: protocol, file descriptor, source address and port,
 * destination address and port.
 */
export function parseForwards(table: string): PortForward[] {
  const row = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+([\d.]+|\*)\s+(\d+)\s+[\d.]+\s+(\d+)\s/gm;
  return [...table.matchAll(row)].map(([, protocol, hostIp = '', hostPort, guestPort]) => ({
    protocol: protocol === 'TCP' ? 'tcp' : 'udp',
    hostIp: hostIp === '*' ? '0.0.0.0' : hostIp,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }));
}

async function closeForward(qmp: QmpClient, forward: PortForward): Promise<void> {
  const { protocol, hostIp, hostPort } = forward;
  await monitorCommand(qmp, `hostfwd_remove ${userNetwork} ${protocol}:${hostIp}:${hostPort}`);
}

/** Resolves with whether the port could be had. */
async function openForward(qmp: QmpClient, forward: PortForward): Promise<boolean> {
  // Without an address of the guest it is the one that DHCP gives: its only one.
  const { protocol, hostIp, hostPort, guestPort } = forward;
  const rule = `${protocol}:${hostIp}:${hostPort}-:${guestPort}`;
  // It says nothing when it has done it.
  return (await monitorCommand(qmp, `hostfwd_add ${userNetwork} ${rule}`)) === '';
}

async function monitorCommand(qmp: QmpClient, line: string): Promise<string> {
  const answer = await qmp.execute('human-monitor-command', { 'command-line': line });
  return String(answer).trim();
}

/**
 * Which ports of an instance's public address are open on this host. That is a loopback address,
 * where callers come from 127.0.0.1, and each open port is a listening socket: so many are opened,
 * and of ranges that would need more only the ports that servers are known by. Between instances
 * the rules hold whole, on their cables.
 */
import type { SecurityGroupRuleRow } from '../catalog/rows/network.ts';
import { cidrContains, parseCidr, parseIpv4 } from '../foundations/ipv4.ts';

/**
 * As many as fit the file descriptors of an instance's machine with ease, and more than tests of
 * infrastructure need.
 */
export const openPortsMax = 256;

/** Of ranges that are not opened whole. */
export const knownPorts = {
  tcp: [22, 53, 80, 443, 3000, 3306, 3389, 5000, 5432, 5900, 5985, 5986, 6379, 8000, 8080, 8443],
  udp: [53, 123, 161, 500, 514, 1194, 4500],
} as const;

export interface OpenPort {
  protocol: 'tcp' | 'udp';
  port: number;
}

interface PortRange {
  protocol: 'tcp' | 'udp';
  from: number;
  to: number;
}

/** In order, each once. Narrow ranges come first: what a rule names one by one is open. */
export function openPorts(rules: readonly SecurityGroupRuleRow[]): OpenPort[] {
  const ranges = rules.filter(isForCallers).flatMap(rangesOf);
  const open = new Map<string, OpenPort>();
  for (const range of ranges.sort((a, b) => a.to - a.from - (b.to - b.from))) {
    const { protocol, from, to } = range;
    const missing = allOf(range, openPortsMax).filter((port) => !open.has(nameOf(protocol, port)));
    const fits = to - from < openPortsMax && open.size + missing.length <= openPortsMax;
    const known = knownPorts[protocol].filter((port) => port >= from && port <= to);
    for (const port of fits ? missing : known) open.set(nameOf(protocol, port), { protocol, port });
  }
  return [...open.values()].sort((a, b) => a.protocol.localeCompare(b.protocol) || a.port - b.port);
}

const loopbackCaller = parseIpv4('127.0.0.1') as number;

function isForCallers({ direction, peer }: SecurityGroupRuleRow): boolean {
  const cidr = direction === 'ingress' && peer.kind === 'ipv4' ? parseCidr(peer.value) : undefined;
  return cidr !== undefined && cidrContains(cidr, loopbackCaller);
}

/** Nothing listens at port 0. */
function rangesOf({ protocol, fromPort, toPort }: SecurityGroupRuleRow): PortRange[] {
  if (protocol === '-1') {
    return (['tcp', 'udp'] as const).map((each) => ({ protocol: each, from: 1, to: 65_535 }));
  }
  if ((protocol !== 'tcp' && protocol !== 'udp') || toPort === 0) return [];
  return [{ protocol, from: Math.max(1, fromPort), to: toPort }];
}

function allOf({ from, to }: PortRange, max: number): number[] {
  return Array.from({ length: Math.min(to - from + 1, max) }, (_, index) => from + index);
}

function nameOf(protocol: string, port: number): string {
  return `${protocol} ${port}`;
}

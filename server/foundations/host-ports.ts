/** Ports of the host by which those of guests are reached: for whoever opens them. */
import { readFileSync } from 'node:fs';

export const portMax = 65_535;

/** Where a port of a guest is looked for that cannot be had as wished: 22 becomes 10022. */
export const highPortOffset = 10_000;

/** An ordinary process may open none below. */
export function unprivilegedPortMin(): number {
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
}

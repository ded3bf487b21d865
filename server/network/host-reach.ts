/**
 * What of the host guests may reach by its own addresses: nothing, unless the operator opens it.
 * Written as `all`, or as `address:port` separated by commas.
 */
import { parseIpv4 } from '../foundations/ipv4.ts';

export type HostReach = 'all' | readonly HostService[];

export interface HostService {
  address: number;
  port: number;
}

/** Throws RangeError where it is neither. */
export function parseHostReach(text: string): HostReach {
  if (text === 'all') return 'all';
  return text.split(',').map((item) => {
    const [, host = '', digits = ''] = /^([\d.]+):(\d{1,5})$/.exec(item.trim()) ?? [];
    const address = parseIpv4(host);
    const port = Number(digits);
    if (address === undefined || port < 1 || port > 65_535) {
      throw new RangeError(`not an IPv4 address and a port: ${item}`);
    }
    return { address, port };
  });
}

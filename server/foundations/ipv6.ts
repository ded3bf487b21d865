/**
 * IPv6 CIDR blocks as text in the form of RFC 5952. Guests have no IPv6: rules may name such
 * blocks, nothing more.
 */
import { isIPv6 } from 'node:net';

const groupBits = 16;
const groupCount = 8;

/** Bits beyond the prefix are cleared, as EC2 does; undefined where it is none. */
export function canonicalIpv6Cidr(text: string): string | undefined {
  const [, address = '', length = ''] = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const prefix = Number(length);
  if (!isIPv6(address) || prefix > groupBits * groupCount) return undefined;
  const groups = groupsOf(address).map((group, index) => {
    const kept = Math.min(groupBits, Math.max(0, prefix - index * groupBits));
    return group & (0xffff << (groupBits - kept)) & 0xffff;
  });
  // The parser of URLs writes addresses in that form.
  const { hostname } = new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`);
  return `${hostname.slice(1, -1)}/${prefix}`;
}

function groupsOf(address: string): number[] {
  const { hostname } = new URL(`http://[${address}]`);
  const [before = [], after = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(groupCount - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

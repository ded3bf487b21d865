/** IPv4 addresses and CIDR blocks as numbers. Nothing here knows of networks or rules. */
export interface Cidr {
  /** The network's first address. */
  address: number;
  prefix: number;
}

export function parseIpv4(text: string): number | undefined {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((address, octet) => address * 256 + octet, 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Bits beyond the prefix are cleared, as EC2 does: `100.68.0.18/18` is `100.68.0.0/18`. */
export function parseCidr(text: string): Cidr | undefined {
  const [, base = '', length = ''] = /^([\d.]+)\/(\d|[12]\d|3[0-2])$/.exec(text) ?? [];
  const address = parseIpv4(base);
  if (address === undefined) return undefined;
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  return { address: address - (address % size), prefix };
}

export function formatCidr({ address, prefix }: Cidr): string {
  return `${formatIpv4(address)}/${prefix}`;
}

export function cidrContains({ address, prefix }: Cidr, other: number): boolean {
  return other >= address && other < address + 2 ** (32 - prefix);
}

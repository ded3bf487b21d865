/**
 * The loopback addresses that instances get as public ones: one each, out of the network of this
 * Imago (site.ts).
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { parseCidr } from '../foundations/ipv4.ts';
import { freeAddresses, type Wanted } from './free-addresses.ts';

/** As many different free ones as there are, up to `max`. */
export async function allocatePublicIps(
  { instances }: CatalogReader,
  publicNetwork: string,
  { min, max }: Wanted,
): Promise<string[]> {
  const free = await freeAddresses(usable(publicNetwork), max, async (candidates) => {
    const rows = await instances.list({ where: { publicIp: candidates } });
    return rows.flatMap(({ publicIp = [] }) => publicIp);
  });
  if (free.length >= min) return free;
  throw new ServiceError(
    'InsufficientAddressCapacity',
    `There are ${free.length} free public addresses; ${min} are needed.`,
  );
}

/** The first and the last look like a network's own addresses to too many programs. */
function usable(network: string) {
  const cidr = parseCidr(network);
  if (!cidr) throw new Error(`${network} is no network`);
  return { first: cidr.address + 1, count: 2 ** (32 - cidr.prefix) - 2 };
}

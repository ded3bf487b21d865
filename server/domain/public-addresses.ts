/** The loopback addresses that instances get as public ones: one each, from the first one of this Imago on (site.ts). */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { formatIpv4, parseIpv4 } from '../foundations/ipv4.ts';

/** `x.y.0.0` and `x.y.255.255` look like a network's own addresses to too many programs. */
const usable = 2 ** 16 - 2;
/** Candidates asked for at once, beyond those that are needed. */
const spare = 16;

/** Different free ones. They go on where others were given out, so that one is not soon given to another instance again. */
export async function allocatePublicIps(
  { instances }: CatalogReader,
  firstPublicIp: string,
  count: number,
): Promise<string[]> {
  const first = parseIpv4(firstPublicIp) as number;
  const network = first - (first % 2 ** 16);
  const start = first - network - 1 + (await instances.count());
  const free: string[] = [];
  for (let asked = 0; asked < usable && free.length < count; ) {
    const batch = Math.min(count - free.length + spare, usable - asked);
    const candidates = Array.from({ length: batch }, (_, index) =>
      formatIpv4(network + 1 + ((start + asked + index) % usable)),
    );
    const used = await instances.list({ where: { publicIp: candidates } });
    const taken = new Set(used.map(({ publicIp }) => publicIp));
    free.push(...candidates.filter((candidate) => !taken.has(candidate)));
    asked += batch;
  }
  if (free.length >= count) return free.slice(0, count);
  throw new ServiceError(
    'InsufficientAddressCapacity',
    `There are ${free.length} free public addresses; ${count} are needed.`,
  );
}

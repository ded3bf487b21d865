/**
 * The host's own IPv4 addresses, from the kernel's routing tables: what a guest's packet would be
 * delivered to on this host. All of them, also of interfaces that are down or have no carrier (a
 * bridge without members answers too). Read again now and then, since addresses come and go.
 */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { type Cidr, cidrContains, parseCidr } from '../../foundations/ipv4.ts';

/** A new address is refused to guests this long after it came up at most. */
const refreshMs = 5_000;
const routesFile = '/proc/net/fib_trie';

export class HostAddresses {
  /** Blocks of addresses that are local; most are single ones. */
  #single: ReadonlySet<number> = new Set();
  #blocks: readonly Cidr[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Resolves when they are known. */
  static async watch(): Promise<HostAddresses> {
    const addresses = new HostAddresses();
    await addresses.refresh();
    addresses.#timer = setInterval(() => void addresses.refresh(), refreshMs);
    addresses.#timer.unref();
    return addresses;
  }

  has(address: number): boolean {
    return this.#single.has(address) || this.#blocks.some((block) => cidrContains(block, address));
  }

  async refresh(): Promise<void> {
    // Without the file what the interfaces say has to do.
    const table = await readFile(routesFile, 'latin1').catch(() => '');
    const local = [...localRoutes(table), ...interfaceAddresses()];
    this.#single = new Set(local.filter(({ prefix }) => prefix === 32).map((one) => one.address));
    this.#blocks = local.filter(({ prefix }) => prefix < 32);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/**
 * Reads the two tables that every packet is looked up in; others are for packets that a rule picks,
 * and may call the whole Internet local.
 */
export function localRoutes(table: string): Cidr[] {
  const found: Cidr[] = [];
  let counts = false;
  let base = '';
  for (const line of table.split('\n')) {
    if (/^\S.*:$/.test(line)) counts = line === 'Main:' || line === 'Local:';
    const leaf = /^\s+\|-- ([\d.]+)$/.exec(line)?.[1];
    if (leaf) base = leaf;
    const prefix = /^\s+\/(\d+) \S+ LOCAL\b/.exec(line)?.[1];
    const block = counts && prefix ? parseCidr(`${base}/${prefix}`) : undefined;
    if (block) found.push(block);
  }
  return found;
}

function interfaceAddresses(): Cidr[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.flatMap(({ family, address }) => {
    const block = family === 'IPv4' ? parseCidr(`${address}/32`) : undefined;
    return block ? [block] : [];
  });
}

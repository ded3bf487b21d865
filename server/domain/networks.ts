/**
 * Networks: each account has one default VPC with a subnet in each zone and one default security
 * group in each region, made when the account (or the region, or the zone) is first seen. Addresses
 * in the subnet are given out here.
 * It carries no frames: that is the data plane's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { SubnetRow, VpcRow } from '../catalog/rows/network.ts';
import { type Cidr, parseCidr, parseIpv4 } from '../foundations/ipv4.ts';
import { type AddressRange, freeAddresses, type Wanted } from './free-addresses.ts';
import type { Clock, Ids } from './identity.ts';
import { livingStates } from './instances.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
import { addRules, defaultEgress, fromOwnGroup } from './security-group-rules.ts';
import { defaultGroupName } from './security-groups.ts';
import { firstZone, type Site, zonesOf } from './site.ts';
import type { Owner } from './viewer.ts';

/** EC2's own for default VPCs. */
const vpcCidr = '172.31.0.0/16';
/**
 * Of the first zone four times EC2's, as it has to hold ten thousand simulated instances; EC2's own
 * of the others, one after the other.
 */
function defaultCidr(zoneIndex: number): string {
  return zoneIndex === 0 ? '172.31.0.0/18' : `172.31.${64 + 16 * (zoneIndex - 1)}.0/20`;
}

/**
 * EC2 keeps the first four addresses of a subnet (network, router, DNS, future use) and the last.
 */
const reservedFirst = 4;
const reservedLast = 1;

/** A terminated one gives its address back. */
const hasAddress = ({ state }: InstanceRow) => state !== 'terminated';

interface NetworkPlace {
  clock: Clock;
  ids: Ids;
  site: Pick<Site, 'regions' | 'zones'>;
}

/** Makes what is missing of the default networks of these accounts; called at start-up. */
export async function ensureDefaultNetworks(
  catalog: Catalog,
  accounts: readonly string[],
  place: NetworkPlace,
): Promise<void> {
  const { vpcs, subnets } = await catalog.read(async (reader) => ({
    vpcs: await reader.vpcs.list({ where: { account: accounts } }),
    subnets: await reader.subnets.list({ where: { account: accounts } }),
  }));
  const owners = accounts.flatMap((account) =>
    place.site.regions.map((region) => ({ account, region })),
  );
  const known = new Set(vpcs.map((row) => `${row.account} ${row.region}`));
  const missing = owners.filter(({ account, region }) => !known.has(`${account} ${region}`));
  const zones = new Set(subnets.map((row) => `${row.vpcId} ${row.availabilityZone}`));
  const grown = vpcs.filter(
    ({ id, isDefault, region }) =>
      isDefault && zonesOf(place.site, region).some((zone) => !zones.has(`${id} ${zone}`)),
  );
  if (missing.length + grown.length === 0) return;
  await catalog.write(async (transaction) => {
    for (const owner of missing) await makeDefaultNetwork(transaction, owner, place);
    for (const vpc of grown) await makeDefaultSubnets(transaction, vpc, place);
  });
}

export async function makeDefaultNetwork(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  place: NetworkPlace,
): Promise<void> {
  const { clock, ids } = place;
  const owned = { account, region, createdAt: clock.now().toISOString(), tags: {} };
  const vpcId = ids.resource('vpc');
  const vpc = { ...owned, id: vpcId, cidr: vpcCidr, isDefault: true };
  await transaction.vpcs.insert(vpc);
  await makeDefaultSubnets(transaction, vpc, place);
  const group = {
    ...owned,
    id: ids.resource('sg'),
    vpcId,
    name: defaultGroupName,
    description: 'default VPC security group',
  };
  const identity = { clock, ids };
  await transaction.securityGroups.insert(group);
  await addRules(transaction, group, 'ingress', [fromOwnGroup(group.id)], identity);
  await addRules(transaction, group, 'egress', [defaultEgress], identity);
}

/** One in each zone that has none yet. */
async function makeDefaultSubnets(
  { subnets }: CatalogTransaction,
  { id: vpcId, account, region }: VpcRow,
  { clock, ids, site }: NetworkPlace,
): Promise<void> {
  const rows = await subnets.list({ where: { account, region, vpcId } });
  for (const [index, availabilityZone] of zonesOf(site, region).entries()) {
    if (rows.some((row) => row.availabilityZone === availabilityZone)) continue;
    await subnets.insert({
      account,
      region,
      createdAt: clock.now().toISOString(),
      tags: {},
      id: ids.resource('subnet'),
      vpcId,
      cidr: defaultCidr(index),
      availabilityZone,
      isDefault: true,
    });
  }
}

export async function defaultVpc(reader: CatalogReader, { account, region }: Owner) {
  const vpcs = await reader.vpcs.list({ where: { account, region } });
  return vpcs.find((vpc) => vpc.isDefault) ?? missingNetwork('VPC');
}

/** Of the zone, or of the first. */
export async function defaultSubnet(
  reader: CatalogReader,
  { account, region }: Owner,
  zone = firstZone(region),
) {
  const subnets = await reader.subnets.list({ where: { account, region } });
  const found = subnets.find((row) => row.isDefault && row.availabilityZone === zone);
  return found ?? missingNetwork('subnet');
}

function missingNetwork(noun: string): never {
  throw new ServiceError('VPCIdNotSpecified', `There is no default ${noun} in this region.`);
}

export const requiredVpcs = requiredRows('vpc');
export const requiredVpc = requiredRow(requiredVpcs);

export const requiredSubnets = requiredRows('subnet');
export const requiredSubnet = requiredRow(requiredSubnets);

/** Addresses that instances may have: EC2 counts the free ones of these. */
export function usableAddresses(subnet: SubnetRow): number {
  return range(subnet).count;
}

export function usedAddresses(reader: CatalogReader, subnetId: string): Promise<number> {
  return reader.instances.count({ where: { subnetId, state: livingStates } });
}

/** As many different free addresses of the subnet as there are, up to `max`. */
export async function allocatePrivateIps(
  { instances }: CatalogReader,
  subnet: SubnetRow,
  { min, max }: Wanted,
): Promise<string[]> {
  const free = await freeAddresses(range(subnet), max, async (privateIp) => {
    // By address alone, which few rows have: the states of most rows are these.
    const rows = await instances.list({ where: { subnetId: subnet.id, privateIp } });
    return rows.filter(hasAddress).map((row) => row.privateIp);
  });
  if (free.length >= min) return free;
  throw new ServiceError(
    'InsufficientFreeAddressesInSubnet',
    `There are ${free.length} free addresses in subnet ${subnet.id}; ${min} are needed.`,
  );
}

/** The address that a launch asks for. */
export async function checkPrivateIp(
  reader: CatalogReader,
  subnet: SubnetRow,
  privateIp: string,
): Promise<void> {
  const { first, count } = range(subnet);
  const number = parseIpv4(privateIp);
  if (number === undefined || number < first || number >= first + count) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Address ${privateIp} does not fall within the usable addresses of subnet ${subnet.cidr}`,
    );
  }
  const rows = await reader.instances.list({ where: { subnetId: subnet.id, privateIp } });
  if (rows.some(hasAddress)) {
    throw new ServiceError('InvalidIPAddress.InUse', `Address ${privateIp} is in use.`);
  }
}

function range(subnet: SubnetRow): AddressRange {
  const { address, prefix } = parseCidr(subnet.cidr) as Cidr;
  return {
    first: address + reservedFirst,
    count: 2 ** (32 - prefix) - reservedFirst - reservedLast,
  };
}

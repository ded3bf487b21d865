/**
 * Networks: each account has one default VPC with one subnet and one default security group in each
 * region, made when the account (or the region) is first seen. Addresses in the subnet are given
 * out here.
 * It carries no frames: that is the data plane's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { SubnetRow } from '../catalog/rows/network.ts';
import { type Cidr, parseCidr, parseIpv4 } from '../foundations/ipv4.ts';
import { type AddressRange, freeAddresses, type Wanted } from './free-addresses.ts';
import type { Clock, Ids } from './identity.ts';
import { livingStates } from './instances.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
import { addRules, defaultEgress, fromOwnGroup } from './security-group-rules.ts';
import { defaultGroupName } from './security-groups.ts';
import { zoneOf } from './site.ts';
import type { Owner } from './viewer.ts';

/** EC2's own for default VPCs. */
const vpcCidr = '172.31.0.0/16';
/** Four times EC2's: this region's one zone is to hold ten thousand simulated instances. */
const subnetCidr = '172.31.0.0/18';
/**
 * EC2 keeps the first four addresses of a subnet (network, router, DNS, future use) and the last.
 */
const reservedFirst = 4;
const reservedLast = 1;

/** A terminated one gives its address back. */
const hasAddress = ({ state }: InstanceRow) => state !== 'terminated';

/** Makes what is missing of the default networks of these accounts; called at start-up. */
export async function ensureDefaultNetworks(
  catalog: Catalog,
  accounts: readonly string[],
  regions: readonly string[],
  identity: { clock: Clock; ids: Ids },
): Promise<void> {
  const missing = await catalog.read(async ({ vpcs }) => {
    const rows = await vpcs.list({ where: { account: accounts } });
    const known = new Set(rows.map((row) => `${row.account} ${row.region}`));
    return accounts.flatMap((account) =>
      regions
        .filter((region) => !known.has(`${account} ${region}`))
        .map((region) => ({ account, region })),
    );
  });
  if (missing.length === 0) return;
  await catalog.write(async (transaction) => {
    for (const viewer of missing) await makeDefaultNetwork(transaction, viewer, identity);
  });
}

export async function makeDefaultNetwork(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  { clock, ids }: { clock: Clock; ids: Ids },
): Promise<void> {
  const { vpcs, subnets } = transaction;
  const owned = { account, region, createdAt: clock.now().toISOString(), tags: {} };
  const vpcId = ids.resource('vpc');
  await vpcs.insert({ ...owned, id: vpcId, cidr: vpcCidr, isDefault: true });
  await subnets.insert({
    ...owned,
    id: ids.resource('subnet'),
    vpcId,
    cidr: subnetCidr,
    availabilityZone: zoneOf(region),
    isDefault: true,
  });
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

export async function defaultVpc(reader: CatalogReader, { account, region }: Owner) {
  const vpcs = await reader.vpcs.list({ where: { account, region } });
  return vpcs.find((vpc) => vpc.isDefault) ?? missingNetwork('VPC');
}

export async function defaultSubnet(reader: CatalogReader, { account, region }: Owner) {
  const subnets = await reader.subnets.list({ where: { account, region } });
  return subnets.find((subnet) => subnet.isDefault) ?? missingNetwork('subnet');
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

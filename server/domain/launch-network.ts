/** Where in the network a launch puts its instances: subnet, addresses and security groups. */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { SecurityGroupRow, SubnetRow } from '../catalog/rows/network.ts';
import type { Wanted } from './free-addresses.ts';
import type { LaunchRequest } from './launch.ts';
import { allocatePrivateIps, checkPrivateIp, defaultSubnet, requiredSubnet } from './networks.ts';
import { allocatePublicIps } from './public-addresses.ts';
import { defaultGroupName, requiredSecurityGroups } from './security-groups.ts';
import { checkedZone, type Site } from './site.ts';
import type { Viewer } from './viewer.ts';

/** EC2's. */
export const securityGroupsMax = 16;

export async function launchSubnet(
  reader: CatalogReader,
  viewer: Viewer,
  {
    subnetId,
    availabilityZone: name,
    availabilityZoneId: id,
  }: Pick<LaunchRequest, 'subnetId' | 'availabilityZone' | 'availabilityZoneId'>,
  site: Site,
): Promise<SubnetRow> {
  const zone = checkedZone(site, viewer.region, { name, id });
  if (subnetId === undefined) return defaultSubnet(reader, viewer, zone);
  const subnet = await requiredSubnet(reader, viewer, subnetId);
  if (zone === undefined || zone === subnet.availabilityZone) return subnet;
  throw invalidParameter(`The subnet ${subnetId} is not in the availability zone ${zone}.`);
}

export async function launchGroups(
  reader: CatalogReader,
  viewer: Viewer,
  {
    securityGroupIds: ids,
    securityGroupNames,
  }: Pick<LaunchRequest, 'securityGroupIds' | 'securityGroupNames'>,
  { vpcId }: SubnetRow,
): Promise<SecurityGroupRow[]> {
  const none = ids.length + securityGroupNames.length === 0;
  const names = none ? [defaultGroupName] : securityGroupNames;
  const wanted = { ids, names, vpcId };
  return checkedGroups(await requiredSecurityGroups(reader, viewer, wanted), vpcId);
}

/** Whether an instance in this VPC may have them. */
export function checkedGroups(groups: SecurityGroupRow[], vpcId: string): SecurityGroupRow[] {
  const other = groups.find((group) => group.vpcId !== vpcId);
  if (other) throw invalidParameter(`Security group ${other.id} is not in the subnet's VPC.`);
  if (groups.length > securityGroupsMax) {
    throw new ServiceError(
      'SecurityGroupsPerInterfaceLimitExceeded',
      `An instance has at most ${securityGroupsMax} security groups.`,
    );
  }
  return groups;
}

/** One for each private address, or none where the request does not want any. */
export async function launchPublicIps(
  reader: CatalogReader,
  { publicNetwork }: Site,
  { associatePublicIp }: Pick<LaunchRequest, 'associatePublicIp'>,
  wanted: Wanted,
): Promise<(string | undefined)[]> {
  if (!associatePublicIp) return Array(wanted.max).fill(undefined);
  return allocatePublicIps(reader, publicNetwork, wanted);
}

export async function launchAddresses(
  reader: CatalogReader,
  subnet: SubnetRow,
  { count, privateIp }: Pick<LaunchRequest, 'count' | 'privateIp'>,
  wanted: Wanted,
): Promise<string[]> {
  if (privateIp === undefined) return allocatePrivateIps(reader, subnet, wanted);
  if (count.max > 1) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'A private IP address can be given to one instance only.',
    );
  }
  await checkPrivateIp(reader, subnet, privateIp);
  return [privateIp];
}

function invalidParameter(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}

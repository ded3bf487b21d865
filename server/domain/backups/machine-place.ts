/**
 * Where and with what a recorded machine comes back: subnet, address, security groups, key pair and
 * how its metadata is asked for, as far as they still are there. Each answers what is to be asked
 * of a launch, and in what that is not as it was.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { MetadataOptions } from '../../catalog/rows/instance.ts';
import type { SecurityGroupRow, SubnetRow } from '../../catalog/rows/network.ts';
import type { RecordedMachine } from '../../catalog/rows/recorded-machine.ts';
import { settingsOf } from '../account-settings.ts';
import type { LaunchRequest } from '../launch.ts';
import { launchSubnet } from '../launch-network.ts';
import { checkPrivateIp } from '../networks.ts';
import { defaultGroupName } from '../security-groups.ts';
import { type Site, zonesOf } from '../site.ts';
import { isOwn, type Viewer } from '../viewer.ts';
import type { RestoreDifference, RestoreWishes } from './recorded-machine.ts';

const asked = 'it was asked for';

interface Place {
  request: Pick<
    LaunchRequest,
    'subnetId' | 'privateIp' | 'securityGroupIds' | 'securityGroupNames'
  >;
  differences: RestoreDifference[];
}

export async function placeOfMachine(
  reader: CatalogReader,
  viewer: Viewer,
  machine: RecordedMachine,
  { wishes, site }: { wishes: RestoreWishes; site: Site },
): Promise<Place> {
  const differences: RestoreDifference[] = [];
  const subnet = await subnetOf(reader, viewer, machine, { wishes, site, differences });
  const privateIp = await addressOf(reader, machine, { wishes, subnet, differences });
  const groups = await groupsOf(reader, viewer, machine, { wishes, subnet, differences });
  return { request: { subnetId: subnet.id, privateIp, ...groups }, differences };
}

interface Looking {
  wishes: RestoreWishes;
  /** What is found is added. */
  differences: RestoreDifference[];
}

async function subnetOf(
  reader: CatalogReader,
  viewer: Viewer,
  machine: RecordedMachine,
  { wishes, site, differences }: Looking & { site: Site },
): Promise<SubnetRow> {
  const { subnetId: was } = machine;
  const member = 'SubnetId';
  const { subnetId, availabilityZone, availabilityZoneId } = wishes;
  if ([subnetId, availabilityZone, availabilityZoneId].some((wish) => wish !== undefined)) {
    const subnet = await launchSubnet(reader, viewer, wishes, site);
    if (subnet.id !== was) differences.push({ member, was, now: subnet.id, reason: asked });
    return subnet;
  }
  const known = await reader.subnets.get(was);
  if (known && isOwn(viewer, known)) return known;
  const zone = zonesOf(site, viewer.region).find((each) => each === machine.availabilityZone);
  const subnet = await launchSubnet(reader, viewer, { availabilityZone: zone }, site);
  const reason = `there is no such subnet in ${viewer.region}`;
  differences.push({ member, was, now: subnet.id, reason });
  return subnet;
}

/** The one that it had, where that is free in the subnet. */
async function addressOf(
  reader: CatalogReader,
  { privateIp: was }: RecordedMachine,
  { wishes, subnet, differences }: Looking & { subnet: SubnetRow },
): Promise<string | undefined> {
  const member = 'PrivateIpAddress';
  if (wishes.privateIp !== undefined) {
    const { privateIp: now } = wishes;
    if (now !== was) differences.push({ member, was, now, reason: asked });
    return now;
  }
  try {
    await checkPrivateIp(reader, subnet, was);
    return was;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    differences.push({ member, was, atLaunch: true, reason: error.message });
    return undefined;
  }
}

/** By their ids; what is no more by its name, and the default group where nothing is left. */
async function groupsOf(
  { securityGroups }: CatalogReader,
  viewer: Viewer,
  { securityGroups: were }: RecordedMachine,
  { wishes, subnet, differences }: Looking & { subnet: SubnetRow },
): Promise<Pick<LaunchRequest, 'securityGroupIds' | 'securityGroupNames'>> {
  const member = 'SecurityGroups';
  const { securityGroupIds = [], securityGroupNames = [] } = wishes;
  if (securityGroupIds.length + securityGroupNames.length > 0) {
    const now = [...securityGroupIds, ...securityGroupNames].join(', ');
    const was = were.map(({ id }) => id).join(', ');
    if (now !== was) differences.push({ member, was, now, reason: asked });
    return { securityGroupIds, securityGroupNames };
  }
  const { account, region } = viewer;
  const { vpcId } = subnet;
  const byId = await securityGroups.list({ where: { id: were.map(({ id }) => id) } });
  const name = were.map((group) => group.name);
  const byName = await securityGroups.list({ where: { account, region, vpcId, name } });
  const found: SecurityGroupRow[] = [];
  for (const group of were) {
    const same = byId.find((row) => row.id === group.id);
    const known = same && isOwn(viewer, same) && same.vpcId === vpcId ? same : undefined;
    const like = known ?? byName.find((row) => row.name === group.name);
    if (like) found.push(like);
    if (known) continue;
    const why = same
      ? `it is not in the VPC ${vpcId}`
      : 'there is no such group in this region any more';
    const reason = like ? `${why}; this one has its name` : why;
    differences.push({ member, was: `${group.id} (${group.name})`, now: like?.id, reason });
  }
  if (found.length === 0) {
    const where = { account, region, vpcId, name: [defaultGroupName] };
    const [usual] = await securityGroups.list({ where });
    const reason = `none of its groups is left: this is the group '${defaultGroupName}' of ${vpcId}`;
    differences.push({ member, now: usual?.id, reason });
  }
  return { securityGroupIds: found.map(({ id }) => id), securityGroupNames: [] };
}

export async function keyOfMachine(
  { keyPairs }: CatalogReader,
  { account, region }: Viewer,
  { keyName: was, publicKey }: RecordedMachine,
  wishes: RestoreWishes,
): Promise<{ keyName?: string; differences: RestoreDifference[] }> {
  const member = 'KeyName';
  const { keyName: now } = wishes;
  if (now !== undefined) {
    return { keyName: now, differences: now === was ? [] : [{ member, was, now, reason: asked }] };
  }
  if (was === undefined) return { differences: [] };
  const [pair] = await keyPairs.list({ where: { account, region, name: was }, limit: 1 });
  if (!pair) {
    const reason = `there is no key pair '${was}' in this region; keys on its disks are as they were`;
    return { differences: [{ member, was, reason }] };
  }
  if (pair.publicKey === publicKey) return { keyName: was, differences: [] };
  const reason = `the key pair of that name is ${pair.id}, another than it was; keys on its disks are as they were`;
  return { keyName: was, differences: [{ member, was, now: was, reason }] };
}

/** An account that demands tokens by now has them demanded. */
export async function metadataOfMachine(
  reader: CatalogReader,
  viewer: Viewer,
  { metadataOptions }: RecordedMachine,
  wishes: RestoreWishes,
): Promise<{ options: Partial<MetadataOptions>; differences: RestoreDifference[] }> {
  const options = { ...metadataOptions, ...wishes.metadataOptions };
  const { metadataDefaults } = await settingsOf(reader, viewer);
  const isEnforced = metadataDefaults?.httpTokensEnforced === 'enabled';
  if (!isEnforced || options.httpTokens === 'required') return { options, differences: [] };
  const difference = {
    member: 'MetadataOptions.HttpTokens',
    was: options.httpTokens,
    now: 'required',
    reason: 'the account demands it of all launches',
  };
  return { options: { ...options, httpTokens: 'required' }, differences: [difference] };
}

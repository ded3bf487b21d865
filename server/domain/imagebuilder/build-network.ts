/**
 * The network of a build's machine, where the configuration names no groups: a security group of its
 * own, which lets nobody in. The agent that runs the components needs no network; what these fetch
 * they fetch over TCP, with names and the time besides.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import type { SecurityGroupRow } from '../../catalog/rows/network.ts';
import type { Clock, Ids } from '../identity.ts';
import { launchSubnet } from '../launch-network.ts';
import { addRules, type NewRule } from '../security-group-rules.ts';
import { deleteGroup, isGroupInUse } from '../security-groups.ts';
import type { Site } from '../site.ts';
import type { Viewer } from '../viewer.ts';

const everywhere = { kind: 'ipv4', value: '0.0.0.0/0' } as const;
const ofNames = 53;
const ofTime = 123;
const outwards: readonly NewRule[] = [
  { protocol: 'tcp', fromPort: 0, toPort: 65_535, peer: everywhere },
  ...[ofNames, ofTime].map((port) => ({
    protocol: 'udp',
    fromPort: port,
    toPort: port,
    peer: everywhere,
  })),
];

interface Making {
  clock: Clock;
  ids: Ids;
  site: Site;
}

/** Its id; undefined where the configuration names some. */
export async function insertBuildGroup(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { id: arn, recipe, infrastructure }: ImageBuildRow,
  { clock, ids, site }: Making,
): Promise<string | undefined> {
  if (infrastructure.securityGroupIds.length > 0) return undefined;
  const { vpcId } = await launchSubnet(transaction, viewer, infrastructure, site);
  const id = ids.resource('sg');
  const group: SecurityGroupRow = {
    id,
    account: viewer.account,
    region: viewer.region,
    createdAt: clock.now().toISOString(),
    // Builds of one recipe may be under way at the same time.
    name: `EC2 Image Builder ${id.slice('sg-'.length)}`,
    description: `Of a machine that builds or tests ${recipe.slug}`,
    vpcId,
    tags: { CreatedBy: 'EC2 Image Builder', Ec2ImageBuilderArn: arn },
  };
  await transaction.securityGroups.insert(group);
  await addRules(transaction, group, 'egress', outwards, { clock, ids });
  return id;
}

/** Not while somebody has put it to another use. */
export async function removeBuildGroup(transaction: CatalogTransaction, id: string): Promise<void> {
  const group = await transaction.securityGroups.get(id);
  if (group && !(await isGroupInUse(transaction, group))) await deleteGroup(transaction, group);
}

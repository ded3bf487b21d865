/**
 * Where images are built and where they go: what configurations may say, and when they may go. A
 * build takes a copy when it begins, so a change is the next build's.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction, Table } from '../../catalog/catalog.ts';
import type { Distributions, Infrastructure } from '../../catalog/rows/build-configuration.ts';
import type { Rows } from '../../catalog/table-rows.ts';
import { requiredInstanceType } from '../instance-types.ts';
import { requiredKeyPairs } from '../key-pairs.ts';
import { launchGroups, launchSubnet } from '../launch-network.ts';
import { checkedRegions, type Site } from '../site.ts';
import type { Owner, Viewer } from '../viewer.ts';
import {
  type BuilderKind,
  builderArn,
  builderTables,
  invalidParameter,
  requiredByArn,
  resourceExists,
} from './arns.ts';
import { checkUnused } from './recipes.ts';

/** How long a distribution may take: what Image Builder says where it cannot be said. */
export const distributionTimeoutMinutes = 720;
/** As documented. */
const amiNamePattern = /^[-_A-Za-z0-9{][-_A-Za-z0-9\s:{}.]+[-_A-Za-z0-9}]$/;
const amiNameMaxChars = 127;
const templatePattern = /^lt-[a-z0-9-_]{17}$/;

/** Without versions: one of a name. */
export type NamedKind = Extract<
  BuilderKind,
  | 'infrastructure-configuration'
  | 'distribution-configuration'
  | 'image-pipeline'
  | 'lifecycle-policy'
>;
type NamedRow<K extends NamedKind> = Rows[(typeof builderTables)[K]];

const words: Record<NamedKind, string> = {
  'infrastructure-configuration': 'InfrastructureConfiguration',
  'distribution-configuration': 'DistributionConfiguration',
  'image-pipeline': 'ImagePipeline',
  'lifecycle-policy': 'LifecyclePolicy',
};

/** Answers its ARN. */
export async function insertNamed<K extends NamedKind>(
  transaction: CatalogTransaction,
  kind: K,
  asked: Omit<NamedRow<K>, 'id'> & Owner & { slug: string },
): Promise<string> {
  const id = builderArn(asked, kind, asked.slug);
  // TypeScript cannot follow that the row is of the kind's table.
  const table = transaction[builderTables[kind]] as unknown as Table<'imagePipelines'>;
  if (await table.get(id)) throw resourceExists(words[kind], id);
  await table.insert({ ...asked, id } as never);
  return id;
}

/** In the transaction that has read it. */
export async function changeNamed<K extends NamedKind>(
  transaction: CatalogTransaction,
  owner: Owner,
  kind: K,
  arn: string,
  change: (row: NamedRow<K>) => Promise<NamedRow<K>>,
): Promise<string> {
  const row = await requiredByArn(transaction, owner, kind, arn);
  const table = transaction[builderTables[kind]] as unknown as Table<'imagePipelines'>;
  await table.update((await change(row)) as never);
  return arn;
}

export async function deleteNamed(
  transaction: CatalogTransaction,
  owner: Owner,
  kind: NamedKind,
  arn: string,
): Promise<void> {
  await requiredByArn(transaction, owner, kind, arn);
  await checkUnused(transaction, owner, arn);
  await transaction[builderTables[kind]].delete(arn);
}

/** What a machine of it needs is there now. */
export async function checkInfrastructure(
  reader: CatalogReader,
  viewer: Viewer,
  asked: Infrastructure,
  site: Site,
): Promise<void> {
  const { instanceTypes, keyPair, securityGroupIds, subnetId, availabilityZone } = asked;
  if (securityGroupIds.length > 0 && subnetId === undefined) {
    throw invalidParameter('subnetId', '', 'is needed beside securityGroupIds');
  }
  await inItsErrors(async () => {
    for (const name of instanceTypes) requiredInstanceType(name);
    if (keyPair !== undefined) await requiredKeyPairs(reader, viewer, { names: [keyPair] });
    const place = { subnetId, availabilityZone, securityGroupIds, securityGroupNames: [] };
    const subnet = await launchSubnet(reader, viewer, place, site);
    await launchGroups(reader, viewer, place, subnet);
  });
}

/** Launch templates, parameters and keys are of other regions, and are looked up by the build. */
export async function checkDistributions({ distributions }: Distributions, site: Site) {
  if (distributions.length === 0) throw invalidParameter('distributions', '', 'must name a region');
  const regions = distributions.map(({ region }) => region);
  const twice = regions.find((region, index) => regions.indexOf(region) !== index);
  if (twice !== undefined) throw invalidParameter('region', twice, 'is there twice');
  await inItsErrors(async () => void checkedRegions(site, regions));
  for (const { ami, launchTemplates } of distributions) {
    const { name } = ami ?? {};
    if (name !== undefined && !(name.length <= amiNameMaxChars && amiNamePattern.test(name))) {
      throw invalidParameter('name', name, `must match pattern ${amiNamePattern.source}`);
    }
    const wrong = launchTemplates.find(({ launchTemplateId: id }) => !templatePattern.test(id));
    if (wrong) throw invalidParameter('launchTemplateId', wrong.launchTemplateId, 'is no id');
  }
}

/** EC2 says it with other codes. */
export async function inItsErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError('InvalidParameterValueException', error.message);
  }
}

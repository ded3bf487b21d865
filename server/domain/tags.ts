/**
 * Tags: their rules, the TagSpecifications of requests that make things, and which nouns carry
 * them. It knows nothing of the nouns themselves: a tag changes nothing but the row's `tags`.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction, Condition } from '../catalog/catalog.ts';
import { isLike, likeMaxChars } from '../catalog/catalog.ts';
import { literalPattern } from '../catalog/pattern.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { type InstanceRow, interfaceTags } from '../catalog/rows/instance.ts';
import { type OwnedRow, type Tags, tagName, tagPrefix } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { TableName } from '../catalog/table-rows.ts';
import type { RowFilter } from './filters.ts';
import { seesImage } from './images.ts';
import { checkTagsOfInstance } from './metadata-options.ts';
import { requiredInterface } from './network-interfaces.ts';
import { seesSnapshot } from './snapshots.ts';
import { isOwn, type Viewer } from './viewer.ts';

/** EC2's limits. */
export const tagsMax = 50;
const keyMaxChars = 128;
export const valueMaxChars = 256;
/** EC2's limit of resources in one call. */
const resourcesMax = 1000;

export interface TagRequest {
  Key?: string;
  Value?: string;
}

export interface TagSpecificationRequest {
  ResourceType?: string;
  Tags?: TagRequest[];
}

interface TaggedNoun {
  table: Extract<
    TableName,
    | 'images'
    | 'imageUsageReports'
    | 'snapshots'
    | 'volumes'
    | 'instances'
    | 'keyPairs'
    | 'launchTemplates'
    | 'fleets'
    | 'rootReplacements'
    | 'importSnapshotTasks'
    | 'importImageTasks'
    | 'exportImageTasks'
    | 'exportInstanceTasks'
    | 'vpcs'
    | 'subnets'
    | 'securityGroups'
    | 'securityGroupRules'
  >;
  /** A network interface has no row of its own: its tags are in its instance's. */
  resourceType: string;
  /** EC2's error for an id of this form that does not exist. */
  notFound: string;
}

/** By the prefix of their ids. */
export const taggedNouns = {
  amiur: {
    table: 'imageUsageReports',
    resourceType: 'image-usage-report',
    notFound: 'InvalidImageUsageReportId.NotFound',
  },
  ami: { table: 'images', resourceType: 'image', notFound: 'InvalidAMIID.NotFound' },
  snap: { table: 'snapshots', resourceType: 'snapshot', notFound: 'InvalidSnapshot.NotFound' },
  vol: { table: 'volumes', resourceType: 'volume', notFound: 'InvalidVolume.NotFound' },
  i: { table: 'instances', resourceType: 'instance', notFound: 'InvalidInstanceID.NotFound' },
  key: { table: 'keyPairs', resourceType: 'key-pair', notFound: 'InvalidKeyPair.NotFound' },
  fleet: { table: 'fleets', resourceType: 'fleet', notFound: 'InvalidFleetId.NotFound' },
  lt: {
    table: 'launchTemplates',
    resourceType: 'launch-template',
    notFound: 'InvalidLaunchTemplateId.NotFound',
  },
  replacevol: {
    table: 'rootReplacements',
    resourceType: 'replace-root-volume-task',
    notFound: 'InvalidReplaceRootVolumeTaskId.NotFound',
  },
  'import-snap': {
    table: 'importSnapshotTasks',
    resourceType: 'import-snapshot-task',
    notFound: 'InvalidConversionTaskId',
  },
  'import-ami': {
    table: 'importImageTasks',
    resourceType: 'import-image-task',
    notFound: 'InvalidConversionTaskId',
  },
  'export-ami': {
    table: 'exportImageTasks',
    resourceType: 'export-image-task',
    notFound: 'InvalidExportTaskID.NotFound',
  },
  'export-i': {
    table: 'exportInstanceTasks',
    resourceType: 'export-instance-task',
    notFound: 'InvalidExportTaskID.NotFound',
  },
  vpc: { table: 'vpcs', resourceType: 'vpc', notFound: 'InvalidVpcID.NotFound' },
  subnet: { table: 'subnets', resourceType: 'subnet', notFound: 'InvalidSubnetID.NotFound' },
  sg: {
    table: 'securityGroups',
    resourceType: 'security-group',
    notFound: 'InvalidGroup.NotFound',
  },
  sgr: {
    table: 'securityGroupRules',
    resourceType: 'security-group-rule',
    notFound: 'InvalidSecurityGroupRuleId.NotFound',
  },
  eni: {
    table: 'instances',
    resourceType: 'network-interface',
    notFound: 'InvalidNetworkInterfaceID.NotFound',
  },
} as const satisfies Record<string, TaggedNoun>;

/** Checked against EC2's rules; a key that is there twice is refused. */
export function checkedTags(requests: readonly TagRequest[]): Tags {
  const tags: Tags = {};
  for (const { Key: key = '', Value: value = '' } of requests) {
    checkKey(key);
    if (value.length > valueMaxChars) {
      throw invalid(`Tag value exceeds the maximum length of ${valueMaxChars} characters`);
    }
    if (Object.hasOwn(tags, key)) throw invalid(`Duplicate tag key '${key}' specified.`);
    tags[key] = value;
  }
  return checkedCount(tags);
}

function checkKey(key: string): void {
  // An object of JavaScript cannot hold `__proto__` as a plain member.
  if (key === '' || key === '__proto__') {
    throw new ServiceError(
      'InvalidTagKey.Malformed',
      'The specified tag key is not valid. Tag keys cannot be empty or null, and cannot start with aws:',
    );
  }
  if (key.length > keyMaxChars) {
    throw invalid(`Tag key exceeds the maximum length of ${keyMaxChars} characters`);
  }
  if (isReserved(key)) {
    throw invalid("Tag keys starting with 'aws:' are reserved for internal use");
  }
}

/** The service's own tags: nobody else sets or deletes them, and they are not counted. */
function isReserved(key: string): boolean {
  return key.toLowerCase().startsWith('aws:');
}

/** Those that users may set. */
export function userTags(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !isReserved(key)));
}

/** No more than a resource may have. */
export function checkedCount(tags: Tags): Tags {
  if (Object.keys(userTags(tags)).length <= tagsMax) return tags;
  throw new ServiceError(
    'TagLimitExceeded',
    `The maximum number of tags for a resource is ${tagsMax}.`,
  );
}

/** With others, as far as there is room for them; of what both have the first is right. */
export function filledUp(tags: Tags, others: Tags): Tags {
  const added = Object.entries(others).filter(([key]) => !Object.hasOwn(tags, key));
  const room = tagsMax - Object.keys(userTags(tags)).length;
  return { ...tags, ...Object.fromEntries(added.slice(0, Math.max(room, 0))) };
}

/**
 * The tags for each resource type that the request makes; specifications of other types are
 * refused.
 */
export function tagsOfSpecifications<Type extends string>(
  specifications: readonly TagSpecificationRequest[] | undefined,
  types: readonly Type[],
): Record<Type, Tags> {
  const tags = Object.fromEntries(types.map((type) => [type, {}])) as Record<Type, Tags>;
  const seen = new Set<string>();
  for (const { ResourceType: type = '', Tags: requests } of specifications ?? []) {
    if (!types.includes(type as Type)) {
      throw invalid(`'${type}' is not a valid taggable resource type for this operation.`);
    }
    if (seen.has(type)) throw invalid(`Duplicate resource type '${type}' in TagSpecifications.`);
    if (!requests?.length) throw invalid('Tag specification must have at least one tag');
    seen.add(type);
    tags[type as Type] = checkedTags(requests);
  }
  return tags;
}

type Change = (tags: Tags) => Tags;

/** Adds to, or replaces values in, the tags of each resource: all or none. */
export function createTags(
  transaction: CatalogTransaction,
  viewer: Viewer,
  resources: readonly string[],
  tags: Tags,
): Promise<void> {
  return changeTags(transaction, viewer, resources, (old) => checkedCount({ ...old, ...tags }));
}

/**
 * A request without a value takes the tag away whatever its value; one with a value only that
 * value; none at all: all tags but the service's own.
 */
export function deleteTags(
  transaction: CatalogTransaction,
  viewer: Viewer,
  resources: readonly string[],
  requests: readonly TagRequest[] | undefined,
): Promise<void> {
  for (const { Key: key = '' } of requests ?? []) checkKey(key);
  const goes = ([key, value]: [string, string]) =>
    requests?.length
      ? requests.some((each) => each.Key === key && (each.Value ?? value) === value)
      : !isReserved(key);
  return changeTags(transaction, viewer, resources, (old) =>
    Object.fromEntries(Object.entries(old).filter((tag) => !goes(tag))),
  );
}

async function changeTags(
  transaction: CatalogTransaction,
  viewer: Viewer,
  resources: readonly string[],
  change: Change,
): Promise<void> {
  if (resources.length > resourcesMax) {
    throw invalid(`At most ${resourcesMax} resources can be tagged in one call.`);
  }
  for (const id of new Set(resources)) {
    const noun = nounOf(id);
    if (noun.resourceType === 'network-interface') {
      await changeInterfaceTags(transaction, viewer, id, change);
      continue;
    }
    const row = await transaction[noun.table].get(id);
    if (!row || !isOwn(viewer, row)) throw notOwn(noun, viewer, id, row);
    const changed = { ...row, tags: change(row.tags) };
    if (noun.table === 'instances') checkTagsOfInstance(changed as InstanceRow);
    // The row came from this very table.
    await (transaction[noun.table].update as (row: unknown) => Promise<unknown>)(changed);
  }
}

async function changeInterfaceTags(
  transaction: CatalogTransaction,
  viewer: Viewer,
  id: string,
  change: Change,
): Promise<void> {
  const row = await requiredInterface(transaction, viewer, id);
  const networkInterfaceTags = change(interfaceTags(row));
  await transaction.instances.update({ ...row, networkInterfaceTags });
}

function nounOf(id: string): TaggedNoun {
  // Some prefixes have a hyphen, and so has what follows some.
  for (const end of [id.lastIndexOf('-'), id.indexOf('-')]) {
    const prefix = id.slice(0, Math.max(end, 0));
    if (Object.hasOwn(taggedNouns, prefix)) return taggedNouns[prefix as keyof typeof taggedNouns];
  }
  throw new ServiceError('InvalidID', `The ID '${id}' is not valid`);
}

/**
 * Whether another's row exists is told only of an image or a snapshot that the viewer sees anyway.
 */
function notOwn(noun: TaggedNoun, viewer: Viewer, id: string, row?: OwnedRow): ServiceError {
  const seen =
    (noun.table === 'images' && row && seesImage(viewer, row as ImageRow)) ||
    (noun.table === 'snapshots' && row && seesSnapshot(viewer, row as SnapshotRow));
  if (seen) {
    return new ServiceError(
      'UnsupportedOperation',
      `The ${noun.resourceType} ${id} belongs to another account; Imago keeps tags on your own resources only.`,
    );
  }
  return new ServiceError(noun.notFound, `The ${noun.resourceType} ID '${id}' does not exist`);
}

/**
 * What narrows a query by one of the filters `tag:KEY` and `tag-key`: the rows that it finds are
 * the viewer's own. By name alone where a pattern of values begins with a wildcard: rows with that
 * tag are looked at one after the other then.
 */
export function tagCondition(
  viewer: Viewer,
  { names, condition }: Pick<RowFilter<never>, 'names' | 'condition'>,
): { tag?: Condition; tagName?: Condition } {
  for (const name of names) {
    const given = condition(name);
    if (name === 'tag-key' && given && !isLike(given)) {
      return { tagName: [given].flat().map((key) => tagName(viewer, key)) };
    }
    if (!name.startsWith('tag:')) continue;
    const key = name.slice('tag:'.length);
    const prefix = tagPrefix(viewer, key);
    if (given && !isLike(given)) return { tag: [given].flat().map((value) => prefix + value) };
    const like = given?.like.map((pattern) => literalPattern(prefix) + pattern);
    const begun = given?.like.every((pattern) => !/^[*?]/.test(pattern));
    if (begun && like?.every((pattern) => pattern.length <= likeMaxChars)) return { tag: { like } };
    return { tagName: tagName(viewer, key) };
  }
  return {};
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}

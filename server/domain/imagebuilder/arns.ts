/**
 * ARNs of Image Builder, which are the ids of its rows: how they are made of a name and a version,
 * and what is read of those that a request names.
 *
 *   arn:aws:imagebuilder:REGION:ACCOUNT:component/SLUG/1.2.3/1
 *   …:image/SLUG/1.2.3/1, …:image-recipe/SLUG/1.2.3, …:image-pipeline/SLUG, …
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, TableReader } from '../../catalog/catalog.ts';
import type { OwnedRow } from '../../catalog/rows/row.ts';
import type { Rows } from '../../catalog/table-rows.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { checkedPattern } from './versions.ts';

/** By the word of their ARNs. */
export const builderTables = {
  component: 'components',
  image: 'imageBuilds',
  'image-recipe': 'imageRecipes',
  'infrastructure-configuration': 'infrastructureConfigurations',
  'distribution-configuration': 'distributionConfigurations',
  'image-pipeline': 'imagePipelines',
  'lifecycle-policy': 'lifecyclePolicies',
} as const;

export type BuilderKind = keyof typeof builderTables;
export type BuilderTable = (typeof builderTables)[BuilderKind];

/** As documented. */
const namePattern = /^[-_A-Za-z0-9][-_A-Za-z0-9 ]{1,126}[-_A-Za-z0-9]$/;
/** What ARNs say after the name. */
const tails = {
  none: '',
  version: '/[0-9]+\\.[0-9]+\\.[0-9]+',
  build: '/[0-9]+\\.[0-9]+\\.[0-9]+/[0-9]+',
  /** A build, or a version, of which there may be wildcards. */
  any: '/(?:[0-9]+|x)\\.(?:[0-9]+|x)\\.(?:[0-9]+|x)(?:/[0-9]+)?',
} as const;

export type ArnTail = keyof typeof tails;

/** A name as it is in ARNs. */
export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}

export function checkedName(name: string): string {
  if (namePattern.test(name)) return name;
  throw invalidParameter('name', name, `must match pattern ${namePattern.source}`);
}

export function builderArn(
  { account, region }: Owner,
  kind: BuilderKind,
  slug: string,
  ...version: (string | number)[]
): string {
  return [`arn:aws:imagebuilder:${region}:${account}:${kind}`, slug, ...version].join('/');
}

export interface BuilderArn {
  text: string;
  /** Whose and where; `aws` is nobody here. */
  account: string;
  region: string;
  kind: BuilderKind;
  slug: string;
  /** With wildcards, perhaps; empty where the ARN has none. */
  version: string;
  build?: number;
}

/** The ARN that a member of a request has. */
export function parsedArn(
  text: string,
  member: string,
  kind: BuilderKind,
  tail: ArnTail,
): BuilderArn {
  const pattern = new RegExp(
    `^arn:aws[^:]*:imagebuilder:([^:]+):([0-9]{12}|aws):${kind}/([a-z0-9_-]+)(${tails[tail]})$`,
  );
  const [, region, account, slug, rest] = pattern.exec(text) ?? [];
  if (region === undefined || account === undefined || slug === undefined) {
    throw invalidParameter(member, text, `must match pattern ${pattern.source}`);
  }
  const [, version = '', build] = rest?.split('/') ?? [];
  if (version !== '') checkedPattern(version);
  const number = build === undefined ? undefined : Number(build);
  return { text, account, region, kind, slug, version, build: number };
}

/** The row that an ARN names exactly. */
export async function requiredByArn<K extends BuilderKind>(
  reader: CatalogReader,
  owner: Owner,
  kind: K,
  arn: string,
): Promise<Rows[(typeof builderTables)[K]]> {
  // TypeScript cannot follow that the table is this kind's.
  const table = reader[builderTables[kind]] as unknown as TableReader<BuilderTable>;
  const row = await table.get(arn);
  if (!row || !isOwn(owner, row as OwnedRow)) throw noResource(arn);
  return row as Rows[(typeof builderTables)[K]];
}

export function noResource(arn: string): ServiceError {
  return new ServiceError(
    'ResourceNotFoundException',
    `The resource with the ARN '${arn}' does not exist.`,
  );
}

export function resourceExists(kind: string, arn: string): ServiceError {
  return new ServiceError(
    'ResourceAlreadyExistsException',
    `The following resource '${kind}' already exists: '${arn}'.`,
  );
}

export function resourceDependency(arn: string, by: readonly string[]): ServiceError {
  return new ServiceError(
    'ResourceDependencyException',
    `The resource ARN '${arn}' has other resources depended on it: ${by.join(', ')}.`,
  );
}

export function invalidParameter(member: string, value: string, why: string): ServiceError {
  return new ServiceError(
    'InvalidParameterValueException',
    `The value supplied for parameter '${member}' is not valid: '${value}' ${why}.`,
  );
}

/** The ARNs by which newer versions are found, whatever is asked for first. */
export function latestReferences(owner: Owner, kind: BuilderKind, slug: string, version: string) {
  const [major, minor] = version.split('.');
  const of = (pattern: string) => builderArn(owner, kind, slug, pattern);
  return {
    latestVersionArn: of('x.x.x'),
    latestMajorVersionArn: of(`${major}.x.x`),
    latestMinorVersionArn: of(`${major}.${minor}.x`),
    latestPatchVersionArn: of(version),
  };
}

/**
 * Components: builds of versions, found by their ARNs, by wildcards too. Each creation is a build
 * of its own; what a recipe or a build names cannot go.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { ComponentRow } from '../../catalog/rows/component.ts';
import { nameOfArn } from '../../catalog/rows/image-recipe.ts';
import type { Owner } from '../viewer.ts';
import { builderArn, noResource, parsedArn, requiredByArn, resourceDependency } from './arns.ts';
import { matchesVersion, newest } from './versions.ts';

/** Of one name, all builds of all versions. */
function componentsOfName(
  { components }: CatalogReader,
  { account, region }: Owner,
  slug: string,
): Promise<ComponentRow[]> {
  return components.list({ where: { account, region, slug } });
}

/** Under the number of the build that comes next. */
export async function insertComponent(
  transaction: CatalogTransaction,
  asked: Omit<ComponentRow, 'id' | 'build'>,
): Promise<ComponentRow> {
  const { semanticVersion, slug } = asked;
  const before = newest(await componentsOfName(transaction, asked, slug), {
    version: semanticVersion,
  });
  // As it was written the first time, where the same numbers can be written otherwise.
  const version = before?.semanticVersion ?? semanticVersion;
  const build = (before?.build ?? 0) + 1;
  const id = builderArn(asked, 'component', slug, version, build);
  const row = { ...asked, semanticVersion: version, id, build };
  await transaction.components.insert(row);
  return row;
}

/** The newest that matches an ARN of a build, or of a version, with wildcards or without. */
export async function newestComponent(
  reader: CatalogReader,
  owner: Owner,
  arn: string,
): Promise<ComponentRow> {
  const asked = parsedArn(arn, 'componentArn', 'component', 'any');
  const isOwn = asked.account === owner.account && asked.region === owner.region;
  const row = isOwn && newest(await componentsOfName(reader, owner, asked.slug), asked);
  if (!row) throw noResource(arn);
  return row;
}

export async function deleteComponent(
  transaction: CatalogTransaction,
  owner: Owner,
  arn: string,
): Promise<void> {
  const row = await requiredByArn(transaction, owner, 'component', arn);
  const { account, region } = row;
  const where = { account, region, component: nameOfArn(arn) };
  const all = await componentsOfName(transaction, row, row.slug);
  const others = all.filter(({ id }) => id !== row.id);
  const needing = (await transaction.imageRecipes.list({ where })).filter(({ components }) =>
    components.some((each) => standsOn(each.arn, row, others)),
  );
  if (needing.length > 0) {
    throw resourceDependency(
      arn,
      needing.map(({ id }) => id),
    );
  }
  const inBuild = { account, region, componentInBuild: arn };
  if ((await transaction.imageBuilds.count({ where: inBuild })) > 0) {
    throw new ServiceError(
      'ResourceInUseException',
      `The component '${arn}' is used by an image that is being built.`,
    );
  }
  await transaction.components.delete(arn);
}

/** Whether a recipe's ARN would find nothing without this one. */
function standsOn(arn: string, row: ComponentRow, others: readonly ComponentRow[]): boolean {
  const { slug, version, build } = parsedArn(arn, 'componentArn', 'component', 'any');
  if (slug !== row.slug || !matchesVersion(version, row.semanticVersion)) return false;
  if (build !== undefined && build !== row.build) return false;
  return newest(others, { version, build }) === undefined;
}

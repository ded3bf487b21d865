/**
 * Builds of images: how one is ordered, cancelled and forgotten. What a build stands on is resolved
 * when it is ordered, and its number counted in the same transaction. How it goes is the task's.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import { type ImageBuildRow, isBuilding } from '../../catalog/rows/image-build.ts';
import type { ImageRecipe, RecipeComponent } from '../../catalog/rows/image-recipe.ts';
import type { Clock, Ids } from '../identity.ts';
import { isFinished } from '../tasks.ts';
import type { Owner, Viewer } from '../viewer.ts';
import { builderArn, noResource, parsedArn, requiredByArn, resourceDependency } from './arns.ts';
import { newestComponent } from './components.ts';
import { buildTask } from './order-build.ts';
import { parentImage } from './parents.ts';
import { newest } from './versions.ts';

export type BuildOrder = Pick<
  ImageBuildRow,
  | 'recipeArn'
  | 'infrastructureArn'
  | 'distributionArn'
  | 'tests'
  | 'enhancedMetadata'
  | 'buildType'
  | 'pipeline'
  | 'tags'
>;

export interface BuildPlace {
  clock: Clock;
  ids: Ids;
  /** The host that does it. */
  hostId: string;
}

/** What a build of the recipe would stand on now. */
export interface Standing {
  parentImageId: string;
  components: RecipeComponent[];
}

export async function standingOf(
  reader: CatalogReader,
  viewer: Viewer,
  recipe: ImageRecipe,
  now: Date,
): Promise<Standing> {
  const image = await parentImage(reader, viewer, recipe.parentImage, now);
  const components: RecipeComponent[] = [];
  for (const { arn, parameters } of recipe.components) {
    components.push({ arn: (await newestComponent(reader, viewer, arn)).id, parameters });
  }
  return { parentImageId: image.id, components };
}

/** The same as a list of texts, to be compared with that of another time. */
export function dependenciesOf({ parentImageId, components }: Standing): string[] {
  return [parentImageId, ...components.map(({ arn }) => arn)];
}

/** The build's row and its task's; answers the row. */
export async function orderImage(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: BuildOrder,
  { clock, ids, hostId }: BuildPlace,
): Promise<ImageBuildRow> {
  const { recipeArn, infrastructureArn, distributionArn } = order;
  const recipeRow = await requiredByArn(transaction, viewer, 'image-recipe', recipeArn);
  const infrastructure = await requiredByArn(
    transaction,
    viewer,
    'infrastructure-configuration',
    infrastructureArn,
  );
  const distribution =
    distributionArn === undefined
      ? undefined
      : await requiredByArn(transaction, viewer, 'distribution-configuration', distributionArn);
  const now = clock.now();
  const { account, region, slug, semanticVersion } = recipeRow;
  const build = recipeRow.lastBuild + 1;
  await transaction.imageRecipes.update({ ...recipeRow, lastBuild: build });
  const about = {
    id: builderArn(recipeRow, 'image', slug, semanticVersion, build),
    account,
    region,
    createdAt: now.toISOString(),
    slug,
    semanticVersion,
    build,
  };
  const task = buildTask(about, hostId, { clock, ids });
  const row: ImageBuildRow = {
    ...order,
    ...about,
    ...(await standingOf(transaction, viewer, recipeRow, now)),
    state: 'PENDING',
    recipe: said(recipeRow),
    infrastructure: said(infrastructure),
    distribution: distribution && said(distribution),
    taskId: task.id,
    amis: [],
    workflows: [],
  };
  await transaction.imageBuilds.insert(row);
  await transaction.tasks.insert(task);
  return row;
}

/** Of a row what it says, without what it is. */
function said<Row extends object>(row: Row): Row {
  const known = [
    'id',
    'account',
    'region',
    'createdAt',
    'updatedAt',
    'tags',
    'version',
    'lastBuild',
  ];
  return Object.fromEntries(Object.entries(row).filter(([name]) => !known.includes(name))) as Row;
}

/** The newest that an ARN names, with wildcards or without, in whatever state it is. */
export async function newestBuild(
  { imageBuilds }: CatalogReader,
  { account, region }: Owner,
  arn: string,
): Promise<ImageBuildRow> {
  const asked = parsedArn(arn, 'imageBuildVersionArn', 'image', 'any');
  const isOwn = asked.account === account && asked.region === region;
  const where = { account, region, slug: asked.slug };
  const row = isOwn && newest(await imageBuilds.list({ where }), asked);
  if (!row) throw noResource(arn);
  return row;
}

/** What the task has done is undone, which takes its time. */
export async function cancelBuild(
  transaction: CatalogTransaction,
  owner: Owner,
  arn: string,
): Promise<void> {
  const row = await requiredByArn(transaction, owner, 'image', arn);
  const task = await transaction.tasks.get(row.taskId);
  if (!isBuilding(row) || !task || isFinished(task)) {
    throw new ServiceError(
      'InvalidRequestException',
      `The image '${arn}' is ${row.state}: there is nothing to cancel.`,
    );
  }
  if (!task.cancelled) await transaction.tasks.update({ ...task, cancelled: true });
}

/** Its AMIs stay. */
export async function deleteBuild(
  transaction: CatalogTransaction,
  owner: Owner,
  arn: string,
): Promise<void> {
  const row = await requiredByArn(transaction, owner, 'image', arn);
  if (isBuilding(row)) {
    throw new ServiceError(
      'ResourceDependencyException',
      `The image '${arn}' is ${row.state}: cancel its creation first.`,
    );
  }
  const using = await recipesOn(transaction, row);
  if (using.length > 0) throw resourceDependency(arn, using);
  await transaction.imageBuilds.delete(arn);
}

/** Recipes that name this very build as their parent; those that name a version find another. */
export async function recipesOn(
  { imageRecipes }: CatalogReader,
  { id: parent, account, region }: ImageBuildRow,
): Promise<string[]> {
  return (await imageRecipes.list({ where: { account, region, parent } })).map(({ id }) => id);
}

/** The build that a workflow or a step is of. */
export async function buildOfWorkflow(
  { imageBuilds }: CatalogReader,
  { account, region }: Owner,
  id: string,
): Promise<ImageBuildRow> {
  const [row] = await imageBuilds.list({ where: { account, region, workflow: id } });
  if (row) return row;
  throw noExecution(id);
}

export function noExecution(id: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `There is no execution '${id}'.`);
}

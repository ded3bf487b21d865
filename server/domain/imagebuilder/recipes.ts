/** Image recipes: what they may say, and when they may go. */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { ImageRecipe, ImageRecipeRow } from '../../catalog/rows/image-recipe.ts';
import { mergeMappings } from '../block-device-mappings.ts';
import { launchSnapshots } from '../launch.ts';
import type { Owner, Viewer } from '../viewer.ts';
import {
  builderArn,
  invalidParameter,
  requiredByArn,
  resourceDependency,
  resourceExists,
} from './arns.ts';
import { newestComponent } from './components.ts';
import { parentImage } from './parents.ts';
import { compareVersions } from './versions.ts';

/** As documented. */
const componentsMax = 20;
/** What it names is there now; what its components leave open, it says. */
export async function checkRecipe(
  reader: CatalogReader,
  viewer: Viewer,
  recipe: ImageRecipe,
  now: Date,
): Promise<void> {
  const { components } = recipe;
  if (components.length > componentsMax) {
    throw invalidParameter('components', `${components.length}`, `are more than ${componentsMax}`);
  }
  for (const each of components) await checkComponent(reader, viewer, each);
  const image = await parentImage(reader, viewer, recipe.parentImage, now);
  await checkDevices(reader, viewer, recipe, image);
}

async function checkComponent(
  reader: CatalogReader,
  owner: Owner,
  { arn, parameters: given }: ImageRecipe['components'][number],
): Promise<void> {
  const { parameters } = await newestComponent(reader, owner, arn);
  const strange = Object.keys(given).find((name) => !parameters.some((each) => each.name === name));
  if (strange !== undefined) {
    throw invalidParameter('parameters', strange, `is no parameter of ${arn}`);
  }
  const refused = parameters.find(({ name, allowedValues }) =>
    given[name]?.some((value) => allowedValues && !allowedValues.includes(value)),
  );
  if (refused) throw invalidParameter('parameters', refused.name, `of ${arn} has no such value`);
  const open = parameters.find((each) => !each.defaultValue && !Object.hasOwn(given, each.name));
  if (open) throw invalidParameter('parameters', open.name, `of ${arn} has no value`);
}

/** What a machine of it would have. */
async function checkDevices(
  reader: CatalogReader,
  viewer: Viewer,
  { blockDeviceMappings: devices }: ImageRecipe,
  image: ImageRow,
): Promise<void> {
  try {
    const snapshots = await launchSnapshots(reader, viewer, image, devices);
    const sizes = new Map([...snapshots].map(([id, row]) => [id, row.volumeSizeGiB]));
    mergeMappings(image.blockDeviceMappings, devices, image.rootDeviceName, sizes);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError('InvalidParameterValueException', error.message);
  }
}

/** The number of a build goes on where images of a recipe of this name and version are left. */
export async function insertRecipe(
  transaction: CatalogTransaction,
  viewer: Viewer,
  asked: Omit<ImageRecipeRow, 'id' | 'lastBuild'>,
  now: Date,
): Promise<ImageRecipeRow> {
  const { account, region, slug, semanticVersion } = asked;
  const all = await transaction.imageRecipes.list({ where: { account, region, slug } });
  const same = all.find((row) => compareVersions(row.semanticVersion, semanticVersion) === 0);
  if (same) throw resourceExists('ImageRecipe', same.id);
  await checkRecipe(transaction, viewer, asked, now);
  const version = builderArn(asked, 'image', slug, semanticVersion);
  const builds = await transaction.imageBuilds.list({ where: { account, region, version } });
  const lastBuild = Math.max(0, ...builds.map(({ build }) => build));
  const id = builderArn(asked, 'image-recipe', slug, semanticVersion);
  const row = { ...asked, id, lastBuild };
  await transaction.imageRecipes.insert(row);
  return row;
}

/** Images that were built of it have what it says, and stay. */
export async function deleteRecipe(
  transaction: CatalogTransaction,
  owner: Owner,
  arn: string,
): Promise<void> {
  await requiredByArn(transaction, owner, 'image-recipe', arn);
  await checkUnused(transaction, owner, arn);
  await transaction.imageRecipes.delete(arn);
}

/** No pipeline has the recipe, or the configuration. */
export async function checkUnused(
  { imagePipelines }: CatalogReader,
  { account, region }: Owner,
  arn: string,
): Promise<void> {
  const using = await imagePipelines.list({ where: { account, region, uses: arn } });
  if (using.length === 0) return;
  throw resourceDependency(
    arn,
    using.map(({ id }) => id),
  );
}

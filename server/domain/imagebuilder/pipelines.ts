/**
 * Image pipelines: builds that are begun when somebody asks, or by a schedule. By schedule nothing
 * begins while the pipeline's newest build goes on, nor, where it builds for what it stands on
 * alone, while that is as it was in the newest build that succeeded.
 *
 *   ENABLED --so many scheduled builds fail, one after the other--> DISABLED
 *      \--UpdateImagePipeline--> either, with no failures counted
 */
import { orRefusal, ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import { type ImageBuildRow, isBuilding } from '../../catalog/rows/image-build.ts';
import type { ImagePipelineRow } from '../../catalog/rows/image-pipeline.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { groupsOf } from '../accounts.ts';
import { dueIds, lookAt } from '../due-rows.ts';
import { nextTime } from '../schedules.ts';
import type { Owner, Viewer } from '../viewer.ts';
import { requiredByArn } from './arns.ts';
import { type BuildPlace, dependenciesOf, orderImage, standingOf } from './builds.ts';

/** All that it names is there. */
export async function checkPipeline(
  reader: CatalogReader,
  owner: Owner,
  { recipeArn, infrastructureArn, distributionArn }: ImagePipelineRow,
): Promise<void> {
  await requiredByArn(reader, owner, 'image-recipe', recipeArn);
  await requiredByArn(reader, owner, 'infrastructure-configuration', infrastructureArn);
  if (distributionArn === undefined) return;
  await requiredByArn(reader, owner, 'distribution-configuration', distributionArn);
}

/** With the time when it builds next by itself, if ever. */
export function scheduled(row: ImagePipelineRow, now: Date): ImagePipelineRow {
  const { schedule, status, updatedAt, createdAt } = row;
  const since = new Date(updatedAt ?? createdAt);
  const next = schedule && status === 'ENABLED' ? nextTime(schedule, now, since) : undefined;
  const nextRunAt = next?.toISOString();
  return { ...row, nextRunAt, nextLookAt: lookAt(nextRunAt, now) };
}

export async function startPipeline(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { arn, tags }: { arn: string; tags: Tags },
  place: BuildPlace,
): Promise<ImageBuildRow> {
  const row = await requiredByArn(transaction, viewer, 'image-pipeline', arn);
  if (await isAtWork(transaction, row)) {
    throw new ServiceError(
      'ResourceInUseException',
      `The pipeline '${arn}' is building '${row.lastBuildArn}'.`,
    );
  }
  const buildType = 'USER_INITIATED';
  return begin(transaction, viewer, row, { buildType, tags: { ...row.imageTags, ...tags } }, place);
}

async function isAtWork({ imageBuilds }: CatalogReader, row: ImagePipelineRow): Promise<boolean> {
  const newest = row.lastBuildArn && (await imageBuilds.get(row.lastBuildArn));
  return newest ? isBuilding(newest) : false;
}

async function begin(
  transaction: CatalogTransaction,
  viewer: Viewer,
  row: ImagePipelineRow,
  how: Pick<ImageBuildRow, 'buildType' | 'tags'>,
  place: BuildPlace,
): Promise<ImageBuildRow> {
  const { recipeArn, infrastructureArn, distributionArn, tests, enhancedMetadata } = row;
  const arns = { recipeArn, infrastructureArn, distributionArn };
  const pipeline = { arn: row.id, name: row.name };
  const order = { ...arns, tests, enhancedMetadata, pipeline, ...how };
  const build = await orderImage(transaction, viewer, order, place);
  await transaction.imagePipelines.update({ ...row, lastBuildArn: build.id });
  return build;
}

/**
 * To be called in the transaction in which a build ends. Of builds that somebody asked for only
 * success counts; one that was cancelled says nothing.
 */
export async function noteBuildEnded(
  { imagePipelines }: CatalogTransaction,
  build: ImageBuildRow,
): Promise<void> {
  const row = build.pipeline && (await imagePipelines.get(build.pipeline.arn));
  if (!row) return;
  if (build.state === 'AVAILABLE') {
    const lastDependencies = dependenciesOf(build);
    await imagePipelines.update({ ...row, consecutiveFailures: 0, lastDependencies });
  } else if (build.state === 'FAILED' && build.buildType === 'SCHEDULED') {
    await imagePipelines.update(withFailure(row));
  }
}

function withFailure(row: ImagePipelineRow): ImagePipelineRow {
  const consecutiveFailures = row.consecutiveFailures + 1;
  const { failureCount } = row.schedule ?? {};
  if (failureCount === undefined || consecutiveFailures < failureCount) {
    return { ...row, consecutiveFailures };
  }
  return { ...row, consecutiveFailures, status: 'DISABLED', nextRunAt: undefined };
}

/**
 * Begins what is due: each pipeline once, however many of its times have passed. Answers the ARNs
 * of pipelines that could not begin, and why.
 */
export async function beginDuePipelines(
  catalog: Catalog,
  place: BuildPlace,
): Promise<{ arn: string; why: ServiceError }[]> {
  const now = place.clock.now();
  const failed: { arn: string; why: ServiceError }[] = [];
  const ids = await catalog.read(({ imagePipelines }) =>
    dueIds((range) => imagePipelines.listKeys('nextRun', range), now),
  );
  // Written in one transaction each: others have their turn in between.
  for (const id of ids) {
    const why = await orRefusal(beginDue(catalog, id, place));
    if (!why) continue;
    failed.push({ arn: id, why });
    await catalog.write(async ({ imagePipelines }) => {
      const row = await imagePipelines.get(id);
      if (isDue(row, now)) await imagePipelines.update(withFailure(scheduled(row, now)));
    });
  }
  return failed;
}

function isDue(row: ImagePipelineRow | undefined, now: Date): row is ImagePipelineRow {
  return row?.nextRunAt !== undefined && row.nextRunAt <= now.toISOString();
}

async function beginDue(catalog: Catalog, id: string, place: BuildPlace): Promise<undefined> {
  const now = place.clock.now();
  await catalog.write(async (transaction) => {
    const before = await transaction.imagePipelines.get(id);
    if (before?.nextRunAt === undefined) return;
    const row = await transaction.imagePipelines.update(scheduled(before, now));
    // Only looked at; or another Imago of the same catalog has begun it.
    if (!isDue(before, now)) return;
    const account = await transaction.accounts.get(row.account);
    if (!account || account.disabled || (await isAtWork(transaction, row))) return;
    const viewer = { account: row.account, region: row.region, groups: groupsOf(account) };
    if (row.schedule?.ifDependenciesChanged && !(await isStale(transaction, viewer, row, now))) {
      return;
    }
    const how = { buildType: 'SCHEDULED', tags: row.imageTags } as const;
    await begin(transaction, viewer, row, how, place);
  });
}

/** What it stands on is another than in its newest build that succeeded; or there is none. */
async function isStale(
  reader: CatalogReader,
  viewer: Viewer,
  { recipeArn, lastDependencies }: ImagePipelineRow,
  now: Date,
): Promise<boolean> {
  const recipe = await requiredByArn(reader, viewer, 'image-recipe', recipeArn);
  const standing = dependenciesOf(await standingOf(reader, viewer, recipe, now));
  return standing.join() !== lastDependencies?.join();
}

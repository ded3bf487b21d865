/**
 * Copies of the image in the other regions that it is for, by the same order as CopyImage's, one
 * after the other. Which are there is in the step's checkpoint, so that all are undone together.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import { orderImageCopy } from '../../domain/copies.ts';
import { distributionTimeoutMinutes } from '../../domain/imagebuilder/configurations.ts';
import { checkName } from '../../domain/images.ts';
import { orFailAsync, type RunContext, TaskFailure, type TaskServices } from '../task.ts';
import { amiName } from './ami-name.ts';
import type { BuildLog } from './build-log.ts';
import { builderTags, type Captured, untilAvailable } from './capture-build.ts';
import { distributionIn } from './distribution-in.ts';

const minuteMs = 60_000;

/** By region. */
export type Copies = Record<string, string>;

export async function distributeBuild(
  { task, services, signal }: RunContext,
  build: ImageBuildRow,
  { imageId }: Captured,
  log: BuildLog,
): Promise<Copies> {
  let copies: Copies = {};
  for (const { region } of build.distribution?.distributions ?? []) {
    if (region === build.region) continue;
    const known = await services.orders.write(async (transaction) => {
      const row = (await transaction.tasks.get(task.id)) ?? task;
      const begun = (row.checkpoint ?? {}) as Copies;
      if (begun[region] !== undefined) return begun;
      const id = await orFailAsync(() => order(transaction, services, build, { imageId, region }));
      const checkpoint = { ...begun, [region]: id };
      await transaction.tasks.update({ ...row, checkpoint });
      return checkpoint;
    });
    copies = known;
    await untilAvailable(services, signal, copies[region] ?? '', () => checkTime(services, build));
    log.tell(`The image ${copies[region]} is in ${region}`);
  }
  return copies;
}

/** By the time when the distribution began, so that a restart does not give it more. */
function checkTime({ clock }: TaskServices, { workflows }: ImageBuildRow): void {
  const { startedAt } = workflows.find(({ type }) => type === 'DISTRIBUTION') ?? {};
  if (startedAt === undefined) return;
  const minutes = (clock.now().getTime() - Date.parse(startedAt)) / minuteMs;
  if (minutes < distributionTimeoutMinutes) return;
  const code = 'Client.DistributionTimedOut';
  throw new TaskFailure(
    code,
    `${code}: the distribution took more than ${distributionTimeoutMinutes} minutes.`,
  );
}

async function order(
  transaction: CatalogTransaction,
  services: TaskServices,
  build: ImageBuildRow,
  { imageId, region }: { imageId: string; region: string },
): Promise<string> {
  const { ami } = distributionIn(build, region) ?? {};
  const viewer = { account: build.account, region, groups: [] };
  const name = amiName(build, ami?.name);
  await checkName(transaction, viewer, name);
  const tags = { ...build.recipe.amiTags, ...ami?.tags, ...builderTags(build) };
  const copy = await orderImageCopy(
    transaction,
    viewer,
    {
      sourceRegion: build.region,
      sourceId: imageId,
      name,
      description: ami?.description ?? build.recipe.description,
      copyTags: false,
      imageTags: tags,
      snapshotTags: tags,
      encrypted: ami?.kmsKeyId !== undefined,
      kmsKeyId: ami?.kmsKeyId,
    },
    { ...services, hostId: services.site.hostId },
  );
  return copy.id;
}

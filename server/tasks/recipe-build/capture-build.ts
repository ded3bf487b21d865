/**
 * The machine that was built on, which is stopped, becomes an image: by the same order as
 * CreateImage's, whose task is waited for.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import { snapshotIdsOf } from '../../catalog/rows/image.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import { retireImage } from '../../domain/image-states.ts';
import { checkName, imageUsing } from '../../domain/images.ts';
import { cancelUnwanted, orderImage } from '../../domain/order-capture.ts';
import { removeSnapshot } from '../../domain/recycle-bin.ts';
import { unfinishedStates } from '../../domain/tasks.ts';
import { orFailAsync, type RunContext, TaskFailure, type TaskServices } from '../task.ts';
import { amiName } from './ami-name.ts';
import type { Machine } from './build-machine.ts';
import { distributionIn } from './distribution-in.ts';

const pollMs = 50;

export interface Captured {
  imageId: string;
}

export async function captureBuild(
  { task, services, signal }: RunContext,
  build: ImageBuildRow,
  { instanceId }: Machine,
): Promise<Captured> {
  const { orders } = services;
  const imageId = await orders.write(async (transaction) => {
    const row = (await transaction.tasks.get(task.id)) ?? task;
    const begun = row.checkpoint as Captured | undefined;
    if (begun) return begun.imageId;
    const id = await orFailAsync(() => order(transaction, services, build, instanceId));
    await transaction.tasks.update({ ...row, checkpoint: { imageId: id } });
    return id;
  });
  await untilAvailable(services, signal, imageId);
  return { imageId };
}

async function order(
  transaction: CatalogTransaction,
  { clock, ids }: TaskServices,
  build: ImageBuildRow,
  instanceId: string,
): Promise<string> {
  const { account, region, recipe } = build;
  const viewer = { account, region, groups: [] };
  const here = distributionIn(build, region);
  const instance = await transaction.instances.get(instanceId);
  if (!instance) throw gone(instanceId);
  const name = amiName(build, here?.ami?.name);
  await checkName(transaction, viewer, name);
  const tags = { ...recipe.amiTags, ...here?.ami?.tags, ...builderTags(build) };
  const description = here?.ami?.description ?? recipe.description;
  const image = await orderImage(
    transaction,
    viewer,
    instance,
    {
      name,
      description,
      reboot: false,
      mappings: [],
      imageTags: tags,
      snapshotTags: tags,
      isBuild: true,
    },
    { clock, ids },
  );
  return image.id;
}

export function builderTags({ id }: ImageBuildRow): Record<string, string> {
  return { CreatedBy: 'EC2 Image Builder', Ec2ImageBuilderArn: id };
}

/** Of an image whose task is another's; `check` throws when it is not to be waited for any more. */
export async function untilAvailable(
  { catalog }: TaskServices,
  signal: AbortSignal,
  imageId: string,
  check = () => {},
): Promise<void> {
  for (;;) {
    check();
    const image = await catalog.read(({ images }) => images.get(imageId));
    if (image?.state === 'available') return;
    if (image?.state !== 'pending') {
      const { code, message } = image?.stateReason ?? gone(imageId).reason;
      throw new TaskFailure(code, message);
    }
    await delay(pollMs, undefined, { signal });
  }
}

/** With its snapshots, where nothing else has them; whoever makes it still is told, and waited for. */
export async function removeImage(
  { catalog, orders, clock }: TaskServices,
  signal: AbortSignal,
  imageId: string | undefined,
): Promise<void> {
  if (imageId === undefined) return;
  await orders.write(async (transaction) => {
    const image = await transaction.images.get(imageId);
    if (!image) return;
    const now = clock.now();
    await retireImage(transaction, image, now);
    for (const id of snapshotIdsOf(image)) {
      const snapshot = await transaction.snapshots.get(id);
      if (!snapshot || snapshot.account !== image.account) continue;
      if (!(await imageUsing(transaction, snapshot))) {
        await removeSnapshot(transaction, snapshot, now);
      }
    }
    await cancelUnwanted(transaction, image);
  });
  const state = unfinishedStates;
  const making = () =>
    catalog.read(({ tasks }) => tasks.count({ where: { subject: imageId, state } }));
  while ((await making()) > 0) await delay(pollMs, undefined, { signal });
}

function gone(id: string): TaskFailure {
  const code = 'Client.ResourceNotFound';
  return new TaskFailure(code, `${code}: ${id} of the build is not there any more.`);
}

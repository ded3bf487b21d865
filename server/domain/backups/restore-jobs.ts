/**
 * Restore jobs: an instance is launched of a recovery point, as it was but for what the request
 * says (recorded-machine.ts), or a volume is made of one, in one transaction with the job's row.
 * Nothing is copied: a volume is there at once, and the job of an instance has its state:
 *
 *   RUNNING --the instance runs, or was ended by somebody--> COMPLETED
 *        \--it could not be started--> FAILED
 *
 * While it runs its status is read off the instance; a round writes down what that has come to.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type {
  Catalog,
  CatalogReader,
  CatalogTransaction,
  KeyEntry,
} from '../../catalog/catalog.ts';
import type { RecoveryPointRow } from '../../catalog/rows/backup-vault.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { RestoreJobRow } from '../../catalog/rows/restore-job.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { isEndedByUser } from '../instances.ts';
import type { LaunchPlace } from '../launch.ts';
import { insertLaunch } from '../launch-rows.ts';
import { newVolume } from '../new-volumes.ts';
import { firstZone } from '../site.ts';
import { requiredOwnSnapshot } from '../snapshots.ts';
import { userTags } from '../tags.ts';
import { isOwn, type Owner, type Viewer } from '../viewer.ts';
import { idOfPoint, instanceArn, invalidRequest, noBackup, volumeArn } from './arns.ts';
import { planInstanceRestore } from './restore-instance.ts';
import {
  checkSaid,
  machineWishes,
  type RestoreMetadata,
  volumeWishes,
} from './restore-metadata.ts';

/** In one transaction: others wait for it. */
const settledAtOnce = 100;

export interface RestoreOrder {
  point: RecoveryPointRow;
  metadata: RestoreMetadata;
  iamRoleArn?: string;
  /** What is made has the tags of the recovery point. */
  copyTags: boolean;
}

export async function orderRestore(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { point, metadata, iamRoleArn, copyTags }: RestoreOrder,
  place: LaunchPlace,
): Promise<RestoreJobRow> {
  if (point.status !== 'AVAILABLE')
    throw invalidRequest(`The recovery point ${point.id} is not ready.`);
  const sourceId = idOfPoint(point.resourceArn);
  const order = { id: idOfPoint(point.id), sourceId, metadata, copyTags };
  const restore = point.resourceType === 'EC2' ? restoreMachine : restoreVolume;
  const createdResourceArn = await restore(transaction, viewer, order, place);
  const now = place.clock.now().toISOString();
  const job: RestoreJobRow = {
    id: place.ids.uuid(),
    account: viewer.account,
    region: viewer.region,
    createdAt: now,
    ...(point.resourceType === 'EC2'
      ? { status: 'RUNNING' }
      : { status: 'COMPLETED', completedAt: now }),
    recoveryPointArn: point.id,
    recoveryPointCreatedAt: point.createdAt,
    vaultArn: point.vaultArn,
    resourceArn: point.resourceArn,
    resourceType: point.resourceType,
    createdResourceArn,
    ...(iamRoleArn !== undefined && { iamRoleArn }),
    sizeBytes: point.sizeBytes,
    metadata,
  };
  await transaction.restoreJobs.insert(job);
  await transaction.recoveryPoints.update({ ...point, lastRestoredAt: now });
  return job;
}

interface Order {
  id: string;
  /** What the recovery point is of. */
  sourceId: string;
  metadata: RestoreMetadata;
  copyTags: boolean;
}

async function restoreMachine(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { id, metadata, copyTags }: Order,
  place: LaunchPlace,
): Promise<string> {
  const image = await transaction.images.get(id);
  const instanceTags = copyTags ? userTags(image?.tags ?? {}) : {};
  const wishes = { ...machineWishes(metadata), ...(copyTags && { instanceTags }) };
  const asked = { backupId: id, wishes };
  const { launch } = await planInstanceRestore(transaction, viewer, asked, place);
  checkSaid(metadata, 'VpcId', launch.instances[0]?.vpcId);
  await insertLaunch(transaction, launch);
  return instanceArn({ ...viewer, id: launch.instances[0]?.id ?? '' });
}

async function restoreVolume(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { id, sourceId, metadata, copyTags }: Order,
  place: LaunchPlace,
): Promise<string> {
  const snapshot = await requiredOwnSnapshot(transaction, viewer, id);
  // A copy tells no volume of its own.
  checkSaid(metadata, 'volumeId', sourceId, snapshot.volumeId);
  // Of what is encrypted nothing plain is made.
  if (snapshot.encryption) checkSaid(metadata, 'encrypted', 'true');
  if (!metadata.availabilityZone) {
    throw new ServiceError(
      'MissingParameterValueException',
      `Metadata availabilityZone is missing: the zone that gets the volume, such as ${firstZone(viewer.region)}.`,
    );
  }
  const tags: Tags = copyTags ? userTags(snapshot.tags) : {};
  const order = { ...volumeWishes(metadata), snapshotId: id, tags };
  const volume = await newVolume(transaction, viewer, order, place);
  await transaction.volumes.insert(volume);
  return volumeArn(volume);
}

/** As it is now. */
export async function currentRestore(
  { instances }: CatalogReader,
  job: RestoreJobRow,
  now: Date,
): Promise<RestoreJobRow> {
  if (job.status !== 'RUNNING' || job.testing) return job;
  const instance = await instances.get(idOfPoint(job.createdResourceArn ?? ''));
  if (instance?.state === 'pending') return job;
  const failure = instance && failureOf(instance);
  const completedAt = now.toISOString();
  if (failure === undefined) return { ...job, status: 'COMPLETED', completedAt };
  return { ...job, status: 'FAILED', statusMessage: failure, completedAt };
}

/** It never ran, and nobody has ended it. What becomes of one that ran is another matter. */
function failureOf(instance: InstanceRow): string | undefined {
  const { state, stateReason, machine } = instance;
  if (state === 'running' || machine || isEndedByUser(instance)) return undefined;
  return stateReason?.message;
}

export async function requiredRestore(
  reader: CatalogReader,
  owner: Owner,
  id: string,
): Promise<RestoreJobRow> {
  const row = await reader.restoreJobs.get(id);
  if (row && isOwn(owner, row)) return row;
  throw noBackup(`Restore job ${id} does not exist.`);
}

/** Writes down what jobs have come to; an instance that is no more says nothing of it. */
export async function settleRestores(catalog: Catalog, now: Date): Promise<void> {
  let after: KeyEntry | undefined;
  do {
    const range = { prefix: '', limit: settledAtOnce, ...(after && { after }) };
    const open = await catalog.read(({ restoreJobs }) => restoreJobs.listKeys('open', range));
    if (open.length > 0) await catalog.write((transaction) => settle(transaction, open, now));
    after = open.length === settledAtOnce ? open.at(-1) : undefined;
  } while (after);
}

async function settle(
  transaction: CatalogTransaction,
  open: readonly KeyEntry[],
  now: Date,
): Promise<void> {
  for (const { id } of open) {
    const job = await transaction.restoreJobs.get(id);
    if (job?.status !== 'RUNNING') continue;
    const current = await currentRestore(transaction, job, now);
    if (current !== job) await transaction.restoreJobs.update(current);
  }
}

/**
 * Backup jobs: an order of an image or a snapshot, in one transaction with the rows of the job and
 * of its recovery point. What carries it out is the task of every image and every snapshot, and in
 * the transaction in which that ends them, the job ends, too:
 *
 *   CREATED --begun--> RUNNING; --its window is over--> EXPIRED (due-jobs.ts)
 *   RUNNING --image or snapshot made--> COMPLETED
 *        |--StopBackupJob, or its window is over--> ABORTED (remove-points.ts)
 *        \--failed--> FAILED, and no image, snapshot or recovery point is left
 */
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupJobRow } from '../../catalog/rows/backup-job.ts';
import type { PlanOrigin } from '../../catalog/rows/backup-plan.ts';
import type { CopyWish, PointLifecycle } from '../../catalog/rows/backup-vault.ts';
import { snapshotIdsOf } from '../../catalog/rows/image.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { gibBytes } from '../../foundations/sizes.ts';
import { type Identity, orderImage } from '../order-capture.ts';
import { orderSnapshot } from '../order-snapshots.ts';
import { filledUp, userTags } from '../tags.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { stayingVolumes } from '../volume-attachments.ts';
import {
  idOfPoint,
  imagePointArn,
  invalidParameter,
  nameOfVault,
  noBackup,
  parsedResource,
  snapshotPointArn,
} from './arns.ts';
import { noteMade } from './recovery-points.ts';
import { checkedLifecycle, checkRetention } from './vault-locks.ts';
import { requiredVault } from './vaults.ts';

/** That says what it was made of, and by which job. */
export const sourceTag = 'aws:backup:source-resource';

const minuteMs = 60_000;
/** As documented. */
export const usualStartMinutes = 8 * 60;
export const usualCompletionMinutes = 7 * 24 * 60;
const startMinutesMin = 60;
const minutesMax = 52_560_000;

export interface Windows {
  startMinutes?: number;
  completionMinutes?: number;
}

export function checkWindows({ startMinutes, completionMinutes }: Windows): void {
  checkMinutes('The start window', startMinutes, startMinutesMin);
  const start = startMinutes ?? 0;
  checkMinutes('The completion window', completionMinutes, start + 1);
}

function checkMinutes(what: string, minutes: number | undefined, least: number): void {
  if (minutes === undefined) return;
  if (Number.isInteger(minutes) && minutes >= least && minutes <= minutesMax) return;
  throw invalidParameter(`${what} is from ${least} to ${minutesMax} minutes: ${minutes}.`);
}

export interface BackupOrder extends Windows {
  vaultArn: string;
  resourceArn: string;
  resourceName?: string;
  iamRoleArn: string;
  /** Beside those of the resource. */
  tags: Tags;
  lifecycle?: PointLifecycle;
  /** Into other vaults, once it is there. */
  copies?: CopyWish[];
  /** Absent: somebody asks for it. */
  createdBy?: PlanOrigin;
  /** When its start window begins. */
  dueAt: Date;
}

type Resource =
  | { type: 'EC2'; row: InstanceRow; volumes: VolumeRow[] }
  | { type: 'EBS'; row: VolumeRow; volumes: VolumeRow[] };

/** That is to begin, and makes nothing before it does. */
export function waitingJob(
  { account, region }: Owner,
  order: BackupOrder,
  { clock, ids }: Identity,
): BackupJobRow {
  const { dueAt, startMinutes = usualStartMinutes, tags, copies, createdBy } = order;
  const lifecycle = checkedLifecycle(order.lifecycle);
  const { resourceArn, resourceName, vaultArn, iamRoleArn } = order;
  const now = clock.now().toISOString();
  return {
    id: ids.uuid(),
    account,
    region,
    createdAt: now,
    state: 'CREATED',
    vaultArn,
    resourceArn,
    resourceType: parsedResource(resourceArn).type,
    resourceName,
    iamRoleArn,
    sizeBytes: 0,
    isEncrypted: false,
    ...(lifecycle && { lifecycle }),
    ...(createdBy && { createdBy }),
    startBy: new Date(dueAt.getTime() + startMinutes * minuteMs).toISOString(),
    completionMinutes: order.completionMinutes ?? usualCompletionMinutes,
    waiting: { tryAt: now, tags, ...(copies?.length && { copies }) },
  };
}

/** The job as it runs, which whoever calls writes, and the recovery point that it makes. */
export async function beginJob(
  transaction: CatalogTransaction,
  { waiting, statusMessage: _, ...job }: BackupJobRow,
  identity: Identity,
): Promise<BackupJobRow> {
  const { account, region, resourceArn, lifecycle, createdBy, vaultArn, iamRoleArn } = job;
  const { tags = {}, copies } = waiting ?? {};
  const vault = await requiredVault(transaction, job, nameOfVault(job));
  checkRetention(vault, lifecycle);
  const resource = await requiredResource(transaction, job, resourceArn);
  const { volumes } = resource;
  const now = identity.clock.now();
  const about = {
    resourceType: resource.type,
    resourceName: resource.row.tags.Name,
    sizeBytes: volumes.reduce((sum, { sizeGiB }) => sum + sizeGiB * gibBytes, 0),
    isEncrypted: volumes.some(({ encryption }) => encryption !== undefined),
  };
  const order = { jobId: job.id, tags, identity };
  const recoveryPointArn = await orderPoint(transaction, { account, region }, resource, order);
  await transaction.recoveryPoints.insert({
    ...about,
    id: recoveryPointArn,
    account,
    region,
    createdAt: now.toISOString(),
    vaultArn,
    resourceArn,
    iamRoleArn,
    jobId: job.id,
    status: 'CREATING',
    ...(lifecycle && { lifecycle }),
    ...(createdBy && { createdBy }),
    ...(copies && { copies }),
  });
  const { completionMinutes = usualCompletionMinutes } = job;
  // A plan's window is from when the job began; who starts one counts from then, as AWS documents it.
  const since = createdBy ? now : new Date(job.createdAt);
  const completeBy = new Date(since.getTime() + completionMinutes * minuteMs).toISOString();
  return { ...job, ...about, recoveryPointArn, state: 'RUNNING', completeBy };
}

async function requiredResource(
  reader: CatalogReader,
  owner: Owner,
  arn: string,
): Promise<Resource> {
  const { type, id, ...place } = parsedResource(arn);
  if (type === 'EC2') {
    const row = await reader.instances.get(id);
    if (row && isOwn(owner, row) && isOwn(owner, place) && row.state !== 'terminated') {
      return { type, row, volumes: await stayingVolumes(reader, row) };
    }
  } else {
    const row = await reader.volumes.get(id);
    if (row && isOwn(owner, row) && isOwn(owner, place)) return { type, row, volumes: [row] };
  }
  throw noBackup(`The resource ${arn} does not exist.`);
}

/** Pending, with the task that makes it. The guest goes on meanwhile. */
async function orderPoint(
  transaction: CatalogTransaction,
  owner: Owner,
  { type, row }: Resource,
  { jobId, tags, identity }: { jobId: string; tags: Tags; identity: Identity },
): Promise<string> {
  const backup = { sourceId: row.id, jobId };
  // Tags cost no backup: a resource that has as many as there can be leaves some of them behind.
  const own = { ...tags, [sourceTag]: `${row.id}:${jobId}` };
  const wanted = filledUp(own, userTags(row.tags));
  if (type === 'EBS') {
    const description = 'This snapshot is created by the AWS Backup service.';
    const about = { description, tags: wanted, backup };
    return snapshotPointArn(await orderSnapshot(transaction, row, about, identity));
  }
  const order = {
    name: `AwsBackup_${row.id}_${jobId}`,
    description: 'This image is created by the AWS Backup service.',
    reboot: false,
    mappings: [],
    imageTags: wanted,
    snapshotTags: wanted,
    backup,
  };
  const viewer = { ...owner, groups: [] };
  return imagePointArn(await orderImage(transaction, viewer, row, order, identity));
}

/**
 * The backup job, or copy job, of an image or a snapshot that has been made, or has failed: none,
 * of most.
 */
export async function endBackup(
  transaction: CatalogTransaction,
  pointArn: string,
  now: Date,
  failure?: string,
): Promise<void> {
  const { backupJobs, copyJobs, recoveryPoints } = transaction;
  const point = await recoveryPoints.get(pointArn);
  if (point?.status !== 'CREATING') return;
  const completedAt = now.toISOString();
  const end =
    failure === undefined
      ? { state: 'COMPLETED' as const, completedAt }
      : { state: 'FAILED' as const, statusMessage: failure, completedAt };
  const job = await backupJobs.get(point.jobId);
  if (job) await backupJobs.update({ ...job, ...end });
  const copyJob = await copyJobs.get(point.jobId);
  if (copyJob) await copyJobs.update({ ...copyJob, ...end });
  if (failure === undefined) {
    await recoveryPoints.update({ ...point, status: 'AVAILABLE', completedAt });
    await noteMade(transaction, point);
    return;
  }
  await recoveryPoints.delete(pointArn);
  await removeFailed(transaction, idOfPoint(pointArn));
}

/** Nobody has asked for it by its name. */
async function removeFailed({ images, snapshots }: CatalogTransaction, id: string): Promise<void> {
  const image = await images.get(id);
  if (image) await images.delete(id);
  for (const each of image ? snapshotIdsOf(image) : [id]) {
    if ((await snapshots.get(each))?.state === 'error') await snapshots.delete(each);
  }
}

export async function requiredJob(
  { backupJobs }: CatalogReader,
  owner: Owner,
  id: string,
): Promise<BackupJobRow> {
  const row = await backupJobs.get(id);
  if (row && isOwn(owner, row)) return row;
  throw noBackup(`Backup job ${id} does not exist.`);
}

/** From 0 to 100: how much of its snapshots is there. */
export async function percentDone(reader: CatalogReader, job: BackupJobRow): Promise<number> {
  if (job.state !== 'RUNNING') return job.state === 'COMPLETED' ? 100 : 0;
  const id = idOfPoint(job.recoveryPointArn ?? '');
  const image = await reader.images.get(id);
  const made = await reader.snapshots.list({ where: { id: image ? snapshotIdsOf(image) : [id] } });
  const sum = made.reduce((total, { progressPercent }) => total + progressPercent, 0);
  return made.length === 0 ? 0 : sum / made.length;
}

/**
 * Backup jobs: an order of an image or a snapshot, in one transaction with the rows of the job and
 * of its recovery point. What carries it out is the task of every image and every snapshot, and in
 * the transaction in which that ends them, the job ends, too:
 *
 *   RUNNING --image or snapshot made--> COMPLETED
 *        |--StopBackupJob--> ABORTED (remove-points.ts)
 *        \--failed--> FAILED, and no image, snapshot or recovery point is left
 */
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupJobRow } from '../../catalog/rows/backup-job.ts';
import type { PlanOrigin } from '../../catalog/rows/backup-plan.ts';
import type {
  BackupVaultRow,
  CopyWish,
  PointLifecycle,
  RecoveryPointRow,
} from '../../catalog/rows/backup-vault.ts';
import { snapshotIdsOf } from '../../catalog/rows/image.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { gibBytes } from '../../foundations/sizes.ts';
import { type Identity, orderImage } from '../order-capture.ts';
import { orderSnapshot } from '../order-snapshots.ts';
import { checkedCount, userTags } from '../tags.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { stayingVolumes } from '../volume-attachments.ts';
import { idOfPoint, imagePointArn, noBackup, parsedResource, snapshotPointArn } from './arns.ts';
import { noteProtected } from './recovery-points.ts';
import { checkedLifecycle, checkRetention } from './vault-locks.ts';

/** That says what it was made of, and by which job. */
export const sourceTag = 'aws:backup:source-resource';

export interface BackupOrder {
  vault: BackupVaultRow;
  resourceArn: string;
  iamRoleArn: string;
  /** Beside those of the resource. */
  tags: Tags;
  lifecycle?: PointLifecycle;
  /** Into other vaults, once it is there. */
  copies?: CopyWish[];
  /** Absent: somebody asks for it. */
  createdBy?: PlanOrigin;
}

type Resource =
  | { type: 'EC2'; row: InstanceRow; volumes: VolumeRow[] }
  | { type: 'EBS'; row: VolumeRow; volumes: VolumeRow[] };

/** The job, and the recovery point that it makes. */
export async function orderBackup(
  transaction: CatalogTransaction,
  owner: Owner,
  order: BackupOrder,
  identity: Identity,
): Promise<BackupJobRow> {
  const { vault, resourceArn, iamRoleArn } = order;
  const lifecycle = checkedLifecycle(order.lifecycle);
  checkRetention(vault, lifecycle);
  const resource = await requiredResource(transaction, owner, resourceArn);
  const jobId = identity.ids.uuid();
  const sizeBytes = resource.volumes.reduce((sum, { sizeGiB }) => sum + sizeGiB * gibBytes, 0);
  const about = {
    account: owner.account,
    region: owner.region,
    createdAt: identity.clock.now().toISOString(),
    vaultArn: vault.id,
    resourceArn,
    resourceType: resource.type,
    resourceName: resource.row.tags.Name,
    iamRoleArn,
    sizeBytes,
    isEncrypted: resource.volumes.some(({ encryption }) => encryption !== undefined),
    ...(lifecycle && { lifecycle }),
    ...(order.createdBy && { createdBy: order.createdBy }),
  };
  const recoveryPointArn = await orderPoint(transaction, owner, resource, {
    jobId,
    tags: order.tags,
    identity,
  });
  const job: BackupJobRow = { id: jobId, ...about, recoveryPointArn, state: 'RUNNING' };
  const { copies } = order;
  const wanted = { jobId, status: 'CREATING' as const, ...(copies?.length && { copies }) };
  const point: RecoveryPointRow = { id: recoveryPointArn, ...about, ...wanted };
  await transaction.backupJobs.insert(job);
  await transaction.recoveryPoints.insert(point);
  return job;
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
  const wanted = checkedCount({
    ...userTags(row.tags),
    ...tags,
    [sourceTag]: `${row.id}:${jobId}`,
  });
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
    await noteProtected(transaction, point);
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

/**
 * Copy jobs: an order of a copy of a recovery point's image or snapshot, in one transaction with the
 * rows of the job and of the recovery point that it makes in another vault, of the same region or of
 * another. What carries it out is the task of CopyImage and CopySnapshot, and in the transaction in
 * which that ends, the job ends, too (jobs.ts):
 *
 *   RUNNING --copied--> COMPLETED
 *        \--failed--> FAILED, and no image, snapshot or recovery point is left
 *
 * As with AWS a copy is as old as its original, and is kept as long, unless it is said otherwise.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type {
  BackupVaultRow,
  CopyWish,
  RecoveryPointRow,
} from '../../catalog/rows/backup-vault.ts';
import type { CopyJobRow } from '../../catalog/rows/copy-job.ts';
import { snapshotIdsOf } from '../../catalog/rows/image.ts';
import { groupsOf } from '../accounts.ts';
import { orderImageCopy, orderSnapshotCopy } from '../copies.ts';
import type { KeyMaking } from '../kms-keys.ts';
import type { Site } from '../site.ts';
import { checkedCount, userTags } from '../tags.ts';
import { isOwn, type Owner, type Viewer } from '../viewer.ts';
import {
  idOfPoint,
  imagePointArn,
  invalidParameter,
  invalidRequest,
  noBackup,
  parsedVault,
  snapshotPointArn,
} from './arns.ts';
import { originForCopy } from './backups.ts';
import { sourceTag } from './jobs.ts';
import { checkedLifecycle, checkRetention } from './vault-locks.ts';
import { requiredVault } from './vaults.ts';

const dayMs = 24 * 60 * 60_000;
const readAtOnce = 100;

export interface CopyPlace extends KeyMaking {
  site: Site;
}

export interface CopyOrder {
  point: RecoveryPointRow;
  wish: CopyWish;
  iamRoleArn: string;
  /** It is what the plan of the recovery point wants. */
  isPlanned: boolean;
}

/** Of the account, in a region that there is. */
export async function requiredDestination(
  reader: CatalogReader,
  { account }: Pick<Owner, 'account'>,
  arn: string,
  { regions }: Pick<Site, 'regions'>,
): Promise<BackupVaultRow> {
  const { region, name, account: said } = parsedVault(arn);
  if (!regions.includes(region)) {
    throw invalidParameter(
      `There is no region '${region}' here. There are: ${regions.join(', ')}.`,
    );
  }
  return requiredVault(reader, { account, region }, name, said);
}

/** The job, and the recovery point that it makes. The viewer is in the region of the original. */
export async function orderCopy(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { point, wish, iamRoleArn, isPlanned }: CopyOrder,
  place: CopyPlace,
): Promise<CopyJobRow> {
  if (point.status !== 'AVAILABLE') {
    throw invalidRequest(`The recovery point ${point.id} is not ready.`);
  }
  const vault = await requiredDestination(transaction, viewer, wish.vaultArn, place.site);
  if (vault.id === point.vaultArn) {
    throw invalidRequest('The source and the destination are the same backup vault.');
  }
  const now = place.clock.now();
  const lifecycle = checkedLifecycle(wish.lifecycle) ?? point.lifecycle;
  checkRetention(vault, lifecycle);
  checkTimeLeft(point, lifecycle?.deleteAfterDays, now);
  const jobId = place.ids.uuid();
  const there = { ...viewer, region: vault.region };
  const { id, isEncrypted } = await orderContent(transaction, there, { point, jobId }, place);
  const { resourceArn, resourceType, resourceName, sizeBytes, account } = point;
  const about = {
    account,
    resourceArn,
    resourceType,
    resourceName,
    sizeBytes,
    iamRoleArn,
    ...(lifecycle && { lifecycle }),
    ...(isPlanned && point.createdBy && { createdBy: point.createdBy }),
  };
  const job: CopyJobRow = {
    ...about,
    id: jobId,
    region: point.region,
    createdAt: now.toISOString(),
    state: 'RUNNING',
    sourceVaultArn: point.vaultArn,
    sourcePointArn: point.id,
    destinationVaultArn: vault.id,
    destinationPointArn: id,
    ...(isPlanned && { backupJobId: point.jobId }),
  };
  await transaction.copyJobs.insert(job);
  await transaction.recoveryPoints.insert({
    ...about,
    id,
    region: vault.region,
    createdAt: point.createdAt,
    vaultArn: vault.id,
    sourceVaultArn: point.vaultArn,
    status: 'CREATING',
    jobId,
    isEncrypted,
  });
  return job;
}

/** Days are counted from when the original was made. */
function checkTimeLeft({ id, createdAt }: RecoveryPointRow, days: number | undefined, now: Date) {
  if (days === undefined || Date.parse(createdAt) + days * dayMs > now.getTime()) return;
  throw invalidParameter(
    `The recovery point ${id} is of ${createdAt}, and a copy of it would be kept for ${days} days from then: they are over.`,
  );
}

/** Pending, with the task that makes it. */
async function orderContent(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { point, jobId }: { point: RecoveryPointRow; jobId: string },
  place: CopyPlace,
): Promise<{ id: string; isEncrypted: boolean }> {
  const { images, snapshots } = transaction;
  const sourceId = idOfPoint(point.id);
  const isImage = point.resourceType === 'EC2';
  const source = isImage ? await images.get(sourceId) : await snapshots.get(sourceId);
  if (!source) throw noBackup(`The recovery point ${point.id} has no content.`);
  const resourceId = idOfPoint(point.resourceArn);
  const origin = originForCopy(source) ?? { sourceId: resourceId };
  const backup = { ...origin, jobId, takenAt: point.createdAt };
  const tags = checkedCount({
    ...userTags(source.tags),
    [sourceTag]: `${resourceId}:${jobId}`,
  });
  const identity = { ...place, hostId: place.site.hostId };
  const about = { sourceRegion: point.region, sourceId, backup };
  if (!isImage) {
    const description = 'This snapshot is created by the AWS Backup service.';
    const order = { ...about, description, tags };
    const copy = await orderSnapshotCopy(transaction, viewer, order, identity);
    return { id: snapshotPointArn(copy), isEncrypted: copy.encryption !== undefined };
  }
  const order = {
    ...about,
    name: `AwsBackup_${resourceId}_${jobId}`,
    description: 'This image is created by the AWS Backup service.',
    copyTags: false,
    imageTags: tags,
    snapshotTags: tags,
  };
  const copy = await orderImageCopy(transaction, viewer, order, identity);
  const made = await snapshots.list({ where: { id: snapshotIdsOf(copy) } });
  const isEncrypted = made.some(({ encryption }) => encryption !== undefined);
  return { id: imagePointArn(copy), isEncrypted };
}

export async function requiredCopyJob(
  { copyJobs }: CatalogReader,
  owner: Owner,
  id: string,
): Promise<CopyJobRow> {
  const row = await copyJobs.get(id);
  if (row && isOwn(owner, row)) return row;
  throw noBackup(`Copy job ${id} does not exist.`);
}

/**
 * What plans want copied of recovery points that are there now. Each copy is ordered in the
 * transaction that strikes it off the list, or struck off with a job that failed and says why.
 */
export async function orderDueCopies(catalog: Catalog, place: CopyPlace): Promise<void> {
  const range = { prefix: '', limit: readAtOnce };
  const due = await catalog.read(({ recoveryPoints }) => recoveryPoints.listKeys('copyDue', range));
  for (const { id } of due) {
    while (await orderNext(catalog, id, place));
  }
}

/** Answers whether there was one. */
async function orderNext(catalog: Catalog, id: string, place: CopyPlace): Promise<boolean> {
  const next = catalog.write(async (transaction) => {
    const taken = await takeNext(transaction, id);
    if (!taken) return false;
    const { point, wish } = taken;
    const account = await transaction.accounts.get(point.account);
    const viewer = { ...point, groups: account ? groupsOf(account) : [] };
    const order = { point, wish, iamRoleArn: point.iamRoleArn, isPlanned: true };
    await orderCopy(transaction, viewer, order, place);
    return true;
  });
  return next.catch(async (error) => {
    if (!(error instanceof ServiceError)) throw error;
    await catalog.write(async (transaction) => {
      const taken = await takeNext(transaction, id);
      if (taken) await transaction.copyJobs.insert(failedCopy(taken, error, place));
    });
    return true;
  });
}

interface Taken {
  point: RecoveryPointRow;
  wish: CopyWish;
}

async function takeNext(
  { recoveryPoints }: CatalogTransaction,
  id: string,
): Promise<Taken | undefined> {
  const point = await recoveryPoints.get(id);
  const [wish, ...left] = point?.copies ?? [];
  if (!point || !wish) return undefined;
  const { copies: _, ...rest } = point;
  const kept = left.length > 0 ? { ...rest, copies: left } : rest;
  return { point: await recoveryPoints.update(kept), wish };
}

function failedCopy({ point, wish }: Taken, error: ServiceError, place: CopyPlace): CopyJobRow {
  const now = place.clock.now().toISOString();
  const { account, region, resourceArn, resourceType, resourceName, sizeBytes } = point;
  const { iamRoleArn, createdBy } = point;
  return {
    id: place.ids.uuid(),
    account,
    region,
    createdAt: now,
    completedAt: now,
    state: 'FAILED',
    statusMessage: error.message,
    sourceVaultArn: point.vaultArn,
    sourcePointArn: point.id,
    destinationVaultArn: wish.vaultArn,
    resourceArn,
    resourceType,
    resourceName,
    iamRoleArn,
    sizeBytes,
    ...(createdBy && { createdBy }),
    backupJobId: point.jobId,
  };
}

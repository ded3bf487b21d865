/**
 * The ends of recovery points: by their owner's hand, by their lifecycle, and of the job that still
 * makes one. The image goes with its snapshots, into the recycle bin where a rule says so. A locked
 * vault lets its owner delete nothing, and what its lifecycle ends goes a day after that was seen, so
 * that a clock that is ahead for less ends nothing. A legal hold lets nothing go at all. The last good
 * backup of a resource outlives its lifecycle.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupJobRow } from '../../catalog/rows/backup-job.ts';
import type { RecoveryPointRow } from '../../catalog/rows/backup-vault.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { idsAhead } from '../due-rows.ts';
import { cancelUnwanted } from '../order-capture.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { checkDeletable } from '../snapshots.ts';
import type { Owner } from '../viewer.ts';
import { idOfPoint, invalidRequest, invalidState } from './arns.ts';
import { requiredJob } from './jobs.ts';
import { isLastGood } from './last-good.ts';
import { checkNotHeld } from './legal-holds.ts';
import { noteRemoved, requiredPoint } from './recovery-points.ts';
import { removeImage } from './remove-backup.ts';
import { checkUnlockedVault } from './vault-locks.ts';
import { requiredVault } from './vaults.ts';

/** What is held past its time is looked at again after that. */
const heldMs = 24 * 60 * 60_000;
const removedAtOnce = 100;

export async function deletePoint(
  transaction: CatalogTransaction,
  owner: Owner,
  { vaultName, arn }: { vaultName: string; arn: string },
  now: Date,
): Promise<void> {
  const point = await requiredPoint(transaction, owner, vaultName, arn);
  if (point.status === 'CREATING') {
    throw invalidState(`The recovery point ${arn} is being made: stop its job.`);
  }
  checkUnlockedVault(await requiredVault(transaction, owner, vaultName));
  await checkNotHeld(transaction, point);
  await removePoint(transaction, point, now);
}

/** The job that makes one ends, and with it all that it made. */
export async function stopJob(
  transaction: CatalogTransaction,
  owner: Owner,
  id: string,
  now: Date,
): Promise<void> {
  const job = await requiredJob(transaction, owner, id);
  if (job.state !== 'RUNNING' && job.state !== 'CREATED') {
    throw invalidRequest(`Backup job ${id} is ${job.state} already.`);
  }
  await abortJob(transaction, job, 'It was stopped.', now);
}

export async function abortJob(
  transaction: CatalogTransaction,
  job: BackupJobRow,
  statusMessage: string,
  now: Date,
): Promise<void> {
  const point = await transaction.recoveryPoints.get(job.recoveryPointArn ?? '');
  if (point) await removePoint(transaction, point, now);
  await cancelUnwanted(transaction, job);
  const completedAt = now.toISOString();
  await transaction.backupJobs.update({ ...job, state: 'ABORTED', statusMessage, completedAt });
}

async function removePoint(
  transaction: CatalogTransaction,
  point: RecoveryPointRow,
  now: Date,
): Promise<void> {
  // From here on it is an image, or a snapshot, like any other.
  await transaction.recoveryPoints.delete(point.id);
  const { image, snapshot } = await contentOf(transaction, point);
  if (image) await removeImage(transaction, image, now);
  if (snapshot) {
    await checkDeletable(transaction, snapshot, now);
    await removeSnapshot(transaction, snapshot, now);
  }
  await noteRemoved(transaction, point);
}

async function contentOf(
  { images, snapshots }: CatalogReader,
  { id, resourceType }: RecoveryPointRow,
): Promise<{ image?: ImageRow; snapshot?: SnapshotRow }> {
  const contentId = idOfPoint(id);
  if (resourceType === 'EC2') return { image: await images.get(contentId) };
  return { snapshot: await snapshots.get(contentId) };
}

/** Those whose time is over, the oldest first. */
export async function removeExpiredPoints(catalog: Catalog, now: Date): Promise<void> {
  await releaseHeldAhead(catalog, now);
  const range = { prefix: '', limit: removedAtOnce };
  for (;;) {
    const oldest = await catalog.read(({ recoveryPoints }) =>
      recoveryPoints.listKeys('deletion', range),
    );
    const over = oldest.filter(({ value }) => value <= now.toISOString());
    if (over.length === 0) return;
    for (const { id } of over) await removeExpired(catalog, id, now);
  }
}

/** Held by a clock that was ahead: their time is not over, or is looked at now. */
async function releaseHeldAhead(catalog: Catalog, now: Date): Promise<void> {
  for (;;) {
    const ids = await catalog.read(({ recoveryPoints }) =>
      idsAhead((range) => recoveryPoints.listKeys('held', range), now),
    );
    if (ids.length === 0) return;
    await catalog.write(async ({ recoveryPoints }) => {
      for (const id of ids) {
        const point = await recoveryPoints.get(id);
        if (point) await recoveryPoints.update({ ...point, heldUntil: undefined });
      }
    });
  }
}

async function removeExpired(catalog: Catalog, id: string, now: Date): Promise<void> {
  const removed = catalog.write(async (transaction) => {
    const point = await transaction.recoveryPoints.get(id);
    if (!point) return;
    const { image, snapshot } = await contentOf(transaction, point);
    const content = image ?? snapshot;
    const isWanted = content !== undefined && (await isLastGood(transaction, content));
    const vault = await transaction.backupVaults.get(point.vaultArn);
    const isNew = vault?.lock !== undefined && point.heldUntil === undefined;
    if (point.status === 'CREATING' || isWanted || isNew) {
      throw invalidRequest('It is not to go yet.');
    }
    await checkNotHeld(transaction, point);
    await removePoint(transaction, point, now);
  });
  await removed.catch(async (error) => {
    if (!(error instanceof ServiceError)) throw error;
    await catalog.write(async ({ recoveryPoints }) => {
      const point = await recoveryPoints.get(id);
      const heldUntil = new Date(now.getTime() + heldMs).toISOString();
      if (point) await recoveryPoints.update({ ...point, heldUntil });
    });
  });
}

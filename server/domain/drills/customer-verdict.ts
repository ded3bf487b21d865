/**
 * What a customer says of a restore test, by PutRestoreValidationResult: beside Imago's own verdict,
 * which it follows. It is in the drill, a failure at the backup, too, and the operator is told.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import type { RestoreJobRow } from '../../catalog/rows/restore-job.ts';
import { idOfPoint, invalidRequest } from '../backups/arns.ts';
import { requiredRestore } from '../backups/restore-jobs.ts';
import { newTask } from '../tasks.ts';
import type { Owner } from '../viewer.ts';
import { type DrillInput, type DrillPlace, tellVerdictKind } from './drills.ts';

export interface CustomerVerdict {
  validation: 'SUCCESSFUL' | 'FAILED';
  validationMessage?: string;
}

export async function putValidation(
  transaction: CatalogTransaction,
  owner: Owner,
  jobId: string,
  verdict: CustomerVerdict,
  place: DrillPlace,
): Promise<void> {
  const job = await requiredRestore(transaction, owner, jobId);
  const { testing } = job;
  if (testing?.validation !== 'VALIDATING' && testing?.validation !== 'SUCCESSFUL') {
    throw invalidRequest(`Restore job ${jobId} is no test that can be validated now.`);
  }
  const { drillId } = testing;
  await transaction.restoreJobs.update({ ...job, testing: { ...testing, ...verdict } });
  const { validation, validationMessage: reason } = verdict;
  const customer: DrillRow['customer'] = {
    verdict: validation === 'FAILED' ? 'failed' : 'passed',
    ...(reason !== undefined && { reason }),
  };
  // Who made so many since may have had it forgotten.
  const drill = await transaction.drills.get(drillId);
  if (drill) await transaction.drills.update({ ...drill, customer });
  if (validation !== 'FAILED') return;
  await markFailed(transaction, job, drillId);
  if (!drill) return;
  const { account, region } = drill;
  const input: DrillInput = { drillId };
  const work = { kind: tellVerdictKind, subject: drillId, account, region, input };
  await transaction.tasks.insert(newTask({ ...work, host: place.hostId }, place));
}

/** Of the backup, so that nothing takes it for good. */
async function markFailed(
  { images, snapshots }: CatalogTransaction,
  { recoveryPointArn, completedAt = '' }: RestoreJobRow,
  drillId: string,
): Promise<void> {
  const id = idOfPoint(recoveryPointArn);
  const lastDrill = { drillId, endedAt: completedAt, verdict: 'failed' as const };
  const image = await images.get(id);
  if (image?.lastDrill?.drillId === drillId) await images.update({ ...image, lastDrill });
  const snapshot = await snapshots.get(id);
  if (snapshot?.lastDrill?.drillId === drillId) await snapshots.update({ ...snapshot, lastDrill });
}

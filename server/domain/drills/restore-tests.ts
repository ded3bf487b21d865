/** What a drill writes down with the restore job whose test it is: its machine, and its verdict. */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import type { RestoreJobRow } from '../../catalog/rows/restore-job.ts';
import { instanceArn, volumeArn } from '../backups/arns.ts';

const hourMs = 3_600_000;

type Tested = Pick<DrillRow, 'restoreJobId' | 'account' | 'region'>;

export async function noteMachine(
  { restoreJobs }: CatalogTransaction,
  { restoreJobId, account, region }: Tested,
  { instanceId, volumeIds: [rootId = ''] }: { instanceId: string; volumeIds: string[] },
): Promise<void> {
  const job = restoreJobId === undefined ? undefined : await restoreJobs.get(restoreJobId);
  if (!job) return;
  const createdResourceArn =
    job.resourceType === 'EC2'
      ? instanceArn({ account, region, id: instanceId })
      : volumeArn({ account, region, id: rootId });
  await restoreJobs.update({ ...job, createdResourceArn });
}

/** A backup that does not come up was restored all the same: its validation says what is wrong. */
export async function concludeTest(
  { restoreJobs }: CatalogTransaction,
  { restoreJobId }: Tested,
  { state, reason, endedAt }: { state: DrillRow['state']; reason?: string; endedAt: string },
): Promise<void> {
  const job = restoreJobId === undefined ? undefined : await restoreJobs.get(restoreJobId);
  if (!job?.testing) return;
  if (state === 'passed' || state === 'failed') {
    const { testing } = job;
    const done = { status: 'COMPLETED' as const, completedAt: endedAt };
    const verdict = state === 'passed' ? passed(testing, endedAt) : failed(reason);
    await restoreJobs.update({ ...job, ...done, testing: { ...testing, ...verdict } });
    return;
  }
  const statusMessage = reason ?? 'The test was stopped.';
  await restoreJobs.update({ ...job, status: 'FAILED', statusMessage, completedAt: endedAt });
}

type Test = NonNullable<RestoreJobRow['testing']>;

function passed({ validationWindowHours: hours }: Test, endedAt: string): Partial<Test> {
  if (hours === 0) return { validation: 'SUCCESSFUL' };
  const until = new Date(Date.parse(endedAt) + hours * hourMs).toISOString();
  return { validation: 'VALIDATING', validatingUntil: until };
}

function failed(reason: string | undefined): Partial<Test> {
  return { validation: 'FAILED', validationMessage: reason };
}

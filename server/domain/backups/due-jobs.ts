/**
 * Backup jobs by the clock: those that wait begin, each in a transaction of its own. What has no
 * state for it just now is tried again until the start window is over, and then the job is EXPIRED,
 * as it is when Imago was down as long. What runs past its completion window is given up.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { BackupJobRow } from '../../catalog/rows/backup-job.ts';
import type { Identity } from '../order-capture.ts';
import { beginJob } from './jobs.ts';
import { abortJob } from './remove-points.ts';

/** As documented: at least every 10 minutes. */
const triedEveryMs = 10 * 60_000;
const readAtOnce = 100;

export async function lookAtDueJobs(catalog: Catalog, identity: Identity): Promise<void> {
  const range = { prefix: '', limit: readAtOnce };
  for (;;) {
    const now = identity.clock.now().toISOString();
    const found = await catalog.read(({ backupJobs }) => backupJobs.listKeys('nextLook', range));
    const due = found.filter(({ value }) => value <= now);
    if (due.length === 0) return;
    for (const { id } of due) await lookAtJob(catalog, id, identity);
  }
}

async function lookAtJob(catalog: Catalog, id: string, identity: Identity): Promise<void> {
  const now = identity.clock.now();
  const look = catalog.write(async (transaction) => {
    const { accounts, backupJobs } = transaction;
    const job = await backupJobs.get(id);
    if (job?.state === 'RUNNING') {
      const message = `It was not complete at ${job.completeBy}, when its completion window ended.`;
      await abortJob(transaction, job, message, now);
    }
    if (job?.state !== 'CREATED') return;
    if (isOver(job, now)) throw notBegun('It could not begin');
    const account = await accounts.get(job.account);
    if (!account || account.disabled) throw notBegun('Its account is disabled');
    await backupJobs.update(await beginJob(transaction, job, identity));
  });
  await look.catch(async (error) => {
    if (!(error instanceof ServiceError)) throw error;
    await catalog.write(async ({ backupJobs }) => {
      const job = await backupJobs.get(id);
      if (job?.state === 'RUNNING') await backupJobs.update({ ...job, completeBy: later(now) });
      if (job?.state === 'CREATED') await backupJobs.update(notBegunJob(job, error, now));
    });
  });
}

/** The job that this was in the way of. */
export function notBegunJob(job: BackupJobRow, error: ServiceError, now: Date): BackupJobRow {
  const { waiting, ...rest } = job;
  const completedAt = now.toISOString();
  if (!waiting || !isForNow(error)) {
    return { ...rest, state: 'FAILED', statusMessage: error.message, completedAt };
  }
  if (isOver(job, now)) {
    const { statusMessage: last = error.message } = job;
    const statusMessage = `${last} Its start window ended at ${job.startBy}.`;
    return { ...rest, state: 'EXPIRED', statusMessage, completedAt };
  }
  const soon = [later(now), job.startBy ?? later(now)].sort();
  const [tryAt = later(now)] = soon;
  return { ...rest, statusMessage: error.message, waiting: { ...waiting, tryAt } };
}

/** What is not so a moment later. */
export function isForNow({ code }: ServiceError): boolean {
  return ['IncorrectInstanceState', 'IncorrectState', 'InsufficientVolumeCapacity'].includes(code);
}

function isOver({ startBy }: BackupJobRow, now: Date): boolean {
  return startBy !== undefined && startBy <= now.toISOString();
}

function notBegun(why: string): ServiceError {
  return new ServiceError('IncorrectState', `${why}.`);
}

function later(now: Date): string {
  return new Date(now.getTime() + triedEveryMs).toISOString();
}

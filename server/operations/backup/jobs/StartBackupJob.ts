import type {
  StartBackupJobInput,
  StartBackupJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import type { BackupJobRow } from '../../../catalog/rows/backup-job.ts';
import { isForNow, notBegunJob } from '../../../domain/backups/due-jobs.ts';
import { beginJob, checkWindows, waitingJob } from '../../../domain/backups/jobs.ts';
import { requiredVault } from '../../../domain/backups/vaults.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import type { Operation } from '../../operation.ts';
import { backupTags, checkedRole, lifecycleOf } from '../../requests/backup.ts';

/** The guest is not rebooted. What is in no state for it just now begins later, if it can. */
export const startBackupJob: Operation<StartBackupJobInput, StartBackupJobOutput> = {
  accepts: [
    'BackupVaultName',
    'ResourceArn',
    'IamRoleArn',
    'IdempotencyToken',
    'StartWindowMinutes',
    'CompleteWindowMinutes',
    'RecoveryPointTags',
    'Lifecycle.DeleteAfterDays',
  ],
  fixed: { Index: 'DISABLED' },
  async run(input, { catalog, caller, clock, host, ids }) {
    const { ResourceArn: resourceArn, IamRoleArn: iamRoleArn } = input;
    const { StartWindowMinutes: startMinutes, CompleteWindowMinutes: completionMinutes } = input;
    const windows = { startMinutes, completionMinutes };
    checkWindows(windows);
    checkedRole(iamRoleArn);
    const { account, region } = caller;
    const tags = backupTags(input.RecoveryPointTags);
    const lifecycle = lifecycleOf(input.Lifecycle);
    checkDiskRoom(await host.measure(), region);
    const now = clock.now();
    const call = {
      account,
      region,
      action: 'backup.StartBackupJob',
      token: input.IdempotencyToken,
      parameters: { ...input, IdempotencyToken: undefined },
      now,
    };
    type Made = (transaction: CatalogTransaction, job: BackupJobRow) => Promise<BackupJobRow>;
    const ordered = (made: Made) =>
      catalog.write(async (transaction) => {
        const { id: vaultArn } = await requiredVault(transaction, caller, input.BackupVaultName);
        const about = { vaultArn, resourceArn, iamRoleArn, tags, lifecycle, dueAt: now };
        const [id = ''] = await idempotently(transaction, call, async () => {
          const job = waitingJob(caller, { ...about, ...windows }, { clock, ids });
          const row = await made(transaction, job);
          await transaction.backupJobs.insert(row);
          return [row.id];
        });
        return transaction.backupJobs.get(id);
      });
    const begun: Made = (transaction, job) => beginJob(transaction, job, { clock, ids });
    const job = await ordered(begun).catch((error) => {
      if (!(error instanceof ServiceError && isForNow(error))) throw error;
      return ordered(async (_, job) => notBegunJob(job, error, now));
    });
    return {
      BackupJobId: job?.id,
      RecoveryPointArn: job?.recoveryPointArn,
      CreationDate: job && new Date(job.createdAt),
      IsParent: false,
    };
  },
};

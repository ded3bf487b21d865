import type {
  StartBackupJobInput,
  StartBackupJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { orderBackup } from '../../../domain/backups/jobs.ts';
import { requiredVault } from '../../../domain/backups/vaults.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import type { Operation } from '../../operation.ts';
import { backupTags, lifecycleOf } from '../../requests/backup.ts';

/** The guest is not rebooted. */
export const startBackupJob: Operation<StartBackupJobInput, StartBackupJobOutput> = {
  accepts: [
    'BackupVaultName',
    'ResourceArn',
    'IamRoleArn',
    'IdempotencyToken',
    'RecoveryPointTags',
    'Lifecycle.DeleteAfterDays',
  ],
  fixed: { Index: 'DISABLED' },
  async run(input, { catalog, caller, clock, host, ids }) {
    const { ResourceArn: resourceArn, IamRoleArn: iamRoleArn } = input;
    const { account, region } = caller;
    const tags = backupTags(input.RecoveryPointTags);
    checkDiskRoom(await host.measure(), region);
    const call = {
      account,
      region,
      action: 'backup.StartBackupJob',
      token: input.IdempotencyToken,
      parameters: { ...input, IdempotencyToken: undefined },
      now: clock.now(),
    };
    const job = await catalog.write(async (transaction) => {
      const vault = await requiredVault(transaction, caller, input.BackupVaultName);
      const lifecycle = lifecycleOf(input.Lifecycle);
      const order = { vault, resourceArn, iamRoleArn, tags, lifecycle };
      const [id = ''] = await idempotently(transaction, call, async () => [
        (await orderBackup(transaction, caller, order, { clock, ids })).id,
      ]);
      return transaction.backupJobs.get(id);
    });
    return {
      BackupJobId: job?.id,
      RecoveryPointArn: job?.recoveryPointArn,
      CreationDate: job && new Date(job.createdAt),
      IsParent: false,
    };
  },
};

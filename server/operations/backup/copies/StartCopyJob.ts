import type {
  StartCopyJobInput,
  StartCopyJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { parsedVault } from '../../../domain/backups/arns.ts';
import { orderCopy } from '../../../domain/backups/copy-jobs.ts';
import { requiredPoint } from '../../../domain/backups/recovery-points.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import type { Operation } from '../../operation.ts';
import { checkedRole, lifecycleOf } from '../../requests/backup.ts';

/** Into a vault of the caller's, in this region or another. */
export const startCopyJob: Operation<StartCopyJobInput, StartCopyJobOutput> = {
  accepts: [
    'RecoveryPointArn',
    'SourceBackupVaultName',
    'DestinationBackupVaultArn',
    'IamRoleArn',
    'IdempotencyToken',
    'Lifecycle.DeleteAfterDays',
  ],
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { SourceBackupVaultName, RecoveryPointArn, IamRoleArn: iamRoleArn } = input;
    const { DestinationBackupVaultArn: vaultArn } = input;
    checkedRole(iamRoleArn);
    checkDiskRoom(await host.measure(), parsedVault(vaultArn).region);
    const { account, region } = caller;
    const call = {
      account,
      region,
      action: 'backup.StartCopyJob',
      token: input.IdempotencyToken,
      parameters: { ...input, IdempotencyToken: undefined },
      now: clock.now(),
    };
    const place = { clock, ids, masterKey, site };
    const job = await catalog.write(async (transaction) => {
      const point = await requiredPoint(
        transaction,
        caller,
        SourceBackupVaultName,
        RecoveryPointArn,
      );
      const wish = { vaultArn, lifecycle: lifecycleOf(input.Lifecycle) };
      const order = { point, wish, iamRoleArn, isPlanned: false };
      const [id = ''] = await idempotently(transaction, call, async () => [
        (await orderCopy(transaction, caller, order, place)).id,
      ]);
      return transaction.copyJobs.get(id);
    });
    return { CopyJobId: job?.id, CreationDate: job && new Date(job.createdAt), IsParent: false };
  },
};

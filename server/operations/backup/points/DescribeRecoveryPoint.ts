import type {
  DescribeRecoveryPointInput,
  DescribeRecoveryPointOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPoint } from '../../../domain/backups/recovery-points.ts';
import type { Operation } from '../../operation.ts';
import { describedPoint } from '../../shapes/backup-vaults.ts';

export const describeRecoveryPoint: Operation<
  DescribeRecoveryPointInput,
  DescribeRecoveryPointOutput
> = {
  accepts: ['BackupVaultName', 'RecoveryPointArn', 'BackupVaultAccountId'],
  async run(input, { catalog, caller }) {
    const { BackupVaultName: vault, RecoveryPointArn: arn, BackupVaultAccountId: account } = input;
    return describedPoint(
      await catalog.read((reader) => requiredPoint(reader, caller, vault, arn, account)),
    );
  },
};

import type {
  GetRecoveryPointRestoreMetadataInput,
  GetRecoveryPointRestoreMetadataOutput,
} from '../../../../api/generated/backup-types.ts';
import { idOfPoint } from '../../../domain/backups/arns.ts';
import { requiredPoint } from '../../../domain/backups/recovery-points.ts';
import { machineMetadata, volumeMetadata } from '../../../domain/backups/restore-metadata.ts';
import type { Operation } from '../../operation.ts';

export const getRecoveryPointRestoreMetadata: Operation<
  GetRecoveryPointRestoreMetadataInput,
  GetRecoveryPointRestoreMetadataOutput
> = {
  accepts: ['BackupVaultName', 'RecoveryPointArn', 'BackupVaultAccountId'],
  async run(input, { catalog, caller }) {
    const { BackupVaultName: vault, RecoveryPointArn: arn, BackupVaultAccountId: account } = input;
    return catalog.read(async (reader) => {
      const point = await requiredPoint(reader, caller, vault, arn, account);
      const image = await reader.images.get(idOfPoint(arn));
      const snapshot = await reader.snapshots.get(idOfPoint(arn));
      return {
        BackupVaultArn: point.vaultArn,
        RecoveryPointArn: arn,
        ResourceType: point.resourceType,
        RestoreMetadata: {
          ...(image && machineMetadata(image)),
          ...(snapshot && volumeMetadata(snapshot)),
        },
      };
    });
  },
};

import type {
  GetRestoreTestingInferredMetadataInput,
  GetRestoreTestingInferredMetadataOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPoint } from '../../../domain/backups/recovery-points.ts';
import { inferredMetadata } from '../../../domain/drills/inferred-metadata.ts';
import type { Operation } from '../../operation.ts';

export const getRestoreTestingInferredMetadata: Operation<
  GetRestoreTestingInferredMetadataInput,
  GetRestoreTestingInferredMetadataOutput
> = {
  accepts: ['BackupVaultName', 'RecoveryPointArn', 'BackupVaultAccountId'],
  async run(input, { catalog, caller }) {
    const { BackupVaultName: vault, RecoveryPointArn: arn, BackupVaultAccountId: account } = input;
    return catalog.read(async (reader) => {
      const point = await requiredPoint(reader, caller, vault, arn, account);
      return { InferredMetadata: await inferredMetadata(reader, point) };
    });
  },
};

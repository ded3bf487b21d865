/** Restore jobs as AWS Backup answers them. */
import type { RestoreJobsListMember } from '../../../api/generated/backup-types.ts';
import type { RestoreJobRow } from '../../catalog/rows/restore-job.ts';
import { date } from './backup-vaults.ts';

export function restoreShape(row: RestoreJobRow): RestoreJobsListMember {
  return {
    AccountId: row.account,
    RestoreJobId: row.id,
    RecoveryPointArn: row.recoveryPointArn,
    SourceResourceArn: row.resourceArn,
    BackupVaultArn: row.vaultArn,
    CreationDate: new Date(row.createdAt),
    CompletionDate: date(row.completedAt),
    Status: row.status,
    StatusMessage: row.statusMessage,
    PercentDone: row.status === 'COMPLETED' ? '100.00%' : '0.00%',
    BackupSizeInBytes: row.sizeBytes,
    IamRoleArn: row.iamRoleArn,
    CreatedResourceArn: row.createdResourceArn,
    ResourceType: row.resourceType,
    RecoveryPointCreationDate: new Date(row.recoveryPointCreatedAt),
    IsParent: false,
    ...(row.testing && {
      CreatedBy: { RestoreTestingPlanArn: row.testing.planArn },
      ValidationStatus: row.testing.validation,
      ValidationStatusMessage: row.testing.validationMessage,
      ...(row.completedAt !== undefined && { DeletionStatus: 'SUCCESSFUL' }),
    }),
  };
}

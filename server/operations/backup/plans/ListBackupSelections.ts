import type {
  ListBackupSelectionsInput,
  ListBackupSelectionsOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan } from '../../../domain/backups/plans.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';

export const listBackupSelections: Operation<
  ListBackupSelectionsInput,
  ListBackupSelectionsOutput
> = {
  accepts: ['BackupPlanId', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { BackupPlanId: planId } = input;
    const page = backupPage(input, caller, 'ListBackupSelections');
    return catalog.read(async (reader) => {
      await requiredPlan(reader, caller, planId);
      const { shown, nextToken } = await readShownPage(
        reader.backupSelections,
        { planId },
        page,
        (row) => ({
          SelectionId: row.id,
          SelectionName: row.name,
          BackupPlanId: planId,
          CreationDate: new Date(row.createdAt),
          CreatorRequestId: row.creatorRequestId,
          IamRoleArn: row.iamRoleArn,
        }),
      );
      return { BackupSelectionsList: shown, NextToken: nextToken };
    });
  },
};

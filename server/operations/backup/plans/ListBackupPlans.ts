import type {
  ListBackupPlansInput,
  ListBackupPlansOutput,
} from '../../../../api/generated/backup-types.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { planSummary } from '../../shapes/backup-plans.ts';

export const listBackupPlans: Operation<ListBackupPlansInput, ListBackupPlansOutput> = {
  accepts: ['MaxResults', 'NextToken'],
  fixed: { IncludeDeleted: false },
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListBackupPlans');
    const { shown, nextToken } = await catalog.read(({ backupPlans }) =>
      readShownPage(backupPlans, { account, region }, page, planSummary),
    );
    return { BackupPlansList: shown, NextToken: nextToken };
  },
};

import type {
  ListBackupPlanVersionsInput,
  ListBackupPlanVersionsOutput,
} from '../../../../api/generated/backup-types.ts';
import { versionsOf } from '../../../domain/backups/plan-versions.ts';
import { requiredPlan } from '../../../domain/backups/plans.ts';
import { pageOfStream } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { versionSummary } from '../../shapes/backup-plans.ts';

/** The oldest first. */
export const listBackupPlanVersions: Operation<
  ListBackupPlanVersionsInput,
  ListBackupPlanVersionsOutput
> = {
  accepts: ['BackupPlanId', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const page = backupPage(input, caller, 'ListBackupPlanVersions');
    return catalog.read(async (reader) => {
      const plan = await requiredPlan(reader, caller, input.BackupPlanId);
      const rows = versionsOf(reader, plan, page.after);
      const { shown, nextToken } = await pageOfStream(rows, page, versionSummary);
      return { BackupPlanVersionsList: shown, NextToken: nextToken };
    });
  },
};

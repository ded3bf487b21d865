import type {
  GetBackupPlanInput,
  GetBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { comingRuns, requiredVersion } from '../../../domain/backups/plan-versions.ts';
import { requiredPlan } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { planShape, planSummary } from '../../shapes/backup-plans.ts';

/** Only the current version has runs to come. */
export const getBackupPlan: Operation<GetBackupPlanInput, GetBackupPlanOutput> = {
  accepts: ['BackupPlanId', 'VersionId', 'MaxScheduledRunsPreview'],
  async run(input, { catalog, caller, clock }) {
    const { VersionId, MaxScheduledRunsPreview: runs = 0 } = input;
    return catalog.read(async (reader) => {
      const row = await requiredPlan(reader, caller, input.BackupPlanId);
      const { versionId } = row;
      const version = await requiredVersion(reader, row, VersionId ?? versionId);
      const rules = version.versionId === versionId ? row.rules : [];
      const coming = comingRuns(rules, runs, clock.now());
      const { BackupPlanName: _, ...summary } = planSummary(row);
      return {
        ...summary,
        VersionId: version.versionId,
        BackupPlan: planShape(version),
        ...(runs > 0 && {
          ScheduledRunsPreview: coming.map(({ at, ruleId }) => ({
            ExecutionTime: at,
            RuleId: ruleId,
            RuleExecutionType: 'SNAPSHOTS',
          })),
        }),
      };
    });
  },
};

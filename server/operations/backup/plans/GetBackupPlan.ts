import type {
  GetBackupPlanInput,
  GetBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { planShape, planSummary } from '../../shapes/backup-plans.ts';

export const getBackupPlan: Operation<GetBackupPlanInput, GetBackupPlanOutput> = {
  accepts: ['BackupPlanId'],
  async run({ BackupPlanId: id }, { catalog, caller }) {
    const row = await catalog.read((reader) => requiredPlan(reader, caller, id));
    const { BackupPlanName: _, ...summary } = planSummary(row);
    return { ...summary, BackupPlan: planShape(row) };
  },
};

import type {
  DeleteRestoreTestingPlanInput,
  DeleteRestoreTestingPlanResult,
} from '../../../../api/generated/backup-types.ts';
import { deletePlan } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';

/** Tests that are under way go on. */
export const deleteRestoreTestingPlan: Operation<
  DeleteRestoreTestingPlanInput,
  DeleteRestoreTestingPlanResult
> = {
  accepts: ['RestoreTestingPlanName'],
  async run({ RestoreTestingPlanName: name }, { catalog, caller }) {
    await catalog.write((transaction) => deletePlan(transaction, caller, name));
    return {};
  },
};

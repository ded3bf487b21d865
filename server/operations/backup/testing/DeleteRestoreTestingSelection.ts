import type {
  DeleteRestoreTestingSelectionInput,
  DeleteRestoreTestingSelectionResult,
} from '../../../../api/generated/backup-types.ts';
import { changedSelection, changePlan } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';

export const deleteRestoreTestingSelection: Operation<
  DeleteRestoreTestingSelectionInput,
  DeleteRestoreTestingSelectionResult
> = {
  accepts: ['RestoreTestingPlanName', 'RestoreTestingSelectionName'],
  async run(input, { catalog, caller }) {
    const { RestoreTestingPlanName: plan, RestoreTestingSelectionName: name } = input;
    await catalog.write((transaction) =>
      changePlan(transaction, caller, plan, (before) =>
        changedSelection(before, name, () => undefined),
      ),
    );
    return {};
  },
};

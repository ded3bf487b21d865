import type {
  GetRestoreTestingSelectionInput,
  GetRestoreTestingSelectionOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan, requiredSelection } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';
import { gotSelection } from '../../shapes/restore-testing.ts';

export const getRestoreTestingSelection: Operation<
  GetRestoreTestingSelectionInput,
  GetRestoreTestingSelectionOutput
> = {
  accepts: ['RestoreTestingPlanName', 'RestoreTestingSelectionName'],
  async run(input, { catalog, caller }) {
    const { RestoreTestingPlanName: name, RestoreTestingSelectionName: selection } = input;
    const plan = await catalog.read((reader) => requiredPlan(reader, caller, name));
    return { RestoreTestingSelection: gotSelection(plan, requiredSelection(plan, selection)) };
  },
};

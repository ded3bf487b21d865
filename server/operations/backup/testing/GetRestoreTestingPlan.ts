import type {
  GetRestoreTestingPlanInput,
  GetRestoreTestingPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';
import { gotPlan } from '../../shapes/restore-testing.ts';

export const getRestoreTestingPlan: Operation<
  GetRestoreTestingPlanInput,
  GetRestoreTestingPlanOutput
> = {
  accepts: ['RestoreTestingPlanName'],
  async run({ RestoreTestingPlanName: name }, { catalog, caller }) {
    const row = await catalog.read((reader) => requiredPlan(reader, caller, name));
    return { RestoreTestingPlan: gotPlan(row) };
  },
};

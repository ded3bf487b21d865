import type {
  ListRestoreTestingSelectionsInput,
  ListRestoreTestingSelectionsOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan } from '../../../domain/drills/testing-plans.ts';
import { cutPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { gotSelection } from '../../shapes/restore-testing.ts';

export const listRestoreTestingSelections: Operation<
  ListRestoreTestingSelectionsInput,
  ListRestoreTestingSelectionsOutput
> = {
  accepts: ['RestoreTestingPlanName', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const page = backupPage(input, caller, 'ListRestoreTestingSelections');
    const { RestoreTestingPlanName: name } = input;
    const plan = await catalog.read((reader) => requiredPlan(reader, caller, name));
    const all = plan.selections.map((each) => ({ ...each, id: each.name }));
    all.sort((one, other) => (one.id < other.id ? -1 : 1));
    const { rows, nextToken } = cutPage(all, page);
    const shown = rows
      .map((each) => gotSelection(plan, each))
      .map(({ RestoreMetadataOverrides: _, ProtectedResourceArns: __, ...rest }) => {
        const { ProtectedResourceConditions: ___, ...listed } = rest;
        return listed;
      });
    return { RestoreTestingSelections: shown, NextToken: nextToken };
  },
};

import type {
  UpdateRestoreTestingSelectionInput,
  UpdateRestoreTestingSelectionOutput,
} from '../../../../api/generated/backup-types.ts';
import { changedSelection, changePlan } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';
import { checkedRole } from '../../requests/backup.ts';
import {
  overriddenDrill,
  testedResources,
  validationWindow,
} from '../../requests/restore-testing.ts';

/** What is left out stays as it is. */
export const updateRestoreTestingSelection: Operation<
  UpdateRestoreTestingSelectionInput,
  UpdateRestoreTestingSelectionOutput
> = {
  accepts: ['RestoreTestingPlanName', 'RestoreTestingSelectionName', 'RestoreTestingSelection'],
  async run(input, { catalog, caller, clock }) {
    const { RestoreTestingPlanName: plan, RestoreTestingSelectionName: name } = input;
    const { IamRoleArn, ProtectedResourceArns, ProtectedResourceConditions, ...asked } =
      input.RestoreTestingSelection;
    const { RestoreMetadataOverrides: overrides, ValidationWindowHours: hours } = asked;
    const hasResources = ProtectedResourceArns ?? ProtectedResourceConditions;
    const updated = clock.now();
    const row = await catalog.write((transaction) =>
      changePlan(transaction, caller, plan, (before) =>
        changedSelection(before, name, (selection) => ({
          ...selection,
          ...(IamRoleArn !== undefined && { iamRoleArn: checkedRole(IamRoleArn) }),
          ...(hasResources &&
            testedResources(
              selection.resourceType ?? 'EC2',
              ProtectedResourceArns,
              ProtectedResourceConditions,
            )),
          ...(overrides && { overrides, drill: overriddenDrill(overrides) }),
          validationWindowHours: validationWindow(hours ?? selection.validationWindowHours),
          updatedAt: updated.toISOString(),
        })),
      ),
    );
    return {
      CreationTime: new Date(row.createdAt),
      RestoreTestingPlanArn: row.id,
      RestoreTestingPlanName: row.name,
      RestoreTestingSelectionName: name,
      UpdateTime: updated,
    };
  },
};

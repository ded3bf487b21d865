import type {
  CreateRestoreTestingSelectionInput,
  CreateRestoreTestingSelectionOutput,
} from '../../../../api/generated/backup-types.ts';
import type { RestoreTestingSelection } from '../../../catalog/rows/restore-testing.ts';
import { invalidParameter } from '../../../domain/backups/arns.ts';
import { changePlan, withSelection } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';
import { checkedRole } from '../../requests/backup.ts';
import {
  overriddenDrill,
  testedResources,
  validationWindow,
} from '../../requests/restore-testing.ts';

/** Of machines, and of volumes: one that nothing boots from is read through. */
export const createRestoreTestingSelection: Operation<
  CreateRestoreTestingSelectionInput,
  CreateRestoreTestingSelectionOutput
> = {
  accepts: ['RestoreTestingPlanName', 'RestoreTestingSelection', 'CreatorRequestId'],
  async run(input, context) {
    const { RestoreTestingPlanName: plan, RestoreTestingSelection: asked } = input;
    const { CreatorRequestId: creatorRequestId } = input;
    const { catalog, caller, clock } = context;
    const createdAt = clock.now().toISOString();
    const { ProtectedResourceType: type, RestoreMetadataOverrides: overrides = {} } = asked;
    if (type !== 'EC2' && type !== 'EBS') {
      throw invalidParameter('ProtectedResourceType is EC2 or EBS.');
    }
    const selection: RestoreTestingSelection = {
      name: asked.RestoreTestingSelectionName,
      ...(creatorRequestId !== undefined && { creatorRequestId }),
      createdAt,
      iamRoleArn: checkedRole(asked.IamRoleArn),
      resourceType: type,
      ...testedResources(type, asked.ProtectedResourceArns, asked.ProtectedResourceConditions),
      overrides,
      drill: overriddenDrill(overrides),
      validationWindowHours: validationWindow(asked.ValidationWindowHours),
    };
    const row = await catalog.write((transaction) =>
      changePlan(transaction, caller, plan, (before) => withSelection(before, selection)),
    );
    return {
      CreationTime: new Date(createdAt),
      RestoreTestingPlanArn: row.id,
      RestoreTestingPlanName: row.name,
      RestoreTestingSelectionName: selection.name,
    };
  },
};

/** Restore testing plans and selections as AWS Backup answers them. */
import type {
  RestoreTestingPlanForGet,
  RestoreTestingPlanForList,
  RestoreTestingSelectionForGet,
} from '../../../api/generated/backup-types.ts';
import type {
  RestoreTestingPlanRow,
  RestoreTestingSelection,
} from '../../catalog/rows/restore-testing.ts';
import { date } from './backup-vaults.ts';

export function listedPlan(row: RestoreTestingPlanRow): RestoreTestingPlanForList {
  return {
    RestoreTestingPlanArn: row.id,
    RestoreTestingPlanName: row.name,
    CreationTime: new Date(row.createdAt),
    LastUpdateTime: date(row.updatedAt),
    LastExecutionTime: date(row.lastRunAt),
    ScheduleExpression: row.schedule.expression,
    ScheduleExpressionTimezone: row.schedule.timezone,
    StartWindowHours: row.startWindowHours,
  };
}

export function gotPlan(row: RestoreTestingPlanRow): RestoreTestingPlanForGet {
  const { points, creatorRequestId } = row;
  return {
    ...listedPlan(row),
    CreatorRequestId: creatorRequestId,
    RecoveryPointSelection: {
      Algorithm: points.algorithm,
      IncludeVaults: points.includeVaults,
      ExcludeVaults: points.excludeVaults,
      RecoveryPointTypes: points.types ?? ['SNAPSHOT'],
      SelectionWindowDays: points.windowDays,
    },
  };
}

export function gotSelection(
  plan: RestoreTestingPlanRow,
  row: RestoreTestingSelection,
): RestoreTestingSelectionForGet {
  const pairs = (all: RestoreTestingSelection['tagEquals']) =>
    all.map(({ key, value }) => ({ Key: `aws:ResourceTag/${key}`, Value: value }));
  return {
    RestoreTestingPlanName: plan.name,
    RestoreTestingSelectionName: row.name,
    CreationTime: new Date(row.createdAt),
    IamRoleArn: row.iamRoleArn,
    ProtectedResourceType: row.resourceType ?? 'EC2',
    ProtectedResourceArns: row.resourceArns,
    ProtectedResourceConditions: {
      StringEquals: pairs(row.tagEquals),
      StringNotEquals: pairs(row.tagNotEquals),
    },
    RestoreMetadataOverrides: row.overrides,
    ValidationWindowHours: row.validationWindowHours,
  };
}

/** Plans and selections as AWS Backup answers them. */
import type {
  BackupPlan,
  BackupPlansListMember,
  BackupSelection,
  CopyAction,
  RecoveryPointCreator,
} from '../../../api/generated/backup-types.ts';
import type {
  BackupPlanRow,
  BackupSelectionRow,
  ConditionOperator,
  FormerPlanRow,
  PlanOrigin,
} from '../../catalog/rows/backup-plan.ts';
import type { CopyWish } from '../../catalog/rows/backup-vault.ts';
import type { OwnedRow } from '../../catalog/rows/row.ts';
import { parsedVault } from '../../domain/backups/arns.ts';
import { usualCompletionMinutes, usualStartMinutes } from '../../domain/backups/jobs.ts';
import { planArn } from '../../domain/backups/plans.ts';

export function planSummary(row: BackupPlanRow): BackupPlansListMember {
  return {
    BackupPlanArn: planArn(row),
    BackupPlanId: row.id,
    BackupPlanName: row.name,
    CreationDate: new Date(row.createdAt),
    VersionId: row.versionId,
    CreatorRequestId: row.creatorRequestId,
    LastExecutionDate: row.lastRunAt === undefined ? undefined : new Date(row.lastRunAt),
  };
}

export function versionSummary(row: FormerPlanRow): BackupPlansListMember {
  return {
    BackupPlanArn: planArn({ ...row, id: row.planId }),
    BackupPlanId: row.planId,
    BackupPlanName: row.name,
    CreationDate: new Date(row.createdAt),
    VersionId: row.versionId,
    CreatorRequestId: row.creatorRequestId,
  };
}

export function planShape(row: Pick<BackupPlanRow, 'name' | 'rules'>): BackupPlan {
  return {
    BackupPlanName: row.name,
    Rules: row.rules.map((rule) => ({
      RuleId: rule.id,
      RuleName: rule.name,
      TargetBackupVaultName: rule.vaultName,
      ScheduleExpression: rule.expression,
      ScheduleExpressionTimezone: rule.timezone ?? 'Etc/UTC',
      StartWindowMinutes: rule.startMinutes ?? usualStartMinutes,
      CompletionWindowMinutes: rule.completionMinutes ?? usualCompletionMinutes,
      Lifecycle: rule.lifecycle && { DeleteAfterDays: rule.lifecycle.deleteAfterDays },
      RecoveryPointTags: rule.tags,
      ...(rule.copies && { CopyActions: rule.copies.map(copyShape) }),
    })),
  };
}

function copyShape({ vaultArn, lifecycle }: CopyWish): CopyAction {
  return {
    DestinationBackupVaultArn: vaultArn,
    Lifecycle: lifecycle && { DeleteAfterDays: lifecycle.deleteAfterDays },
  };
}

export function selectionShape(row: BackupSelectionRow): BackupSelection {
  const of = (operator: ConditionOperator) =>
    row.conditions
      .filter((each) => each.operator === operator)
      .map(({ key, value }) => ({ ConditionKey: `aws:ResourceTag/${key}`, ConditionValue: value }));
  return {
    SelectionName: row.name,
    IamRoleArn: row.iamRoleArn,
    Resources: row.resources,
    NotResources: row.notResources,
    ListOfTags: row.anyTag.map(({ key, value }) => ({
      ConditionType: 'STRINGEQUALS',
      ConditionKey: key,
      ConditionValue: value,
    })),
    Conditions: {
      StringEquals: of('StringEquals'),
      StringNotEquals: of('StringNotEquals'),
      StringLike: of('StringLike'),
      StringNotLike: of('StringNotLike'),
    },
  };
}

/** The rule of a plan that asked for it, where one did. */
export function creatorShape(
  row: OwnedRow & { createdBy?: PlanOrigin; sourceVaultArn?: string },
): RecoveryPointCreator | undefined {
  const { createdBy: by, account, sourceVaultArn } = row;
  // The plan of a copy is where its original is.
  const { region } = sourceVaultArn === undefined ? row : parsedVault(sourceVaultArn);
  return (
    by && {
      BackupPlanId: by.planId,
      BackupPlanArn: planArn({ account, region, id: by.planId }),
      BackupPlanName: by.planName,
      BackupPlanVersion: by.planVersion,
      BackupRuleId: by.ruleId,
      BackupRuleName: by.ruleName,
      BackupRuleCron: by.ruleCron,
      BackupRuleTimezone: by.ruleTimezone,
    }
  );
}

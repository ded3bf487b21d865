/** Plans and selections of AWS Backup as requests say them. */
import type {
  BackupPlanInput,
  BackupSelection,
  ConditionParameter,
  CopyAction,
} from '../../../api/generated/backup-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupPlanRule, BackupSelectionRow } from '../../catalog/rows/backup-plan.ts';
import type { CopyWish } from '../../catalog/rows/backup-vault.ts';
import { invalidParameter } from '../../domain/backups/arns.ts';
import { checkPlanName, usualSchedule, withNextRun } from '../../domain/backups/plans.ts';
import { checkArns, checkChosen, conditionOf } from '../../domain/backups/selections.ts';
import { checkedLifecycle } from '../../domain/backups/vault-locks.ts';
import { checkRequestId } from '../../domain/backups/vaults.ts';
import type { IdempotentCall } from '../../domain/client-tokens.ts';
import type { Identity } from '../../domain/order-capture.ts';
import type { Owner } from '../../domain/viewer.ts';
import { backupTags, checkedRole, lifecycleOf } from './backup.ts';

export const acceptedPlan = [
  'BackupPlan.BackupPlanName',
  'BackupPlan.Rules.RuleName',
  'BackupPlan.Rules.TargetBackupVaultName',
  'BackupPlan.Rules.ScheduleExpression',
  'BackupPlan.Rules.ScheduleExpressionTimezone',
  'BackupPlan.Rules.Lifecycle.DeleteAfterDays',
  'BackupPlan.Rules.StartWindowMinutes',
  'BackupPlan.Rules.CompletionWindowMinutes',
  'BackupPlan.Rules.RecoveryPointTags',
  'BackupPlan.Rules.CopyActions.DestinationBackupVaultArn',
  'BackupPlan.Rules.CopyActions.Lifecycle.DeleteAfterDays',
];

export const fixedPlan = { 'BackupPlan.Rules.EnableContinuousBackup': false } as const;

/** Rules keep the ids of those of their names before. */
export function rulesOf(
  { BackupPlanName, Rules }: BackupPlanInput,
  { clock, ids }: Identity,
  before: readonly BackupPlanRule[] = [],
): BackupPlanRule[] {
  checkPlanName('BackupPlanName', BackupPlanName);
  return Rules.map((said) => {
    const { RuleName: name, ScheduleExpression: expression = usualSchedule } = said;
    const { ScheduleExpressionTimezone: timezone } = said;
    const { StartWindowMinutes: startMinutes, CompletionWindowMinutes: completionMinutes } = said;
    const lifecycle = checkedLifecycle(lifecycleOf(said.Lifecycle));
    const rule = {
      id: before.find((each) => each.name === name)?.id ?? ids.uuid(),
      name,
      vaultName: said.TargetBackupVaultName,
      expression,
      ...(timezone !== undefined && { timezone }),
      ...(lifecycle && { lifecycle }),
      ...(startMinutes !== undefined && { startMinutes }),
      ...(completionMinutes !== undefined && { completionMinutes }),
      ...(said.CopyActions?.length && { copies: said.CopyActions.map(copyWish) }),
      tags: backupTags(said.RecoveryPointTags),
    };
    return withNextRun(rule, clock.now());
  });
}

function copyWish({ DestinationBackupVaultArn: vaultArn, Lifecycle }: CopyAction): CopyWish {
  const lifecycle = checkedLifecycle(lifecycleOf(Lifecycle));
  return { vaultArn, ...(lifecycle && { lifecycle }) };
}

/** The same CreatorRequestId once more answers what it made the first time. */
export function creatorCall(
  { account, region }: Owner,
  action: string,
  input: { CreatorRequestId?: string },
  now: Date,
): IdempotentCall {
  const { CreatorRequestId: token, ...parameters } = input;
  checkRequestId(token);
  return { account, region, action, token, parameters, now };
}

/** What was made by the CreatorRequestId is deleted: another one makes another. */
export function lost(what: string, id: string): never {
  throw new ServiceError(
    'AlreadyExistsException',
    `The CreatorRequestId was used for the backup ${what} ${id}, which is deleted.`,
  );
}

type Chosen = Pick<
  BackupSelectionRow,
  'name' | 'iamRoleArn' | 'resources' | 'notResources' | 'anyTag' | 'conditions'
>;

const operators = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'] as const;

export function selectionRow(said: BackupSelection): Chosen {
  const { SelectionName: name, IamRoleArn: iamRoleArn, Conditions = {} } = said;
  const { Resources: resources = [], NotResources: notResources = [], ListOfTags = [] } = said;
  checkPlanName('SelectionName', name);
  checkArns('Resources', resources);
  checkChosen(resources);
  checkArns('NotResources', notResources);
  const anyTag = ListOfTags.map(({ ConditionType, ConditionKey, ConditionValue }) => {
    if (ConditionType === 'STRINGEQUALS') return conditionOf(ConditionKey, ConditionValue);
    throw invalidParameter(`ListOfTags has STRINGEQUALS alone, not '${ConditionType}'.`);
  });
  const conditions = operators.flatMap((operator) => {
    const asked: ConditionParameter[] = Conditions[operator] ?? [];
    return asked.map(({ ConditionKey = '', ConditionValue = '' }) => ({
      operator,
      ...conditionOf(ConditionKey, ConditionValue),
    }));
  });
  checkedRole(iamRoleArn);
  return { name, iamRoleArn, resources, notResources, anyTag, conditions };
}

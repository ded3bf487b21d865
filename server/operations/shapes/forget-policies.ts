/** Policies that forget backups, as they are answered. */
import type { ForgetPolicy } from '../../../api/imago-forget-policies.ts';
import type { ForgetPolicyRow } from '../../catalog/rows/forget-policy.ts';

export function forgetPolicyShape(row: ForgetPolicyRow): ForgetPolicy {
  const { nextAt, lastRun } = row;
  return {
    PolicyName: row.name,
    SourceIds: row.sourceIds,
    TargetTags: row.targetTags?.map(({ key, value }) => ({ Key: key, Value: value })),
    ...row.keep,
    Schedule: row.expression,
    Enabled: row.enabled,
    NextRunTime: nextAt === undefined ? undefined : new Date(nextAt),
    LastRun: lastRun && {
      Time: new Date(lastRun.at),
      Removed: lastRun.removed,
      Refused: lastRun.refused,
      Problem: lastRun.problem,
    },
  };
}

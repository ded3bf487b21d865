/** Until when a policy of dlm keeps a backup, by the rule of the schedule that made it. */
import type { Output } from '../../api/wire.ts';
import type { Backup } from './backup.ts';

export type Policy = NonNullable<Output<'dlm', 'GetLifecyclePolicy'>['Policy']>;

export interface Kept {
  /** By age. */
  at?: string;
  /** By count: one of so many. */
  newest?: number;
}

/** Nothing where it is not known, such as of a policy that is gone. */
export function keptUntil(
  { KeptUntil: at, Schedule }: Pick<Backup, 'KeptUntil' | 'Schedule'>,
  policy: Pick<Policy, 'PolicyDetails' | 'DefaultPolicy'> | undefined,
): Kept | undefined {
  const rule = policy?.PolicyDetails?.Schedules?.find(({ Name }) => Name === Schedule)?.RetainRule;
  if (rule?.Count !== undefined) return { newest: rule.Count };
  return at !== undefined && (rule || policy?.DefaultPolicy) ? { at } : undefined;
}

/** What actions of AWS Backup read alike: tags, pages, and times between which something is. */
import type { RecoveryPointSelection } from '../../../api/generated/backup-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { PointLifecycle } from '../../catalog/rows/backup-vault.ts';
import type { HoldSelection } from '../../catalog/rows/legal-hold.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { invalidParameter } from '../../domain/backups/arns.ts';
import { type Page, pageOf } from '../../domain/pages.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';
import type { Owner } from '../../domain/viewer.ts';
import { isRoleArn } from './role-arns.ts';

const pageBounds = { min: 1, max: 1000 };

/** EC2's rules of tags, in this service's errors. */
export function backupTags(asked: Record<string, string> = {}, before: Tags = {}): Tags {
  try {
    const pairs = Object.entries(asked).map(([Key, Value]) => ({ Key, Value }));
    return checkedCount({ ...before, ...checkedTags(pairs) });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw invalidParameter(error.message);
  }
}

export function checkedRole(arn: string): string {
  if (isRoleArn(arn)) return arn;
  throw invalidParameter(`IamRoleArn '${arn}' is not the ARN of a role.`);
}

/** Of what a list is narrowed by: one that there can be. */
export function oneOf(
  member: string,
  asked: string | undefined,
  values: readonly string[],
): string | undefined {
  if (asked === undefined || values.includes(asked)) return asked;
  throw invalidParameter(`${member} is one of ${values.join(', ')}, and not '${asked}'.`);
}

/** What a recovery point says, or is to say, of how long it is kept. */
export function lifecycleOf(asked: { DeleteAfterDays?: number } | undefined): PointLifecycle {
  return { deleteAfterDays: asked?.DeleteAfterDays };
}

export function selectionOf(asked: RecoveryPointSelection | undefined): HoldSelection {
  const { VaultNames: vaultNames, ResourceIdentifiers: resourceArns, DateRange } = asked ?? {};
  const { FromDate: from, ToDate: to } = DateRange ?? {};
  return {
    ...(vaultNames && { vaultNames }),
    ...(resourceArns && { resourceArns }),
    ...(from && { from: from.toISOString() }),
    ...(to && { to: to.toISOString() }),
  };
}

export function backupPage(
  input: { MaxResults?: number; NextToken?: string },
  { account, region }: Owner,
  action: string,
): Page {
  const { MaxResults = pageBounds.max, NextToken } = input;
  return pageOf({ MaxResults, NextToken }, { account, region, action }, pageBounds);
}

/** Rows after the one and before the other; what has no time is neither. */
export function timeFilter<Row>(
  read: (row: Row) => string | undefined,
  after: Date | undefined,
  before: Date | undefined,
): (row: Row) => boolean {
  if (!after && !before) return () => true;
  return (row) => {
    const time = read(row);
    if (time === undefined) return false;
    const at = Date.parse(time);
    return (!after || at > after.getTime()) && (!before || at < before.getTime());
  };
}

/** Rows of which this is what was asked for, where something was. */
export function equalFilter<Row>(
  read: (row: Row) => string | undefined,
  asked: string | undefined,
): (row: Row) => boolean {
  return (row) => asked === undefined || read(row) === asked;
}

/** A job is seen by its own account alone: nobody here lists those of a whole organization. */
export function accountFilter(asked: string | undefined): (row: { account: string }) => boolean {
  if (asked === undefined || /^[0-9]{12}$/.test(asked)) {
    return equalFilter(({ account }) => account, asked);
  }
  const all = asked === '*' ? ', and jobs of all accounts of an organization are not listed' : '';
  throw invalidParameter(`ByAccountId '${asked}' is no id of an account${all}.`);
}

export function allOf<Row>(filters: readonly ((row: Row) => boolean)[]): (row: Row) => boolean {
  return (row) => filters.every((matches) => matches(row));
}

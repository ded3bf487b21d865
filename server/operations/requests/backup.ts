/** What actions of AWS Backup read alike: tags, pages, and times between which something is. */
import { ServiceError } from '../../../api/service-error.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { invalidParameter } from '../../domain/backups/arns.ts';
import { type Page, pageOf } from '../../domain/pages.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';
import type { Owner } from '../../domain/viewer.ts';

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

export function allOf<Row>(filters: readonly ((row: Row) => boolean)[]): (row: Row) => boolean {
  return (row) => filters.every((matches) => matches(row));
}

/** What actions of Image Builder read alike: tags, tokens, pages and filters. */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { OwnedRow, Tags } from '../../catalog/rows/row.ts';
import { idempotently } from '../../domain/client-tokens.ts';
import { invalidParameter } from '../../domain/imagebuilder/arns.ts';
import { type Page, pageOf } from '../../domain/pages.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';
import type { Owner } from '../../domain/viewer.ts';
import type { OperationContext } from '../operation.ts';

/** As documented. */
const tokenMaxChars = 36;
const textMaxChars = 1024;
const pageBounds = { min: 1, max: 25 };
const filtersMax = 10;
const valuesMax = 10;

/** EC2's rules of tags, in this service's errors. */
export function builderTags(asked: Record<string, string> = {}, before: Tags = {}): Tags {
  try {
    const pairs = Object.entries(asked).map(([Key, Value]) => ({ Key, Value }));
    return checkedCount({ ...before, ...checkedTags(pairs) });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError('InvalidParameterException', error.message);
  }
}

/** A description or the like: absent, or of 1 to so many characters. */
export function builderText(text: string | undefined, member: string): string | undefined {
  if (text === undefined || (text.length >= 1 && text.length <= textMaxChars)) return text;
  throw invalidParameter(member, text, `must have from 1 to ${textMaxChars} characters`);
}

/** The ARN of what `create` makes, or of what was made the first time with this token. */
export async function made(
  transaction: CatalogTransaction,
  { caller, clock }: Pick<OperationContext, 'caller' | 'clock'>,
  action: string,
  input: { clientToken?: string },
  create: () => Promise<string>,
): Promise<string> {
  const { account, region } = caller;
  const call = {
    account,
    region,
    action: `imagebuilder.${action}`,
    token: input.clientToken,
    tokenMaxChars,
    parameters: input,
    now: clock.now(),
  };
  const [arn] = await idempotently(transaction, call, async () => [await create()]);
  return arn as string;
}

/** What every new row has. */
export function ownedBy({ caller, clock }: Pick<OperationContext, 'caller' | 'clock'>) {
  const { account, region } = caller;
  return { account, region, createdAt: clock.now().toISOString() };
}

export function builderPage(
  input: { maxResults?: number; nextToken?: string },
  { account, region }: Owner,
  action: string,
): Page {
  const { maxResults: MaxResults = pageBounds.max, nextToken: NextToken } = input;
  return pageOf({ MaxResults, NextToken }, { account, region, action }, pageBounds);
}

/** A page of what is there as a whole, such as the steps of a build. */
export function pageOfList<Entry>(
  all: readonly Entry[],
  input: { maxResults?: number; nextToken?: string },
  owner: Owner,
  action: string,
): { shown: Entry[]; nextToken?: string } {
  const { after = '0', limit = pageBounds.max, tokenAfter } = builderPage(input, owner, action);
  const end = Number(after) + limit;
  return {
    shown: all.slice(Number(after), end),
    nextToken: end < all.length ? tokenAfter(`${end}`) : undefined,
  };
}

export interface BuilderFilter {
  name?: string;
  values?: string[];
}

/** What filters look at, by their names. */
export type FilterValues<Row> = Readonly<
  Record<string, (row: Row) => string | readonly string[] | undefined>
>;

/** Whether a row has, for each filter, one of its values. */
export function builderFilter<Row>(
  filters: readonly BuilderFilter[] | undefined,
  known: FilterValues<Row>,
): (row: Row) => boolean {
  if (filters && filters.length > filtersMax) {
    throw invalidParameter('filters', `${filters.length}`, `are more than ${filtersMax}`);
  }
  const checks = (filters ?? []).map(({ name = '', values = [] }) => {
    const read = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!read) {
      throw invalidParameter('filters', name, `is not one of ${Object.keys(known).join(', ')}`);
    }
    if (values.length < 1 || values.length > valuesMax) {
      throw invalidParameter('filters', name, `must have from 1 to ${valuesMax} values`);
    }
    return (row: Row) => [read(row) ?? []].flat().some((each) => values.includes(each));
  });
  return (row) => checks.every((check) => check(row));
}

/** Absent: one's own. Nothing is shared, and there is nothing of Amazon's or a third party's. */
export function isOwnAsked(owner: string | undefined): boolean {
  const known = ['Self', 'Shared', 'Amazon', 'ThirdParty', 'AWSMarketplace'];
  if (owner === undefined) return true;
  if (!known.includes(owner)) throw invalidParameter('owner', owner, `is not one of ${known}`);
  return owner === 'Self';
}

/**
 * The first row of each group out of rows in order of their ids, which begin with the group's name.
 * What it is called on pages is past all of its group.
 */
export async function* firstOfEach<Row extends OwnedRow>(
  rows: AsyncIterable<Row>,
  groupOf: (row: Row) => string,
  matches: (row: Row) => boolean,
): AsyncGenerator<{ id: string; row: Row }> {
  let last: string | undefined;
  for await (const row of rows) {
    const group = groupOf(row);
    if (group === last || !matches(row)) continue;
    last = group;
    // Behind all digits.
    yield { id: `${group}/:`, row };
  }
}

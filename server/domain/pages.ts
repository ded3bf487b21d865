/**
 * EC2's pages: MaxResults and NextToken. A page goes on after the id of its last row, so that rows made or deleted meanwhile
 * neither repeat nor hide others. A NextToken belongs to one account, region and action; it carries nothing but that id, and what
 * may be seen is asked again on each page: it needs no secret, only a check against mixing up.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Query, Rows, TableName, TableReader } from '../catalog/catalog.ts';

export interface PageBounds {
  min: number;
  max: number;
}

/** What most Describe actions document. */
export const usualPageBounds: PageBounds = { min: 5, max: 1000 };

export interface PageScope {
  account: string;
  region: string;
  action: string;
}

export interface PageInput {
  MaxResults?: number;
  NextToken?: string;
}

export interface Page {
  after?: string;
  /** None: everything that is left. */
  limit?: number;
  tokenAfter(id: string): string;
}

/** `ids` are those that the call asks for by name: EC2 takes no MaxResults beside them. */
export function pageOf(
  input: PageInput,
  scope: PageScope,
  bounds: PageBounds,
  ids?: readonly string[],
): Page {
  const { MaxResults: limit, NextToken: token } = input;
  if (limit !== undefined && ids && ids.length > 0) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'The parameter MaxResults cannot be used together with a list of ids.',
    );
  }
  if (limit !== undefined && (limit < bounds.min || limit > bounds.max)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Value ( ${limit} ) for parameter maxResults is invalid. Expecting a value from ${bounds.min} to ${bounds.max}.`,
    );
  }
  return {
    after: token === undefined ? undefined : openToken(token, scope),
    limit,
    tokenAfter: (id) => makeToken(id, scope),
  };
}

/** Rows fetched at once while a filter is applied to them: large enough to be quick, small enough to hold. */
const fetchRows = 1000;

/** The page's rows out of those that the query names, in order of id. */
export async function readPage<N extends TableName>(
  table: TableReader<N>,
  where: Query<N>['where'],
  page: Page,
  matches: (row: Rows[N]) => boolean = () => true,
): Promise<{ rows: Rows[N][]; nextToken?: string }> {
  const rows: Rows[N][] = [];
  const wanted = page.limit === undefined ? Number.POSITIVE_INFINITY : page.limit + 1;
  let after = page.after;
  for (;;) {
    const limit = Math.min(fetchRows, wanted);
    const fetched = await table.list({ where, after, limit });
    for (const row of fetched) if (rows.length < wanted && matches(row)) rows.push(row);
    if (fetched.length < limit || rows.length >= wanted) break;
    after = fetched.at(-1)?.id;
  }
  return cut(rows, page);
}

/** The same for rows that no table holds; they come in order of their id. */
export function cutPage<Row extends { id: string }>(
  rows: readonly Row[],
  page: Page,
): { rows: Row[]; nextToken?: string } {
  const { after } = page;
  return cut(after === undefined ? [...rows] : rows.filter((row) => row.id > after), page);
}

function cut<Row extends { id: string }>(rows: Row[], page: Page) {
  if (page.limit === undefined || rows.length <= page.limit) return { rows };
  const kept = rows.slice(0, page.limit);
  return { rows: kept, nextToken: page.tokenAfter((kept.at(-1) as Row).id) };
}

const checkBytes = 9;

function makeToken(id: string, scope: PageScope): string {
  return Buffer.concat([check(id, scope), Buffer.from(id)]).toString('base64url');
}

function openToken(token: string, scope: PageScope): string {
  const bytes = Buffer.from(token, 'base64url');
  const id = bytes.subarray(checkBytes).toString();
  if (makeToken(id, scope) !== token) {
    throw new ServiceError('InvalidNextToken', 'The token is not of this action, or is malformed.');
  }
  return id;
}

function check(id: string, { account, region, action }: PageScope): Buffer {
  const text = JSON.stringify([account, region, action, id]);
  return createHash('sha256').update(text).digest().subarray(0, checkBytes);
}

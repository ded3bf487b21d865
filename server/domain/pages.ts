/**
 * EC2's pages: MaxResults and NextToken. A page goes on after the id of its last row, so that rows
 * made or deleted meanwhile neither repeat nor hide others. A NextToken belongs to one account,
 * region and action; it carries nothing but that id, and what may be seen is asked again on each
 * page: it needs no secret, only a check against mixing up.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Query, TableReader } from '../catalog/catalog.ts';
import type { Rows, TableName } from '../catalog/table-rows.ts';
import type { Owner } from './viewer.ts';

export interface PageBounds {
  min: number;
  max: number;
}

/** What most Describe actions document. */
export const usualPageBounds: PageBounds = { min: 5, max: 1000 };

export interface PageScope extends Owner {
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

/** The page's rows out of those that the query names, in order of id. */
export async function readPage<N extends TableName>(
  table: TableReader<N>,
  where: Query<N>['where'],
  page: Page,
  matches: (row: Rows[N]) => boolean = () => true,
): Promise<{ rows: Rows[N][]; nextToken?: string }> {
  const { shown: rows, nextToken } = await readShownPage(table, where, page, (row) =>
    matches(row) ? row : undefined,
  );
  return { rows, nextToken };
}

/**
 * So many rows are looked at for one page: where few of them match, a page may have few or none,
 * and a token to go on with, as EC2's pages may.
 */
export const looksOfPage = 2000;

/**
 * The same for rows of which only a part, or another form, is wanted: what `show` makes of each;
 * undefined for those that do not match. No row is held longer than that, as there may be many in a
 * page.
 */
export function readShownPage<N extends TableName, Shown>(
  table: TableReader<N>,
  where: Query<N>['where'],
  page: Page,
  show: (row: Rows[N]) => Shown | undefined,
): Promise<{ shown: Shown[]; nextToken?: string }> {
  return pageOfStream(table.scan({ where, after: page.after }), page, show);
}

/**
 * The same out of what comes in order of id, from where the page begins: of rows that the caller
 * sees, as a token may name any of them.
 */
export async function pageOfStream<Row extends { id: string }, Shown>(
  rows: AsyncIterable<Row>,
  { limit, tokenAfter }: Page,
  show: (row: Row) => Shown | undefined,
): Promise<{ shown: Shown[]; nextToken?: string }> {
  const shown: Shown[] = [];
  let last: string | undefined;
  let looks = 0;
  for await (const row of rows) {
    if (limit !== undefined && looks++ === looksOfPage) {
      return { shown, nextToken: last && tokenAfter(last) };
    }
    const made = show(row);
    if (made === undefined) {
      last = row.id;
      continue;
    }
    // One more than fits: there is a next page.
    if (shown.length === limit) return { shown, nextToken: last && tokenAfter(last) };
    shown.push(made);
    last = row.id;
  }
  return { shown };
}

/** The same for rows that no table holds; they come in order of their id. */
export function cutPage<Row extends { id: string }>(
  rows: readonly Row[],
  page: Page,
): { rows: Row[]; nextToken?: string } {
  const { after, limit } = page;
  const left = after === undefined ? [...rows] : rows.filter((row) => row.id > after);
  if (limit === undefined || left.length <= limit) return { rows: left };
  const kept = left.slice(0, limit);
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

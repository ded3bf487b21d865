/** Where a list of blocks begins and goes on, and how much of it is asked for. */
import type { BlockRange } from '../../blocks/block-pages.ts';
import { openPageToken, pageTokenOf, type TokenScope } from '../../domain/block-tokens.ts';
import type { OperationContext } from '../operation.ts';
import { invalid } from './block-data.ts';

/** EBS's bounds. */
const bounds = { min: 100, max: 10_000 };

interface ListRequest {
  NextToken?: string;
  MaxResults?: number;
  StartingBlockIndex?: number;
}

/** What tokens of this caller are made and opened with. */
export function tokenScope({ tokenKey, caller, clock }: OperationContext): TokenScope {
  return { key: tokenKey, viewer: caller, now: clock.now() };
}

/** A token is of the same `list`; beside it the start is ignored, as in EBS. */
export function blockRange(
  { NextToken: token, MaxResults: limit = bounds.max, StartingBlockIndex: start = 0 }: ListRequest,
  list: readonly string[],
  scope: TokenScope,
): BlockRange {
  if (limit < bounds.min || limit > bounds.max) {
    throw invalid(`MaxResults is ${bounds.min} to ${bounds.max}.`);
  }
  if (start < 0) throw invalid('StartingBlockIndex is not negative.');
  return { limit, start: token === undefined ? start : openPageToken(token, list, scope) };
}

export function nextToken(
  next: number | undefined,
  list: readonly string[],
  scope: TokenScope,
): string | undefined {
  return next === undefined ? undefined : pageTokenOf(next, list, scope);
}

/**
 * A pattern of a key's values as conditions that a database finds and filters by at little cost.
 * Keys begin with whose they are, and most patterns with a wildcard after that: what comes before
 * is a range, which no pattern has to be compared with for each value in it.
 */
import { literalText, splitPattern } from '../pattern.ts';
import type { PatternSyntax } from './conditions.ts';

export interface PatternParts {
  /** All of the pattern, in the database's words. */
  whole: string;
  /** Where values begin that can match, and which comes after them. */
  from?: string;
  below?: string;
  /** Without what the range says, where that can be left out: few values match it that do not. */
  rest?: string;
}

/** Comes after itself in every encoding. */
const ascii = /^[\0-~]+/;

export function partsOf(pattern: string, patterns: PatternSyntax): PatternParts {
  const { literal, rest } = splitPattern(pattern);
  const restText = patterns.text(rest);
  const parts: PatternParts = { whole: patterns.text(literal) + restText };
  const [range] = ascii.exec(literalText(literal)) ?? [];
  if (range === undefined) return parts;
  parts.from = range;
  parts.below = endOf(range);
  // Text before it matches a leading `*`, too.
  if (rest.startsWith('*') && rest !== '*') parts.rest = restText;
  return parts;
}

/** What comes after all texts that begin with the prefix. */
export function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/**
 * The catalog's patterns in SQLite: GLOB, because it is case-sensitive and finds by what is before
 * the first wildcard in an index (LIKE is neither by default). Its `[…]` has to lose its meaning; a
 * class of one character also takes it from `*` and `?`.
 */
import { sql } from 'kysely';
import { anyCharacter, anyText, type PatternToken, patternTokens } from '../pattern.ts';
import type { PatternSyntax } from '../sql/conditions.ts';

export const globPatterns: PatternSyntax = {
  // Most patterns have nothing that is written in another way.
  text: (pattern) =>
    /[\\[]/.test(pattern) ? patternTokens(pattern).map(globOf).join('') : pattern,
  condition: (column, text) => sql`${sql.ref(column)} glob ${text}`,
  // SQLite plans a query anew for each text that a column is found by.
  filter: (column, text) => sql`+${sql.ref(column)} glob ${text}`,
};

function globOf(token: PatternToken): string {
  if (token === anyText) return '*';
  if (token === anyCharacter) return '?';
  return token === '*' || token === '?' || token === '[' ? `[${token}]` : token;
}

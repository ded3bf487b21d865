/**
 * The catalog's patterns in PostgreSQL: LIKE, which finds by what is before the first wildcard
 * where text is compared bytewise.
 */
import { sql } from 'kysely';
import { anyCharacter, anyText, type PatternToken, patternTokens } from '../pattern.ts';
import type { PatternSyntax } from '../sql/conditions.ts';

const condition: PatternSyntax['condition'] = (column, text) =>
  sql`${sql.ref(column)} like ${text}`;

export const likePatterns: PatternSyntax = {
  text: (pattern) => patternTokens(pattern).map(likeOf).join(''),
  condition,
  filter: condition,
};

/** A backslash is LIKE's own escape character by default. */
function likeOf(token: PatternToken): string {
  if (token === anyText) return '%';
  if (token === anyCharacter) return '_';
  return token === '%' || token === '_' || token === '\\' ? `\\${token}` : token;
}

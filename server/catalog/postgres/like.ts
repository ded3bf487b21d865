/** The catalog's patterns in PostgreSQL: LIKE, which finds by what is before the first wildcard where text is compared bytewise. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { anyCharacter, anyText, type PatternToken, patternTokens } from '../pattern.ts';

export function likeCondition(column: string, pattern: string): RawBuilder<SqlBool> {
  return sql`${sql.ref(column)} like ${patternTokens(pattern).map(likeOf).join('')}`;
}

/** A backslash is LIKE's own escape character by default. */
function likeOf(token: PatternToken): string {
  if (token === anyText) return '%';
  if (token === anyCharacter) return '_';
  return token === '%' || token === '_' || token === '\\' ? `\\${token}` : token;
}

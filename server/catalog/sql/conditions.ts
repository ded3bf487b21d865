/**
 * The WHERE of a query, written so that the planner finds the way that is meant: by an index where a column is selective, else
 * in order of id, which is what a page wants.
 */
import { type Expression, expressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { Condition, Like, Query, TableName } from '../catalog.ts';
import { isLike, tableSpecs } from '../catalog.ts';
import type { StoredTables } from './stored-tables.ts';

/** That the column matches the pattern (../pattern.ts), in the database's own words: standard SQL has none for it. */
export type PatternCondition = (column: string, pattern: string) => Expression<SqlBool>;

/** Most rows share their values, but they begin the indexes of unique sets, where a planner without statistics takes them for selective. */
const unselective = new Set(['account', 'region']);

const is = expressionBuilder<StoredTables, TableName>();

/** All of them are to hold; undefined when no row can match. */
export function conditionsOf<N extends TableName>(
  database: Kysely<StoredTables>,
  name: N,
  { where = {}, after }: Query<N>,
  patternCondition: PatternCondition,
): Expression<SqlBool>[] | undefined {
  const given = Object.entries<Condition | undefined>(where).filter(
    (each): each is [string, Condition] => each[1] !== undefined,
  );
  if (given.some(([, condition]) => alternatives(condition).length === 0)) return undefined;
  const exact = given.filter(([, condition]) => !isLike(condition)).map(([column]) => column);
  const unique: readonly (readonly string[])[] = tableSpecs[name].unique;
  const byUniqueSet = unique.some((set) => set.every((column) => exact.includes(column)));

  /** By the ids of a query of its own, which an index on the column answers: no document is read that does not match. */
  const like = (column: string, { like: patterns }: Like) => {
    const any = is.or(patterns.map((pattern) => patternCondition(column, pattern)));
    // Kysely cannot follow a table name that is not known; all have the same shape here.
    return is(
      'id',
      'in',
      database
        .selectFrom(name as 'images')
        .select('id')
        .where(any),
    );
  };

  const conditions = given.map(([column, condition]) => {
    if (isLike(condition)) return like(column, condition);
    const hidden = unselective.has(column) && !byUniqueSet;
    return is(hidden ? withoutIndex(column) : column, 'in', alternatives(condition));
  });
  return after === undefined ? conditions : [...conditions, is('id', '>', after)];
}

/** The same text, but no index is on it. */
function withoutIndex(column: string): Expression<string> {
  return sql`(${sql.ref(column)} || '')`;
}

function alternatives(condition: Condition): readonly string[] {
  if (isLike(condition)) return condition.like;
  return typeof condition === 'string' ? [condition] : condition;
}

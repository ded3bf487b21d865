/**
 * The WHERE of a query, written so that the planner finds the way that is meant, with and without
 * statistics. Rows are found
 *
 *   1 by the values of a key (in order of id, through the table of keys), or
 *   2 by an index on a selective column, or
 *   3 through the rows of an owner, or all, in order of id: what a page wants.
 *
 * What else is asked for only filters the rows that are found.
 */
import { type Expression, expressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { Condition, Like, Query } from '../catalog.ts';
import { isLike } from '../catalog.ts';
import { type TableName, tableSpecs } from '../tables.ts';
import type { StoredTables } from './stored-tables.ts';

/** Patterns (../pattern.ts) in the database's own words: standard SQL has none for them. */
export interface PatternSyntax {
  text(pattern: string): string;
  /** That the column matches what `text` made of a pattern. */
  condition(column: string, text: string): Expression<SqlBool>;
}

/** Most rows share their values: nothing is found by them while there is another way. */
const commonColumns: ReadonlySet<string> = new Set([
  'account',
  'region',
  'state',
  'kind',
  'host',
  'vpcId',
  'subnetId',
]);
/**
 * Keys that most rows share: the way to them, the first of these, only where nothing else is asked
 * for.
 */
const commonKeys: readonly string[] = ['tagName', 'viewer'];
/**
 * More values of a key are looked up first, all of their ids; fewer are walked through side by
 * side. Whoever looks has this many at most: its account, all, an organization, units in units.
 */
const walkedValuesMax = 8;

export interface Narrowing {
  /** Way 1: the key and its values. */
  by?: { key: string; values: readonly string[] };
  conditions: Expression<SqlBool>[];
}

type Given = [name: string, condition: Condition];

const is = expressionBuilder<StoredTables, TableName | 'keys'>();

export class Conditions<N extends TableName> {
  readonly #database: Kysely<StoredTables>;
  readonly #name: N;
  readonly #patterns: PatternSyntax;
  readonly #keys: ReadonlySet<string>;

  constructor(database: Kysely<StoredTables>, name: N, patterns: PatternSyntax) {
    this.#database = database;
    this.#name = name;
    this.#patterns = patterns;
    this.#keys = new Set(Object.keys(tableSpecs[name].keys));
  }

  /**
   * All of them are to hold; undefined when no row can match. Patterns are the database's text
   * already. `walk`: the caller can go through the values of a key.
   */
  of({ where = {}, after }: Query<N>, walk: boolean): Narrowing | undefined {
    const given = Object.entries<Condition | undefined>(where).filter(
      (each): each is Given => each[1] !== undefined,
    );
    if (given.some(([, condition]) => alternatives(condition).length === 0)) return undefined;
    const byColumn = given.some(
      ([name, condition]) =>
        isLike(condition) || (!this.#keys.has(name) && !commonColumns.has(name)),
    );
    const key = this.#wayByKey(given, byColumn);
    const by = key && { key: key[0], values: [...new Set(alternatives(key[1]))] };
    const walked = walk && by !== undefined && by.values.length <= walkedValuesMax;
    const conditions = given
      .filter((each) => !(walked && each === key))
      .map((each) => this.#condition(each, { given, key, byColumn }));
    if (walked) return { by, conditions };
    return {
      conditions:
        after === undefined ? conditions : [...conditions, is(this.#ref('id'), '>', after)],
    };
  }

  #wayByKey(given: readonly Given[], byColumn: boolean): Given | undefined {
    const keys = given.filter(([name, condition]) => this.#keys.has(name) && !isLike(condition));
    const selective = keys.find(([name]) => !commonKeys.includes(name));
    if (selective || byColumn) return selective;
    return keys.toSorted(([a], [b]) => commonKeys.indexOf(a) - commonKeys.indexOf(b))[0];
  }

  #condition(
    each: Given,
    {
      given,
      key,
      byColumn,
    }: { given: readonly Given[]; key: Given | undefined; byColumn: boolean },
  ): Expression<SqlBool> {
    const [name, condition] = each;
    if (this.#keys.has(name)) return this.#keyCondition(name, condition, each === key);
    if (isLike(condition)) return this.#like(name, condition);
    const hidden =
      name !== 'id' &&
      (key !== undefined || (commonColumns.has(name) && byColumn && !this.#isByUniqueSet(given)));
    const column = this.#ref(name);
    return is(hidden ? withoutIndex(column) : column, 'in', alternatives(condition));
  }

  /**
   * By the ids of a query of its own where the key is the way or a pattern, else by a look at each
   * row that is found.
   */
  #keyCondition(key: string, condition: Condition, isWay: boolean): Expression<SqlBool> {
    const entries = this.entries(key);
    if (isLike(condition)) {
      const any = is.or(condition.like.map((text) => this.#patterns.condition('keys.value', text)));
      return is(this.#ref('id'), 'in', entries.where(any));
    }
    const found = entries.where('keys.value', 'in', alternatives(condition));
    if (isWay) return is(this.#ref('id'), 'in', found);
    return is.exists(found.whereRef('keys.id', '=', this.#ref('id')));
  }

  /** The ids that this table's rows have under the key. */
  entries(key: string) {
    return this.#database
      .selectFrom('keys')
      .select('keys.id')
      .where('keys.tbl', '=', this.#name)
      .where('keys.name', '=', key);
  }

  /**
   * By the ids of a query of its own, which an index on the column answers: no document is read
   * that does not match.
   */
  #like(column: string, { like: texts }: Like): Expression<SqlBool> {
    const any = is.or(texts.map((text) => this.#patterns.condition(column, text)));
    // Kysely cannot follow a table name that is not known; all have the same shape here.
    const matching = this.#database
      .selectFrom(this.#name as 'images')
      .select('id')
      .where(any);
    return is(this.#ref('id'), 'in', matching);
  }

  #isByUniqueSet(given: readonly Given[]): boolean {
    const exact = given.filter(([, condition]) => !isLike(condition)).map(([name]) => name);
    const unique: readonly (readonly string[])[] = tableSpecs[this.#name].unique;
    return unique.some((set) => set.every((column) => exact.includes(column)));
  }

  #ref(column: string): Expression<string> {
    return sql.ref<string>(`${this.#name}.${column}`);
  }
}

/** The same text, but no index is on it. */
function withoutIndex(column: Expression<string>): Expression<string> {
  return sql`(${column} || '')`;
}

function alternatives(condition: Condition): readonly string[] {
  if (isLike(condition)) return condition.like;
  return typeof condition === 'string' ? [condition] : condition;
}

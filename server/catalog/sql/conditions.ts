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
import type { TableName } from '../table-rows.ts';
import { tableSpecs } from '../tables.ts';
import type { SlottedCondition, SlottedQuery } from './known-queries.ts';
import type { PatternParts } from './pattern-parts.ts';
import type { StoredTables } from './stored-tables.ts';

/** Patterns (../pattern.ts) in the database's own words: standard SQL has none for them. */
export interface PatternSyntax {
  text(pattern: string): string;
  /** That the column matches what `text` made of a pattern. */
  condition(column: string, text: string): Expression<SqlBool>;
  /** The same, and rows are not looked for by it. */
  filter(column: string, text: string): Expression<SqlBool>;
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

type Given = readonly [name: string, condition: SlottedCondition];
type GivenValues = readonly [name: string, values: readonly string[]];

interface Way {
  given: readonly Given[];
  /** The key that rows are found by. */
  key: GivenValues | undefined;
  byColumn: boolean;
  /** The id of a row that is looked at. */
  id: Expression<string>;
}

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
   * All of them are to hold; undefined when no row can match. `walk`: the caller can go through the
   * values of a key.
   */
  of({ where: given, after }: SlottedQuery, walk: boolean): Narrowing | undefined {
    if (given.some(([, condition]) => isEmpty(condition))) return undefined;
    const byColumn = given.some(([name, condition]) =>
      this.#keys.has(name) ? isLike(condition) : !commonColumns.has(name) && !isLike(condition),
    );
    const key = this.#wayByKey(given, byColumn);
    const by = key && { key: key[0], values: [...new Set(key[1])] };
    const walked = walk && by !== undefined && by.values.length <= walkedValuesMax;
    const id = walked ? sql.ref<string>('keys.id') : this.#ref('id');
    const conditions = given
      .filter((each) => !(walked && each === key))
      .map((each) => this.#condition(each, { given, key, byColumn, id }));
    if (walked) return { by, conditions };
    return {
      conditions:
        after === undefined ? conditions : [...conditions, is(this.#ref('id'), '>', after)],
    };
  }

  #wayByKey(given: readonly Given[], byColumn: boolean): GivenValues | undefined {
    const keys = given.filter(
      (each): each is GivenValues => this.#keys.has(each[0]) && !isLike(each[1]),
    );
    const selective = keys.find(([name]) => !commonKeys.includes(name));
    if (selective || byColumn) return selective;
    return keys.toSorted(([a], [b]) => commonKeys.indexOf(a) - commonKeys.indexOf(b))[0];
  }

  #condition(each: Given, way: Way): Expression<SqlBool> {
    const [name, condition] = each;
    const { given, key, byColumn } = way;
    if (this.#keys.has(name)) return this.#keyCondition(each, way);
    if (isLike(condition)) return this.#like(name, condition.like);
    const hidden =
      name !== 'id' &&
      (key !== undefined || (commonColumns.has(name) && byColumn && !this.#isByUniqueSet(given)));
    const column = this.#ref(name);
    return is(hidden ? withoutIndex(column) : column, 'in', condition);
  }

  /**
   * By the ids of a query of its own where the key is the way or a pattern, else by a look at each
   * row that is found.
   */
  #keyCondition(each: Given, { key, id }: Way): Expression<SqlBool> {
    const [name, condition] = each;
    if (isLike(condition)) {
      // A query for each pattern: planners begin at each one's own beginning then.
      const [first, ...others] = condition.like.map((parts) => this.#matching(name, parts));
      const matching = others.reduce((all, other) => all?.unionAll(other) as typeof all, first);
      return is(id, 'in', matching as NonNullable<typeof matching>);
    }
    if (each === key) {
      return is(id, 'in', this.entries(name).where('keys.value', 'in', condition));
    }
    return is.exists(this.#sameRow(name, condition, id));
  }

  /** The ids of the rows with a value that matches. */
  #matching(key: string, { whole, from, below, rest }: PatternParts) {
    let matching = this.entries(key);
    if (from !== undefined) matching = matching.where('keys.value', '>=', from);
    if (below !== undefined) matching = matching.where('keys.value', '<', below);
    for (const text of rest === undefined ? [whole] : [rest, whole]) {
      matching = matching.where(this.#patterns.filter('keys.value', text));
    }
    return matching;
  }

  /** That the row with this id has one of these values of a key. */
  #sameRow(key: string, values: readonly string[], id: Expression<string>) {
    return this.#database
      .selectFrom('keys as other')
      .select('other.id')
      .where('other.tbl', '=', this.#name)
      .where('other.name', '=', key)
      .where('other.value', 'in', values)
      .where('other.id', '=', id);
  }

  /** The ids that this table's rows have under the key. */
  entries(key: string) {
    return this.#database
      .selectFrom('keys')
      .select('keys.id')
      .where('keys.tbl', '=', this.#name)
      .where('keys.name', '=', key);
  }

  #like(column: string, patterns: readonly PatternParts[]): Expression<SqlBool> {
    const ref = `${this.#name}.${column}`;
    return is.or(patterns.map(({ whole }) => this.#patterns.condition(ref, whole)));
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

function isLike(condition: SlottedCondition): condition is { like: readonly PatternParts[] } {
  return 'like' in condition;
}

function isEmpty(condition: SlottedCondition): boolean {
  return (isLike(condition) ? condition.like : condition).length === 0;
}

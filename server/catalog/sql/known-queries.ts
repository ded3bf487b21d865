/**
 * Lists are asked for again and again, only with other values: each kind of query is made once,
 * with slots where its values belong.
 */
import type { CompiledQuery } from 'kysely';
import { type Condition, isLike, type Query } from '../catalog.ts';
import type { TableName } from '../table-rows.ts';
import type { PatternSyntax } from './conditions.ts';
import { type PatternParts, partsOf } from './pattern-parts.ts';

/** What operations ask for are some dozens. */
const kindsKept = 256;
/** With more each number of values is a kind of its own, long and seldom asked for twice. */
const keptValuesMax = 16;

export class KnownQueries<N extends TableName> {
  readonly #patterns: PatternSyntax;
  readonly #make: (query: SlottedQuery) => CompiledQuery | undefined;
  readonly #known = new Map<string, CompiledQuery>();

  constructor(patterns: PatternSyntax, make: (query: SlottedQuery) => CompiledQuery | undefined) {
    this.#patterns = patterns;
    this.#make = make;
  }

  get(query: Query<N>): CompiledQuery | undefined {
    const { kind, values, slotted } = takeValues(query, this.#patterns);
    let made = this.#known.get(kind);
    if (!made) {
      made = this.#make(slotted);
      if (!made) return undefined;
      if (values.length <= keptValuesMax && this.#known.size < kindsKept) {
        this.#known.set(kind, made);
      }
    }
    const parameters = made.parameters.map((each) =>
      each instanceof Slot ? values[each.index] : each,
    );
    return { ...made, parameters };
  }
}

/** A query with a slot for each value: to Kysely a value is whatever it is given. */
export interface SlottedQuery {
  where: readonly (readonly [name: string, condition: SlottedCondition])[];
  after?: string;
  limit?: number;
}

/** Any of them matches. */
export type SlottedCondition = readonly string[] | { like: readonly PatternParts[] };

class Slot {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

interface Taken {
  /** The same for queries that differ in their values only. */
  kind: string;
  values: unknown[];
  slotted: SlottedQuery;
}

function takeValues<N extends TableName>(
  { where = {}, after, limit }: Query<N>,
  patterns: PatternSyntax,
): Taken {
  const values: unknown[] = [];
  const take = (value: unknown) => new Slot(values.push(value) - 1) as never;
  const slots: [string, SlottedCondition][] = [];
  let kind = '';
  for (const [name, condition] of Object.entries<Condition | undefined>(where)) {
    if (condition === undefined) continue;
    kind += `${name} `;
    if (isLike(condition)) {
      const parts = condition.like.map((pattern) => partsOf(pattern, patterns));
      kind += `like ${parts.map((each) => Object.keys(each)).join(' or ')} `;
      for (const each of parts) {
        for (const part of Object.keys(each) as (keyof PatternParts)[])
          each[part] = take(each[part]);
      }
      slots.push([name, { like: parts }]);
    } else {
      const alternatives = typeof condition === 'string' ? [condition] : condition;
      slots.push([name, alternatives.map(take)]);
      kind += `${alternatives.length} `;
    }
  }
  const slotted: SlottedQuery = { where: slots };
  if (after !== undefined) slotted.after = take(after);
  if (limit !== undefined) slotted.limit = take(limit);
  return { kind: `${kind}${after !== undefined} ${limit !== undefined}`, values, slotted };
}

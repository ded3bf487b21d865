/**
 * Lists are asked for again and again, only with other values: each kind of query is made once,
 * with slots where its values belong.
 */
import type { CompiledQuery } from 'kysely';
import { type Condition, isLike, type Query } from '../catalog.ts';
import type { TableName } from '../tables.ts';
import type { PatternSyntax } from './conditions.ts';

/** What operations ask for are some dozens. */
const kindsKept = 256;
/** With more each number of values is a kind of its own, long and seldom asked for twice. */
const keptValuesMax = 16;

export class KnownQueries<N extends TableName> {
  readonly #patterns: PatternSyntax;
  readonly #make: (query: Query<N>) => CompiledQuery | undefined;
  readonly #known = new Map<string, CompiledQuery>();

  constructor(patterns: PatternSyntax, make: (query: Query<N>) => CompiledQuery | undefined) {
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

class Slot {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

interface Taken<N extends TableName> {
  /** The same for queries that differ in their values only. */
  kind: string;
  values: unknown[];
  slotted: Query<N>;
}

function takeValues<N extends TableName>(
  { where = {}, after, limit }: Query<N>,
  patterns: PatternSyntax,
): Taken<N> {
  const values: unknown[] = [];
  // To Kysely a value is whatever it is given.
  const take = <T>(value: T) => new Slot(values.push(value) - 1) as T;
  const slots: [string, Condition][] = [];
  let kind = '';
  for (const [name, condition] of Object.entries<Condition | undefined>(where)) {
    if (condition === undefined) continue;
    if (isLike(condition)) {
      slots.push([name, { like: condition.like.map((each) => take(patterns.text(each))) }]);
      kind += `${name} like ${condition.like.length} `;
    } else {
      const alternatives = typeof condition === 'string' ? [condition] : condition;
      slots.push([name, alternatives.map(take)]);
      kind += `${name} ${alternatives.length} `;
    }
  }
  const slotted: Query<N> = { where: Object.fromEntries(slots) as Query<N>['where'] };
  if (after !== undefined) slotted.after = take(after);
  if (limit !== undefined) slotted.limit = take(limit);
  return { kind: `${kind}${after !== undefined} ${limit !== undefined}`, values, slotted };
}

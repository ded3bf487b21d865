/**
 * Inputs by the model of a service: members that are there or missing, right or of another type,
 * too long, too deep, too many; mostly those that the operation acts on.
 */
import type { ServiceModel, Shape } from '../../api/model.ts';
import type { Random } from './random.ts';
import { filterNames, taggedTypes, type Words } from './words.ts';

/** Shapes may hold themselves. */
const deepest = 7;
const longList = 1200;
const longListChars = 200_000;

const numbers = [
  ...[0, 1, 1, 1, 2, 3, 5, 8, 10, 22, 80, 100, 443, 999, 1000, 1001, 3000, 65_535, 65_536],
  ...[-1, -(2 ** 31), 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, 2 ** 53, 1.5, 1e21],
];
const times = [
  ...['2026-12-01T00:00:00Z', '2027-06-01T10:00:00.000Z', '2099-12-31T23:59:59Z', '1970-01-01'],
  ...['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '-1', 'now'],
  ...['2027-02-30T00:00:00Z', '2027-06-01T10:00:60Z', '2027-06-01T10:00:00+14:00', '1e99'],
];

export interface InputPlan {
  model: ServiceModel;
  action: string;
  /** Paths that the operation takes; all when absent. */
  accepts?: readonly string[];
  /** How often a member is not what it should be. */
  wrong: number;
}

export class InputMaker {
  readonly #random: Random;
  readonly #words: Words;
  readonly #plan: InputPlan;

  constructor(random: Random, words: Words, plan: InputPlan) {
    this.#random = random;
    this.#words = words;
    this.#plan = plan;
  }

  make(): Record<string, unknown> {
    const { model, action } = this.#plan;
    const operation = Object.hasOwn(model.operations, action)
      ? model.operations[action]
      : undefined;
    const shape = model.shapes[operation?.input ?? ''];
    if (!shape || !('members' in shape)) return {};
    const input = this.#struct(shape, '', 0);
    if (this.#random.chance(this.#plan.wrong)) this.#addWrong(input);
    return input;
  }

  #struct(
    shape: Extract<Shape, { members: unknown }>,
    path: string,
    depth: number,
  ): Record<string, unknown> {
    const { accepts, wrong } = this.#plan;
    const random = this.#random;
    const struct: Record<string, unknown> = {};
    const optional = depth === 0 ? random.pick([0, 0.1, 0.3, 0.6]) : random.pick([0.3, 0.7]);
    for (const [name, member] of Object.entries(shape.members)) {
      const here = path === '' ? name : `${path}.${name}`;
      const required = shape.required?.includes(name) ?? false;
      if (required ? random.chance(wrong / 4) : !random.chance(optional)) continue;
      if (name === 'DryRun' && random.chance(0.8)) continue;
      if (accepts && !isTaken(accepts, here) && !random.chance(wrong / 20)) continue;
      const ref = typeof member === 'string' ? member : member[0];
      struct[name] = this.#value(ref, name, here, depth + 1);
    }
    return struct;
  }

  #value(ref: string, name: string, path: string, depth: number): unknown {
    const random = this.#random;
    if (random.chance(this.#plan.wrong / 4)) return this.#otherType();
    const shape = this.#plan.model.shapes[ref];
    if (!shape) return this.#scalar(ref, name, path);
    if (depth > deepest) return {};
    if ('list' in shape) {
      const one = () => this.#value(shape.list, name, path, depth + 1);
      if (random.chance(this.#plan.wrong / 40)) return longListOf(one());
      return Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, one);
    }
    if ('map' in shape)
      return { [this.#text(name)]: this.#value(shape.map, name, path, depth + 1) };
    return this.#struct(shape, path, depth);
  }

  #scalar(kind: string, name: string, path: string): unknown {
    const random = this.#random;
    const known = /^Filters?\.Name$|^TagSpecifications\.ResourceType$/.exec(path)?.[0];
    if (known && random.chance(0.9)) {
      return random.pick(known.startsWith('F') ? filterNames : taggedTypes);
    }
    if (kind === 'boolean') return random.chance(0.5);
    if (kind === 'number')
      return random.pick(random.chance(this.#plan.wrong) ? numbers : [1, 1, 1, 2, 8]);
    if (kind === 'timestamp') return random.pick(times);
    if (kind === 'blob' || kind === 'stream') {
      return Buffer.from(this.#text(name)).toString('base64');
    }
    return this.#text(name);
  }

  #text(name: string): string {
    const random = this.#random;
    if (random.chance(this.#plan.wrong / 3)) return this.#words.unlikely(random);
    return this.#words.likely(random, name);
  }

  #otherType(): unknown {
    const random = this.#random;
    const deep = (levels: number): unknown => (levels === 0 ? 'x' : [deep(levels - 1)]);
    const others: (() => unknown)[] = [
      () => null,
      () => 'text',
      () => random.pick(numbers),
      () => random.chance(0.5),
      () => [],
      () => ({}),
      () => [[]],
      () => deep(random.pick([3, 40])),
      () => ({ Value: { Value: this.#words.unlikely(random) } }),
    ];
    return random.pick(others)();
  }

  #addWrong(input: Record<string, unknown>): void {
    const random = this.#random;
    const name = random.pick([
      ...[
        'Extra',
        'Filter',
        'Filters',
        'constructor',
        '__proto__',
        'toString',
        'Action',
        'Version',
      ],
      ...Object.keys(input).map((known) => known.toLowerCase()),
      ...Object.keys(input).map((known) => `${known}s`),
    ]);
    Object.defineProperty(input, name, { value: this.#otherType(), enumerable: true });
  }
}

/** As long as it may be without being more than any body. */
function longListOf(entry: unknown): unknown[] {
  const entryChars = JSON.stringify(entry)?.length ?? 1;
  const length = Math.min(longList, Math.ceil(longListChars / entryChars));
  return Array.from<unknown>({ length }).fill(entry);
}

/** It, something in it, or something that it is in. */
function isTaken(accepts: readonly string[], path: string): boolean {
  return accepts.some(
    (taken) => taken === path || taken.startsWith(`${path}.`) || path.startsWith(`${taken}.`),
  );
}

/**
 * Query parameters -> typed input, by the model: `Filter.1.Value.2=x` becomes
 * `{Filters: [{Values: [, 'x']}]}`, with all entries there and every value of its type. Lists are
 * flattened, as the ec2 protocol has them; the plain query protocol's `X.member.1` is not read,
 * because no offered action of such a service takes a list.
 */
import type { ScalarName, ServiceModel, StructShape } from '../../api/model.ts';
import type { Parameters } from './form.ts';
import { operationOf } from './protocol.ts';
import { invalidValue, missingParameter, readScalar, unknownParameter } from './scalars.ts';

/**
 * No leading zeros, so that one entry has one name; what is not contiguous is refused later. EC2
 * also takes lists from 0, as some clients (fog) number them.
 */
const listIndex = /^(0|[1-9]\d{0,6})$/;

interface QueryMember {
  name: string;
  ref: string;
}

/** Query names of a struct's members. */
type MemberIndex = Map<string, QueryMember>;

export class QueryInput {
  readonly #model: ServiceModel;
  readonly #indexes = new Map<string, MemberIndex>();

  constructor(model: ServiceModel) {
    this.#model = model;
  }

  /** `parameters` without those of the protocol itself (Action, Version). */
  decode(action: string, parameters: Parameters): Record<string, unknown> {
    const { input: ref } = operationOf(this.#model, action);
    const input: Record<string, unknown> = {};
    for (const [name, text] of parameters) {
      this.#place(ref, input, { name, segments: name.split('.'), text }, 0);
    }
    return this.#finish(ref, input, '') as Record<string, unknown>;
  }

  /**
   * Puts a parameter's value where its name points to; lists are maps from index to entry until
   * `#finish`.
   */
  #place(
    ref: string,
    existing: unknown,
    parameter: { name: string; segments: string[]; text: string },
    depth: number,
  ): unknown {
    const { name, segments, text } = parameter;
    const shape = this.#model.shapes[ref];
    const segment = segments[depth];
    if (!shape) {
      if (segment !== undefined) throw unknownParameter(name);
      return readScalar(ref as ScalarName, text, name);
    }
    if (segment === undefined) {
      const hint = 'list' in shape ? `its entries are ${name}.1 and so on` : 'it has members';
      throw invalidValue(text, name, hint);
    }
    if ('list' in shape) {
      if (!listIndex.test(segment)) {
        throw invalidValue(text, name, `${segment} is not a list index`);
      }
      const entries = (existing as Map<number, unknown>) ?? new Map<number, unknown>();
      const index = Number(segment);
      return entries.set(index, this.#place(shape.list, entries.get(index), parameter, depth + 1));
    }
    if ('map' in shape) throw new Error(`${ref} is a map, which a query has not`);
    const member = this.#membersOf(ref, shape).get(segment);
    if (!member) throw unknownParameter(name);
    const struct = (existing as Record<string, unknown>) ?? {};
    struct[member.name] = this.#place(member.ref, struct[member.name], parameter, depth + 1);
    return struct;
  }

  /** Makes arrays of the lists, and refuses gaps and missing members. */
  #finish(ref: string, value: unknown, path: string): unknown {
    const shape = this.#model.shapes[ref];
    if (!shape) return value;
    if ('list' in shape) {
      const entries = value as Map<number, unknown>;
      const first = entries.has(0) ? 0 : 1;
      return Array.from({ length: entries.size }, (_, position) => {
        const index = first + position;
        if (entries.has(index))
          return this.#finish(shape.list, entries.get(index), `${path}.${index}`);
        throw invalidValue('', `${path}.${index}`, 'lists are numbered without gaps');
      });
    }
    if ('map' in shape) return value;
    const struct = value as Record<string, unknown>;
    for (const [queryName, { name, ref: target }] of this.#membersOf(ref, shape)) {
      const memberPath = path === '' ? queryName : `${path}.${queryName}`;
      if (struct[name] !== undefined) struct[name] = this.#finish(target, struct[name], memberPath);
      else if (shape.required?.includes(name)) throw missingParameter(memberPath);
    }
    return struct;
  }

  #membersOf(ref: string, shape: StructShape): MemberIndex {
    let index = this.#indexes.get(ref);
    if (!index) {
      index = new Map(
        Object.entries(shape.members).map(([name, member]) =>
          typeof member === 'string'
            ? [name, { name, ref: member }]
            : [member[1], { name, ref: member[0] }],
        ),
      );
      this.#indexes.set(ref, index);
    }
    return index;
  }
}

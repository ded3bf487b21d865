/**
 * Refuse, never pretend: a member that the model knows and the operation does not act on is refused
 * by its name.
 * An empty text asks for nothing, so there is nothing to refuse; neither does a value that a member
 * has anyway (`fixed`).
 * Naming a structure in `accepts` (`Filters`) accepts all that is in it; `DryRun` is always
 * accepted, the dispatcher acts on it.
 */
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { FixedValue, FixedValues } from '../operations/operation.ts';

/** true: this and all below; a map: only these members; a list: one of these values. */
type Accepted = true | Map<string, Accepted> | readonly FixedValue[];

interface Refused {
  path: string;
  /** Of a member that has these values only. */
  fixed?: readonly FixedValue[];
  value?: unknown;
}

export class AcceptedInput {
  readonly #action: string;
  readonly #accepted: Accepted;

  /**
   * Throws for a path that the model does not have: a spelling mistake would refuse a parameter for
   * ever.
   */
  constructor(
    model: ServiceModel,
    action: string,
    { accepts, fixed = {} }: { accepts: readonly string[]; fixed?: FixedValues },
  ) {
    this.#action = action;
    const root = new Map<string, Accepted>([['DryRun', true]]);
    const paths: [path: string, accepted: true | readonly FixedValue[]][] = [
      ...accepts.map((path) => [path, true] as [string, true]),
      ...Object.entries(fixed).map(([path, values]) => [path, [values].flat()] as [string, []]),
    ];
    for (const [path, accepted] of paths) {
      checkPath(model, action, 'input', path);
      add(root, path.split('.'), accepted);
    }
    this.#accepted = root;
  }

  check(input: object): void {
    const refused = firstRefused(input, this.#accepted, '');
    if (refused === undefined) return;
    const { path, fixed, value } = refused;
    throw new ServiceError(
      'UnsupportedOperation',
      fixed
        ? `Imago offers ${path} of ${this.#action} only as ${fixed.join(' or ')}; ${value} would have no effect.`
        : `The parameter ${path} of ${this.#action} is not supported by Imago.`,
    );
  }
}

function add(
  root: Map<string, Accepted>,
  names: readonly string[],
  accepted: true | readonly FixedValue[],
): void {
  let map = root;
  for (const [position, name] of names.entries()) {
    const below = map.get(name);
    if (below !== undefined && !(below instanceof Map)) return;
    if (position === names.length - 1) {
      map.set(name, accepted);
      return;
    }
    const next = below ?? new Map<string, Accepted>();
    map.set(name, next);
    map = next;
  }
}

function firstRefused(value: unknown, accepted: Accepted, path: string): Refused | undefined {
  if (accepted === true) return undefined;
  if (Array.isArray(value)) {
    for (const entry of value) {
      const refused = firstRefused(entry, accepted, path);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }
  if (!(accepted instanceof Map)) {
    if (asksForNothing(value) || accepted.includes(value as FixedValue)) return undefined;
    return { path, fixed: accepted, value };
  }
  for (const [name, member] of Object.entries(value as object)) {
    const memberPath = path === '' ? name : `${path}.${name}`;
    const below = accepted.get(name);
    if (below === undefined) {
      if (asksForNothing(member)) continue;
      return { path: memberPath };
    }
    const refused = firstRefused(member, below, memberPath);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/**
 * Some clients (Packer's) send every member of a structure, empty: as EC2 does, that is taken as
 * not sent.
 */
function asksForNothing(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === '';
  return Object.values(value).every(asksForNothing);
}

/** Throws for a path that the model does not have. */
export function checkPath(
  model: ServiceModel,
  action: string,
  side: 'input' | 'output',
  path: string,
): void {
  let ref = model.operations[action]?.[side] ?? '';
  for (const name of path.split('.')) {
    let shape = model.shapes[ref];
    if (shape && 'list' in shape) shape = model.shapes[shape.list];
    const member = shape && 'members' in shape ? shape.members[name] : undefined;
    if (member === undefined) throw new Error(`${action} has no ${side} member ${path}`);
    ref = typeof member === 'string' ? member : member[0];
  }
}

/**
 * JSON -> typed input, by the model: what it does not know is refused, and nothing is taken for
 * another type.
 */
import type { ScalarName, ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import { utf8Text } from './form.ts';
import {
  checkText,
  invalidValue,
  missingParameter,
  readScalar,
  unknownParameter,
} from './scalars.ts';

/** Times as ISO 8601, or as seconds since 1970. */
export type JsonTimes = 'iso' | 'seconds';

/** The latest that a Date can be. */
const secondsMax = 8.64e12;

export class JsonInput {
  readonly #model: ServiceModel;
  readonly #times: JsonTimes;

  constructor(model: ServiceModel, times: JsonTimes) {
    this.#model = model;
    this.#times = times;
  }

  /** Of a whole body; an empty one is an empty object. */
  parse(body: Uint8Array): unknown {
    const text = utf8Text(body);
    try {
      return text === '' ? {} : JSON.parse(text);
    } catch {
      throw new ServiceError('SerializationException', 'The body is not valid JSON.');
    }
  }

  /** `without`: members that are not to be here, and not missed. */
  decode(ref: string, value: unknown, without?: ReadonlySet<string>): unknown {
    return this.#value(ref, value, '', without);
  }

  #value(ref: string, value: unknown, path: string, without?: ReadonlySet<string>): unknown {
    const shape = this.#model.shapes[ref];
    if (!shape) return this.#scalar(ref as ScalarName, value, path);
    if ('list' in shape) {
      if (!Array.isArray(value)) throw invalidValue(shown(value), path, 'expected a list');
      return value.map((entry, index) => this.#value(shape.list, entry, `${path}.${index + 1}`));
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidValue(shown(value), path || 'of the request', 'expected an object');
    }
    if ('map' in shape) return this.#map(shape.map, value, path);
    const struct: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(value)) {
      const memberPath = below(path, name);
      const member =
        Object.hasOwn(shape.members, name) && !without?.has(name) ? shape.members[name] : undefined;
      if (member === undefined) throw unknownParameter(checkText(memberPath, 'of a name'));
      if (entry === null) continue; // as AWS: null is absent
      struct[name] = this.#value(
        typeof member === 'string' ? member : member[0],
        entry,
        memberPath,
      );
    }
    const missing = shape.required?.find(
      (name) => struct[name] === undefined && !without?.has(name),
    );
    if (missing) throw missingParameter(below(path, missing));
    return struct;
  }

  #map(ref: string, value: object, path: string): Record<string, unknown> {
    const entries = Object.entries(value).map(([key, entry]) => [
      checkText(key, below(path, 'key')),
      this.#value(ref, entry, below(path, key)),
    ]);
    return Object.fromEntries(entries);
  }

  #scalar(kind: ScalarName, value: unknown, path: string): unknown {
    if (kind === 'timestamp' && this.#times === 'seconds') return readSeconds(value, path);
    const json = kind === 'number' || kind === 'boolean' ? kind : 'string';
    if (typeof value !== json) throw invalidValue(shown(value), path, `expected a ${json}`);
    return readScalar(kind, String(value), path);
  }
}

function readSeconds(value: unknown, path: string): Date {
  if (typeof value === 'number' && Math.abs(value) <= secondsMax) return new Date(value * 1000);
  throw invalidValue(shown(value), path, 'expected seconds since 1970');
}

const below = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);
const shown = (value: unknown) => (typeof value === 'object' ? '' : String(value));

/**
 * Readers of JSON that strangers wrote. Each takes what is of its form and within its bounds, makes
 * a new value of it, and throws JsonShapeError for anything else; what a shape does not know is
 * refused. It says nothing of what the values mean together.
 */
export class JsonShapeError extends Error {
  override name = 'JsonShapeError';
}

/** `at` says where the value is, for whoever has written it. */
export type Read<T> = (value: unknown, at: string) => T;

export function text(maxChars: number, pattern = /^/): Read<string> {
  return (value, at) => {
    if (typeof value === 'string' && value.length <= maxChars && pattern.test(value)) return value;
    throw new JsonShapeError(`${at} is no text of its form`);
  };
}

export function whole(min: number, max: number): Read<number> {
  return (value, at) => {
    const isOne = typeof value === 'number' && Number.isInteger(value);
    if (isOne && value >= min && value <= max) return value;
    throw new JsonShapeError(`${at} is no number from ${min} to ${max}`);
  };
}

export function oneOf<const T>(...values: readonly T[]): Read<T> {
  return (value, at) => {
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    throw new JsonShapeError(`${at} is none of ${values.join(', ')}`);
  };
}

export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (value, at) => (value === undefined ? undefined : read(value, at));
}

export function list<T>(read: Read<T>, max: number): Read<T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > max) {
      throw new JsonShapeError(`${at} is no list of ${max} at most`);
    }
    return value.map((each, index) => read(each, `${at}[${index}]`));
  };
}

/** Of texts by their names, whatever those are. */
export function texts(maxCount: number): Read<[string, string][]> {
  return (value, at) => {
    const entries = Object.entries(objectOf(value, at));
    if (entries.length > maxCount) throw new JsonShapeError(`${at} has more than ${maxCount}`);
    return entries.map(([name, each]) => [name, text(Number.POSITIVE_INFINITY)(each, at)]);
  };
}

/** A member that is not there is given to its reader as undefined, and is not there after it. */
export function shape<T extends object>(readers: { [K in keyof T]-?: Read<T[K]> }): Read<T> {
  return (value, at) => {
    const given = new Map(Object.entries(objectOf(value, at)));
    const read = Object.entries<Read<unknown>>(readers).map(([name, reader]) => {
      const made = reader(given.get(name), `${at}.${name}`);
      given.delete(name);
      return [name, made] as const;
    });
    const [unknown] = given.keys();
    if (unknown !== undefined) {
      throw new JsonShapeError(`${at} has a member that is not known: ${unknown.slice(0, 64)}`);
    }
    return Object.fromEntries(read.filter(([, made]) => made !== undefined)) as T;
  };
}

function objectOf(value: unknown, at: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new JsonShapeError(`${at} is no object`);
}

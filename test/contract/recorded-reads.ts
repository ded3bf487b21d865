/** An input that remembers which of its members were asked for. */

/**
 * Paths are without marks of lists. What only wrote all of it down, to compare it with an earlier
 * request of the same client token, has not read it.
 */
export function recordedReads<Input extends object>(input: Input, read: Set<string>): Input {
  return recorded(input, '', read) as Input;
}

function recorded(value: unknown, path: string, read: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || value instanceof Uint8Array) return value;
  return new Proxy(value, {
    get(target, name) {
      const found = Reflect.get(target, name);
      if (typeof name === 'symbol' || !Object.hasOwn(target, name)) return found;
      const here = Array.isArray(target) ? path : path === '' ? name : `${path}.${name}`;
      if (!Array.isArray(target) && !isWrittenDown()) read.add(here);
      return recorded(found, here, read);
    },
  });
}

function isWrittenDown(): boolean {
  return (new Error().stack ?? '').includes('JSON.stringify');
}

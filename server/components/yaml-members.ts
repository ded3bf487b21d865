/**
 * What readers of documents ask of a tree of YAML: members by their names, and of the kind that
 * they are to be; what is not so is an error of the document, at its line.
 */
import type { Inputs } from './document.ts';
import { DocumentError, type YamlMap, type YamlText, type YamlValue } from './yaml-tree.ts';

export function oneOf<T extends string>(map: YamlMap, name: string, values: readonly T[]): T {
  const value = map.members.get(name);
  if (!value) return values[0] as T;
  const found = values.find((each) => value.kind === 'text' && each === value.text);
  if (found) return found;
  throw new DocumentError(value, `one of ${values.join(', ')} is expected`);
}

export function integerIn(
  map: YamlMap,
  name: string,
  { min, max, fallback }: { min: number; max: number; fallback: number },
): number {
  const value = map.members.get(name);
  if (!value) return fallback;
  const number = value.kind === 'text' && /^-?\d{1,9}$/.test(value.text) ? Number(value.text) : NaN;
  if (number >= min && number <= max) return number;
  throw new DocumentError(value, `a number from ${min} to ${max} is expected`);
}

export function allow(map: YamlMap, names: readonly string[]): void {
  for (const [name, value] of map.members) {
    if (!names.includes(name)) throw new DocumentError(value, `'${name}' is not known here`);
  }
}

export function required(map: YamlMap, name: string): YamlValue {
  const value = map.members.get(name);
  if (!value) throw new DocumentError(map, `'${name}' is missing`);
  return value;
}

export function optionalText<Name extends string>(
  map: YamlMap,
  name: Name,
): { [_ in Name]?: string } {
  const value = map.members.get(name);
  return (value ? { [name]: textIn(value) } : {}) as { [_ in Name]?: string };
}

export function mapOf(value: YamlValue): YamlMap {
  if (value.kind === 'map') return value;
  throw new DocumentError(value, 'names with values are expected');
}

export function textIn(value: YamlValue): YamlText['text'] {
  if (value.kind === 'text') return value.text;
  throw new DocumentError(value, 'a text is expected');
}

export function textsIn(value: YamlValue): string[] {
  if (value.kind === 'list') return value.items.map(textIn);
  throw new DocumentError(value, 'a list of texts is expected');
}

export function checkUnique(named: { name: string; at: YamlValue }[]): void {
  for (const [index, { name, at }] of named.entries()) {
    if (named.findIndex((other) => other.name === name) < index) {
      throw new DocumentError(at, `there is a '${name}' already`);
    }
  }
}

/** Texts, lists and maps of them. */
export function plain(value: YamlValue): Inputs {
  if (value.kind === 'text') return value.text;
  if (value.kind === 'list') return value.items.map(plain);
  return Object.fromEntries([...value.members].map(([name, each]) => [name, plain(each)]));
}

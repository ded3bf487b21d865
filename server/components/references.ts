/**
 * References in texts of a document: `{{ MyParameter }}`, `{{ MyConstant }}`,
 * `{{ build.MyStep.outputs.stdout }}`, `{{ build.MyStep.inputs[0].path }}`, `{{ loop.index }}`,
 * `{{ loop.value }}`, and both by the name of the loop. What is no reference stays as it is, since
 * texts of others (templates, formats of programs) have double braces too.
 */
import type { Inputs } from './document.ts';

/** Inputs that refer to inputs that refer to inputs. */
const nestingMax = 8;
const resolvedMaxChars = 1024 * 1024;

const referencePattern = /\{\{\s*([\w-]+(?:\.[\w-]+|\[\d+\])*)\s*\}\}/g;

/** What references may name. */
export interface Scope {
  /** Parameters and constants. */
  values: ReadonlyMap<string, string>;
  /** `build.MyStep.stdout`, of a step with a loop `build.MyStep[0].stdout`. */
  outputs: Readonly<Record<string, string>>;
  /** Of each step, by `build.MyStep`: as they were written. */
  inputs: ReadonlyMap<string, Inputs>;
  /** Of the step that runs. */
  loop?: { name?: string; index: number; value: string };
}

export class UnresolvedReference extends Error {
  override name = 'UnresolvedReference';
}

/** Throws UnresolvedReference where a step is named that has left no such output. */
export function resolve(text: string, scope: Scope, nesting = 0): string {
  if (nesting > nestingMax) throw new UnresolvedReference('references refer to each other');
  const resolved = text.replace(
    referencePattern,
    (whole, name: string) => standsFor(name, scope, nesting) ?? whole,
  );
  if (resolved.length <= resolvedMaxChars) return resolved;
  throw new UnresolvedReference('what references stand for is too long');
}

export function resolveAll(inputs: Inputs, scope: Scope): Inputs {
  if (typeof inputs === 'string') return resolve(inputs, scope);
  if (Array.isArray(inputs)) return inputs.map((each) => resolveAll(each, scope));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, resolveAll(value, scope)]),
  );
}

function standsFor(name: string, scope: Scope, nesting: number): string | undefined {
  const plain = scope.values.get(name.replace(/^(parameters|constants)\./, ''));
  if (plain !== undefined) return plain;
  const step = stepReference(name);
  if (step && scope.inputs.has(step.step)) return ofStep(name, step, scope, nesting);
  const [first, member] = name.split('.');
  const { loop } = scope;
  if (!loop || (first !== 'loop' && first !== loop.name)) return undefined;
  if (member === 'index') return String(loop.index);
  return member === 'value' ? loop.value : undefined;
}

interface StepReference {
  /** `build.MyStep` */
  step: string;
  iteration: string;
  kind: 'inputs' | 'outputs';
  /** What comes behind, such as `[0].path`. */
  rest: string;
}

/** Undefined where it is none by its form. */
export function stepReference(name: string): StepReference | undefined {
  const match = /^([\w-]+\.[\w-]+)(\[\d+\])?\.(inputs|outputs)((?:\.[\w-]+|\[\d+\])*)$/.exec(name);
  if (!match) return undefined;
  const [, step = '', iteration = '', kind, rest = ''] = match;
  return { step, iteration, kind: kind as StepReference['kind'], rest };
}

/** All references in a text, by their names. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(referencePattern)].map(([, name = '']) => name);
}

function ofStep(
  name: string,
  { step, iteration, kind, rest }: StepReference,
  scope: Scope,
  nesting: number,
): string {
  if (kind === 'outputs') {
    const value = scope.outputs[`${step}${iteration}${rest}`];
    if (value === undefined) throw new UnresolvedReference(`{{ ${name} }} has no value`);
    return value;
  }
  let value: Inputs | undefined = scope.inputs.get(step);
  for (const [, member, index] of rest.matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    value = inside(value, member, index);
  }
  if (typeof value !== 'string') throw new UnresolvedReference(`{{ ${name} }} has no value`);
  return resolve(value, scope, nesting + 1);
}

function inside(value: Inputs | undefined, member?: string, index?: string): Inputs | undefined {
  if (value === undefined || typeof value === 'string') return undefined;
  if (Array.isArray(value)) return index === undefined ? undefined : value[Number(index)];
  return member !== undefined && Object.hasOwn(value, member) ? value[member] : undefined;
}

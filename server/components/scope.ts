/** What the references of a document may name, and which of its outputs they do. */
import type { ComponentDocument, Inputs } from './document.ts';
import { referencesIn, type Scope, stepReference } from './references.ts';

export class ParameterError extends Error {
  override name = 'ParameterError';
}

export function scopeOf(
  document: ComponentDocument,
  given: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
): Scope {
  const values = new Map(Object.entries(document.constants));
  for (const { name, default: fallback } of document.parameters) {
    const value = Object.hasOwn(given, name) ? given[name] : fallback;
    if (value !== undefined) values.set(name, value);
  }
  const inputs = new Map<string, Inputs>();
  for (const { name, steps } of document.phases) {
    for (const step of steps) inputs.set(`${name}.${step.name}`, step.inputs);
  }
  return { values, outputs, inputs };
}

/** Whether a document can be run with these: all are known, allowed, and none is missing. */
export function checkParameters(
  { parameters }: ComponentDocument,
  given: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(given)) {
    const parameter = parameters.find((each) => each.name === name);
    if (!parameter) throw new ParameterError(`there is no parameter '${name}'`);
    const { allowedValues } = parameter;
    if (allowedValues && !allowedValues.includes(value)) {
      throw new ParameterError(`'${name}' is one of ${allowedValues.join(', ')}`);
    }
  }
  const missing = parameters.find(
    ({ name, default: fallback }) => fallback === undefined && !Object.hasOwn(given, name),
  );
  if (missing) throw new ParameterError(`the parameter '${missing.name}' is missing`);
}

/** Steps whose outputs are referred to, as `build.MyStep`: only theirs are kept. */
export function referredOutputs({ phases }: ComponentDocument): Set<string> {
  const steps = phases.flatMap((phase) => phase.steps);
  const texts = steps.map((step) => JSON.stringify([step.inputs, step.if, step.loop]));
  return new Set(
    texts.flatMap((text) =>
      referencesIn(text).flatMap((name) => {
        const reference = stepReference(name);
        return reference?.kind === 'outputs' ? [reference.step] : [];
      }),
    ),
  );
}

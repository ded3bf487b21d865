/**
 * A component document (schemaVersion 1.0), as it was read and found to be whole: what is done to a
 * machine, in phases of steps. AWS's own form, in which components of Image Builder are written.
 */
import type { ActionName } from './actions.ts';
import type { Condition } from './conditions.ts';

export interface ComponentDocument {
  name?: string;
  description?: string;
  parameters: Parameter[];
  constants: Record<string, string>;
  phases: Phase[];
}

export interface Parameter {
  name: string;
  default?: string;
  allowedValues?: string[];
  description?: string;
}

/** Any name; a build runs `build`, `validate` and `test`. */
export interface Phase {
  name: string;
  steps: Step[];
}

export interface Step {
  name: string;
  action: ActionName;
  if?: { condition: Condition; ifSo: StepDecision; ifNot: StepDecision };
  loop?: Loop;
  onFailure: 'Abort' | 'Continue' | 'Ignore';
  /** -1: it may take as long as it likes. */
  timeoutSeconds: number;
  maxAttempts: number;
  /** Of Assert. */
  assertion?: Condition;
  /** With references, which are resolved when the step runs. */
  inputs: Inputs;
}

export type StepDecision = 'Execute' | 'Skip' | 'Abort';

/** Each of its texts may have references. */
export interface Loop {
  name?: string;
  over:
    | { start: string; end: string; updateBy: string }
    | { list: string[] }
    | { list: string; delimiter: string };
}

/** Texts as they were written, in lists and maps. */
export type Inputs = string | Inputs[] | { [name: string]: Inputs };

export function phaseOf(document: ComponentDocument, name: string): Phase | undefined {
  return document.phases.find((phase) => phase.name === name);
}

/** What ExecuteDocument runs: phases of documents, one after the other. */
import type { Inputs } from './document.ts';

export interface NestedRun {
  /** The ARN of a component, or a file of the machine. */
  name: string;
  phase: string;
  parameters: Record<string, string>;
}

/** Where no phases are named, it is the one that runs. */
export function nestedRuns(inputs: Inputs, phase: string): NestedRun[] {
  const each = Array.isArray(inputs) ? inputs : [inputs];
  return each.flatMap((input) => {
    const { document = '', phases = [phase], parameters = [] } = membersOf(input);
    const given = listOf(parameters).map((pair) => {
      const { name = '', value = '' } = membersOf(pair);
      return [String(name), String(value)] as const;
    });
    return listOf(phases).map((named) => ({
      name: String(document),
      phase: String(named),
      parameters: Object.fromEntries(given),
    }));
  });
}

function membersOf(inputs: Inputs): Record<string, Inputs> {
  return typeof inputs === 'string' || Array.isArray(inputs) ? {} : inputs;
}

function listOf(inputs: Inputs): Inputs[] {
  return Array.isArray(inputs) ? inputs : [inputs];
}

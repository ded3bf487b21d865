/**
 * The action modules: which inputs each takes, and the commands that do it. A command gets what
 * came from the document as arguments or as a file, never as a part of a script.
 */

import type { Inputs } from './document.ts';
import { fileActions } from './file-actions.ts';
import { systemActions } from './system-actions.ts';
import { DocumentError, type YamlValue } from './yaml-tree.ts';

export interface Work {
  argv: string[];
  input?: string;
}

/** Of an input, once its references are resolved. */
export interface Input {
  text(name: string): string;
  optional(name: string): string | undefined;
  list(name: string): string[];
  /** `fallback` where it is left out. */
  flag(name: string, fallback: boolean): boolean;
}

export interface Action {
  /** One map of inputs, or a list of such. */
  inputs: 'one' | 'each';
  required: readonly string[];
  optional?: readonly string[];
  /** Those of the members that are lists of texts. */
  lists?: readonly string[];
  /** Only these values, where they are written out. */
  values?: Readonly<Record<string, readonly string[]>>;
  work(input: Input): Work;
  /** What its standard output is called in references. */
  output?: string;
  /** Its exit code 194 asks for a reboot. */
  mayReboot?: boolean;
  /** What it prints stays out of the log, unless this input says otherwise. */
  quietUnless?: string;
}

const executeBash: Action = {
  inputs: 'one',
  required: ['commands'],
  lists: ['commands'],
  output: 'stdout',
  mayReboot: true,
  // A machine without bash has a shell nevertheless.
  work: (input) => ({
    argv: ['sh', '-c', 'exec "$(command -v bash || command -v sh)" "$IMAGO_INPUT"'],
    input: `${input.list('commands').join('\n')}\n`,
  }),
};

const executeBinary: Action = {
  inputs: 'one',
  required: ['path'],
  optional: ['arguments'],
  lists: ['arguments'],
  output: 'stdout',
  mayReboot: true,
  work: (input) => ({ argv: [input.text('path'), ...input.list('arguments')] }),
};

export const actions = {
  ExecuteBash: executeBash,
  ExecuteBinary: executeBinary,
  ...fileActions,
  ...systemActions,
};

/** Done by the run itself. */
const ownActions = ['Assert', 'ExecuteDocument', 'Reboot'] as const;

export type CommandAction = keyof typeof actions;
export type ActionName = CommandAction | (typeof ownActions)[number];

export function isCommandAction(name: ActionName): name is CommandAction {
  return Object.hasOwn(actions, name);
}

/** Of AWS's, with the reason why they are not here. */
const refused: Record<string, string> = {
  ExecutePowerShell: 'it is for Windows',
  InstallMSI: 'it is for Windows',
  UninstallMSI: 'it is for Windows',
  SetRegistry: 'it is for Windows',
  SetFileEncoding: 'files are UTF-8',
  S3Download: 'there is no S3 here; WebDownload takes any address',
  S3Upload: 'there is no S3 here',
};

export function actionNamed(value: YamlValue): ActionName {
  const name = value.kind === 'text' ? value.text : '';
  const known = [...Object.keys(actions), ...ownActions].find((each) => each === name);
  if (known) return known as ActionName;
  const why = Object.hasOwn(refused, name) ? refused[name] : undefined;
  if (why) throw new DocumentError(value, `the action ${name} is not supported: ${why}`);
  throw new DocumentError(value, `there is no action '${name}'`);
}

/** Whether they are what the action takes; references are taken on trust. */
export function checkInputs(name: CommandAction, value: YamlValue): void {
  const action: Action = actions[name];
  const maps = action.inputs === 'each' && value.kind === 'list' ? value.items : [value];
  if (maps.length === 0) throw new DocumentError(value, `${name} has an input`);
  for (const map of maps) checkInput(action, map);
}

function checkInput(action: Action, map: YamlValue): void {
  if (map.kind !== 'map') throw new DocumentError(map, 'inputs are names with values');
  const { required, optional = [], lists = [], values = {} } = action;
  for (const name of required) {
    if (!map.members.has(name)) throw new DocumentError(map, `'${name}' is missing`);
  }
  for (const [name, value] of map.members) {
    if (![...required, ...optional].includes(name)) {
      throw new DocumentError(value, `'${name}' is not an input of this action`);
    }
    const isList = value.kind === 'list' && value.items.every(({ kind }) => kind === 'text');
    if (lists.includes(name) ? !isList : value.kind !== 'text') {
      throw new DocumentError(value, lists.includes(name) ? 'a list of texts' : 'a text');
    }
    const allowed = values[name];
    if (!allowed || value.kind !== 'text' || value.text.includes('{{')) continue;
    if (!allowed.includes(value.text.toLowerCase())) {
      throw new DocumentError(value, `one of ${allowed.join(', ')}`);
    }
  }
}

/** The inputs, one by one, as the commands that they come to. */
export function workOf(name: CommandAction, inputs: Inputs): Work[] {
  const action: Action = actions[name];
  const each = Array.isArray(inputs) ? inputs : [inputs];
  return each.map((members) => action.work(new ResolvedInput(members)));
}

class ResolvedInput implements Input {
  readonly #members: Readonly<Record<string, Inputs>>;

  constructor(inputs: Inputs) {
    this.#members = typeof inputs === 'string' || Array.isArray(inputs) ? {} : inputs;
  }

  text(name: string): string {
    return this.optional(name) ?? '';
  }

  optional(name: string): string | undefined {
    const value = this.#members[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): string[] {
    const value = this.#members[name];
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.optional(name);
    return value === undefined ? fallback : value.toLowerCase() === 'true';
  }
}

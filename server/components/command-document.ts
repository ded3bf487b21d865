/**
 * Documents of Systems Manager of the type Command, schemaVersion 2.2: what their parameters are,
 * and the shell scripts that their steps come to. A stranger's text, read as those of components
 * are (read-document.ts). Of the plugins there is `aws:runShellScript` alone; what SSM takes beside
 * that (parameters of the parameter store, dates, lists, other plugins) is refused by its name.
 */
import { runInNewContext } from 'node:vm';
import { stringify } from 'yaml';
import type { GuestCommand } from './guest-shell.ts';
import {
  allow,
  checkUnique,
  integerIn,
  mapOf,
  optionalText,
  plain,
  required,
  textsIn,
} from './yaml-members.ts';
import { DocumentError, readYaml, type YamlMap, type YamlValue } from './yaml-tree.ts';

export type DocumentFormat = 'JSON' | 'YAML';

export interface CommandDocument {
  description?: string;
  parameters: CommandParameter[];
  steps: CommandStep[];
}

export interface CommandParameter {
  name: string;
  description?: string;
  default?: string;
  allowedValues?: string[];
  allowedPattern?: string;
}

interface CommandStep {
  name: string;
  lines: string[];
  folder?: string;
  timeoutSeconds: number;
  /** By its precondition: it is for another platform. */
  isElsewhere: boolean;
}

/** A step as it is run, with the values of its parameters. */
export interface ShellScript extends Pick<GuestCommand, 'argv'> {
  name: string;
  input: string;
  timeoutSeconds: number;
}

const plugin = 'aws:runShellScript';
const stepsMax = 20;
const usualTimeoutSeconds = 3600;
/** The plugin's. */
const secondsMax = 172_800;
/** Of a busy host: an honest expression is not to fail because others are at work. */
const patternMs = 1000;
const alternativesMax = 8;
const stepPattern = /^[A-Za-z0-9_-]{1,128}$/;
const parameterPattern = /^[A-Za-z0-9]{1,64}$/;
const referencePattern = /\{\{\s*([A-Za-z][\w:./-]*)\s*\}\}/g;

export function readCommandDocument(text: string, format?: DocumentFormat): CommandDocument {
  const root = mapOf(readYaml(text));
  if (format === 'JSON') checkJson(text);
  allow(root, ['schemaVersion', 'description', 'parameters', 'mainSteps']);
  const version = required(root, 'schemaVersion');
  if (version.kind !== 'text' || version.text !== '2.2') {
    throw new DocumentError(version, 'the schemaVersion is 2.2');
  }
  const declared = root.members.get('parameters');
  const parameters = declared ? [...mapOf(declared).members].map(parameterOf) : [];
  const list = required(root, 'mainSteps');
  if (list.kind !== 'list' || list.items.length < 1 || list.items.length > stepsMax) {
    throw new DocumentError(list, `a list of 1 to ${stepsMax} steps is expected`);
  }
  const names = parameters.map(({ name }) => name);
  const steps = list.items.map((item) => stepOf(mapOf(item), names));
  checkUnique(steps.map(({ name }, index) => ({ name, at: list.items[index] ?? list })));
  return { ...optionalText(root, 'description'), parameters, steps };
}

/** Of YAML it is a part: that it is read does not say that it is JSON. */
function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new DocumentError({ line: 1, path: '' }, 'the document is not JSON');
  }
}

function parameterOf([name, value]: [string, YamlValue]): CommandParameter {
  const map = mapOf(value);
  allow(map, ['type', 'description', 'default', 'allowedValues', 'allowedPattern']);
  if (!parameterPattern.test(name)) {
    throw new DocumentError(map, 'the name of a parameter has 1 to 64 letters and digits');
  }
  const type = required(map, 'type');
  if (type.kind !== 'text' || type.text !== 'String') {
    throw new DocumentError(type, "the only type is 'String'");
  }
  const allowed = map.members.get('allowedValues');
  const parameter = {
    name,
    ...optionalText(map, 'description'),
    ...optionalText(map, 'default'),
    ...(allowed && { allowedValues: textsIn(allowed) }),
    ...optionalText(map, 'allowedPattern'),
  };
  const why = parameter.default === undefined ? undefined : refusal(parameter, parameter.default);
  if (why) throw new DocumentError(map, why);
  return parameter;
}

function stepOf(map: YamlMap, parameters: readonly string[]): CommandStep {
  allow(map, ['action', 'name', 'description', 'precondition', 'inputs']);
  const action = required(map, 'action');
  if (action.kind !== 'text' || action.text !== plugin) {
    throw new DocumentError(action, `the only action is ${plugin}`);
  }
  optionalText(map, 'description');
  const name = required(map, 'name');
  if (name.kind !== 'text' || !stepPattern.test(name.text)) {
    throw new DocumentError(name, 'a name has 1 to 128 letters, digits, _ or -');
  }
  const inputs = mapOf(required(map, 'inputs'));
  allow(inputs, ['runCommand', 'workingDirectory', 'timeoutSeconds']);
  const run = required(inputs, 'runCommand');
  const lines = run.kind === 'text' ? [run.text] : textsIn(run);
  const { workingDirectory: folder } = optionalText(inputs, 'workingDirectory');
  for (const text of [...lines, folder ?? '']) checkReferences(text, run, parameters);
  const bounds = { min: 1, max: secondsMax, fallback: usualTimeoutSeconds };
  return {
    name: name.text,
    lines,
    ...(folder !== undefined && folder !== '' && { folder }),
    timeoutSeconds: integerIn(inputs, 'timeoutSeconds', bounds),
    isElsewhere: isElsewhere(map.members.get('precondition')),
  };
}

/** The one that SSM has: `StringEquals: [platformType, Linux]`. */
function isElsewhere(precondition: YamlValue | undefined): boolean {
  if (!precondition) return false;
  const map = mapOf(precondition);
  allow(map, ['StringEquals']);
  const [what, platform, ...more] = textsIn(required(map, 'StringEquals'));
  if (what !== 'platformType' || platform === undefined || more.length > 0) {
    throw new DocumentError(map, 'a precondition compares platformType with a platform');
  }
  return platform !== 'Linux';
}

function checkReferences(text: string, at: YamlValue, parameters: readonly string[]): void {
  for (const [whole, name = ''] of text.matchAll(referencePattern)) {
    if (!parameters.includes(name)) throw new DocumentError(at, `${whole} is no parameter`);
  }
}

/** Why a value is none of the parameter's. */
function refusal(parameter: CommandParameter, value: string): string | undefined {
  const { name, allowedValues, allowedPattern } = parameter;
  if (allowedValues && !allowedValues.includes(value)) {
    return `'${value}' is none of the allowedValues of ${name}`;
  }
  if (allowedPattern === undefined) return undefined;
  const isMatch = matches(allowedPattern, value);
  if (isMatch === undefined) return `the allowedPattern of ${name} cannot be used`;
  return isMatch ? undefined : `'${value}' does not match the allowedPattern of ${name}`;
}

/** A stranger's expression may take for ever; undefined where it does, or is none. */
function matches(pattern: string, value: string): boolean | undefined {
  try {
    if (isQuick(pattern)) return new RegExp(pattern).test(value);
    const seen = { pattern, value };
    return runInNewContext('new RegExp(pattern).test(value)', seen, { timeout: patternMs });
  } catch {
    return undefined;
  }
}

/** Nothing is repeated but single characters, so and so often, and there are few alternatives. */
function isQuick(pattern: string): boolean {
  const plain = pattern.replaceAll(/\[(?:[^\]\\]|\\.)*\]|\\[^1-9k]/g, 'x');
  const repeated = plain.replaceAll(/[^)*+?{}]\{\d{1,3}\}/g, 'x');
  const alternatives = [...plain].filter((each) => each === '|').length;
  return !/[*+{}\\]|\?(?!:)/.test(repeated) && alternatives <= alternativesMax;
}

/** With these values, and the defaults of the other parameters. */
export function scriptsOf(
  { parameters, steps }: CommandDocument,
  values: Readonly<Record<string, string>>,
): ShellScript[] {
  const document = { line: 1, path: 'parameters' };
  const all = new Map<string, string>();
  for (const parameter of parameters) {
    const { name, default: fallback } = parameter;
    const value = Object.hasOwn(values, name) ? values[name] : fallback;
    if (value === undefined) throw new DocumentError(document, `'${name}' has no value`);
    const why = refusal(parameter, value);
    if (why) throw new DocumentError(document, why);
    all.set(name, value);
  }
  const filled = (text: string) =>
    text.replace(referencePattern, (whole, name: string) => all.get(name) ?? whole);
  return steps
    .filter((step) => !step.isElsewhere)
    .map(({ name, lines, folder = '', timeoutSeconds }) => ({
      name,
      argv: ['sh', '-c', runScript, 'sh', filled(folder)],
      input: `${lines.map(filled).join('\n')}\n`,
      timeoutSeconds,
    }));
}

/** By what its first line names, as a system does it: where it lies nothing may be executable. */
const runScript = `
if [ -n "$1" ]; then cd -- "$1" || exit 1; fi
set -f
read -r first < "$IMAGO_INPUT"
case $first in
  '#!'*) set -- \${first#??} ;;
  *) set -- sh ;;
esac
exec "$@" "$IMAGO_INPUT"
`;

/** A document that was read, in the other format; its numbers are texts then, as SSM has them. */
export function inFormat(text: string, format: DocumentFormat): string {
  const value = plain(readYaml(text));
  return format === 'JSON' ? JSON.stringify(value, undefined, 2) : stringify(value);
}

/** Whether one of its parameters has this name. */
export function hasParameter({ parameters }: CommandDocument, name: string): boolean {
  return parameters.some((each) => each.name === name);
}

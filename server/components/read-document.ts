/**
 * A component document from its text, validated as a whole before anything of it runs: what a step
 * would stumble over that can be known beforehand is an error of the document, with its line.
 */
import {
  type Action,
  actionNamed,
  actions,
  type CommandAction,
  checkInputs,
  isCommandAction,
} from './actions.ts';
import { readCondition } from './conditions.ts';
import type { ComponentDocument, Loop, Parameter, Phase, Step } from './document.ts';
import { referencesIn, stepReference } from './references.ts';
import {
  allow,
  checkUnique,
  integerIn,
  mapOf,
  oneOf,
  optionalText,
  plain,
  required,
  textIn,
  textsIn,
} from './yaml-members.ts';
import { DocumentError, readYaml, type YamlMap, type YamlValue } from './yaml-tree.ts';

const phasesMax = 16;
const stepsMax = 500;
/** Those that a build runs. */
const builtPhases = ['build', 'validate', 'test'];
const namePattern = /^[A-Za-z_][\w-]{0,127}$/;
const variablePattern = /^[A-Za-z0-9_-]{3,128}$/;
const secondsMax = 7 * 24 * 3600;
const attemptsMax = 100;
const usualTimeoutSeconds = 7200;

export function readDocument(text: string): ComponentDocument {
  const root = mapOf(readYaml(text));
  allow(root, [...['name', 'description', 'schemaVersion', 'parameters', 'constants', 'phases']]);
  const version = required(root, 'schemaVersion');
  if (version.kind !== 'text' || !/^1(\.0)?$/.test(version.text)) {
    throw new DocumentError(version, 'the schemaVersion is 1.0');
  }
  const parameters = namedList(root, 'parameters').map(([name, map]) => parameter(name, map));
  const constants = namedList(root, 'constants').map(([name, map]) => {
    allow(map, ['type', 'value']);
    checkType(map);
    return [name, textIn(required(map, 'value'))] as const;
  });
  const names = [...parameters.map(({ name }) => name), ...constants.map(([name]) => name)];
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new DocumentError(root, `'${twice}' is declared twice`);
  const phases = phasesOf(required(root, 'phases'));
  return {
    ...optionalText(root, 'name'),
    ...optionalText(root, 'description'),
    parameters,
    constants: Object.fromEntries(constants),
    phases,
  };
}

/** Parameters and constants are a list of maps with one name each. */
function namedList(root: YamlMap, member: string): [string, YamlMap][] {
  const list = root.members.get(member);
  if (!list) return [];
  if (list.kind !== 'list') throw new DocumentError(list, 'a list is expected');
  return list.items.map((item) => {
    const [only, ...others] = [...mapOf(item).members];
    if (!only || others.length > 0) throw new DocumentError(item, 'one name is expected');
    const [name, value] = only;
    if (!variablePattern.test(name)) {
      throw new DocumentError(value, 'a name has 3 to 128 letters, digits, _ or -');
    }
    return [name, mapOf(value)];
  });
}

function parameter(name: string, map: YamlMap): Parameter {
  allow(map, ['type', 'default', 'allowedValues', 'description']);
  checkType(map);
  const { default: fallback } = optionalText(map, 'default');
  const allowed = map.members.get('allowedValues');
  const allowedValues = allowed && textsIn(allowed);
  if (fallback !== undefined && allowedValues && !allowedValues.includes(fallback)) {
    throw new DocumentError(map, `the default of '${name}' is none of its allowedValues`);
  }
  return {
    name,
    ...(fallback !== undefined && { default: fallback }),
    ...(allowedValues && { allowedValues }),
    ...optionalText(map, 'description'),
  };
}

function checkType(map: YamlMap): void {
  const type = required(map, 'type');
  if (type.kind === 'text' && type.text === 'string') return;
  throw new DocumentError(type, "the only type is 'string'");
}

function phasesOf(list: YamlValue): Phase[] {
  if (list.kind !== 'list' || list.items.length === 0 || list.items.length > phasesMax) {
    throw new DocumentError(list, `a list of 1 to ${phasesMax} phases is expected`);
  }
  const phases = list.items.map((item) => {
    const map = mapOf(item);
    allow(map, ['name', 'steps']);
    const name = nameOf(map);
    const steps = required(map, 'steps');
    if (steps.kind !== 'list' || steps.items.length === 0) {
      throw new DocumentError(steps, 'a list of steps is expected');
    }
    return { name, steps: steps.items.map(mapOf), map };
  });
  checkUnique(phases.map(({ name, map }) => ({ name, at: map })));
  if (!phases.some(({ name }) => builtPhases.includes(name))) {
    throw new DocumentError(list, `one of the phases is ${builtPhases.join(', ')}`);
  }
  if (phases.flatMap(({ steps }) => steps).length > stepsMax) {
    throw new DocumentError(list, `a document has at most ${stepsMax} steps`);
  }
  for (const { steps } of phases) checkUnique(steps.map((map) => ({ name: nameOf(map), at: map })));
  const known = new Set(
    phases.flatMap(({ name, steps }) => steps.map((step) => `${name}.${nameOf(step)}`)),
  );
  const phaseNames = new Set(phases.map(({ name }) => name));
  for (const { steps } of phases) {
    for (const step of steps) checkReferences(step, known, phaseNames);
  }
  return phases.map(({ name, steps }) => ({ name, steps: steps.map(readStep) }));
}

/** Of a phase that there is, only steps that there are. */
function checkReferences(value: YamlValue, known: Set<string>, phases: Set<string>): void {
  if (value.kind === 'list') {
    for (const item of value.items) checkReferences(item, known, phases);
  } else if (value.kind === 'map') {
    for (const item of value.members.values()) checkReferences(item, known, phases);
  } else {
    for (const name of referencesIn(value.text)) {
      const step = stepReference(name)?.step;
      if (step === undefined || known.has(step) || !phases.has(step.split('.')[0] ?? '')) continue;
      throw new DocumentError(value, `{{ ${name} }} refers to no step of this document`);
    }
  }
}

const stepMembers = ['name', 'action', 'if', 'loop', 'onFailure', 'timeoutSeconds', 'maxAttempts'];

function readStep(map: YamlMap): Step {
  allow(map, [...stepMembers, 'inputs']);
  const action = actionNamed(required(map, 'action'));
  const inputs = map.members.get('inputs');
  if (isCommandAction(action)) checkInputs(action, inputs ?? none(map, action));
  else if (action === 'Assert') readCondition(required(map, 'inputs'));
  else if (action === 'ExecuteDocument') checkNested(required(map, 'inputs'));
  else checkRebootInputs(inputs);
  const condition = map.members.get('if');
  const loop = map.members.get('loop');
  return {
    name: nameOf(map),
    action,
    ...(condition && { if: conditional(condition) }),
    ...(loop && { loop: readLoop(mapOf(loop)) }),
    onFailure: oneOf(map, 'onFailure', ['Abort', 'Continue', 'Ignore']),
    timeoutSeconds: seconds(map),
    maxAttempts: integerIn(map, 'maxAttempts', { min: 1, max: attemptsMax, fallback: 1 }),
    inputs: inputs ? plain(inputs) : {},
    ...(action === 'Assert' && inputs && { assertion: readCondition(inputs) }),
  };
}

/** Of ExecuteDocument: which document, its phases, and what its parameters are. */
function checkNested(inputs: YamlValue): void {
  for (const item of inputs.kind === 'list' ? inputs.items : [inputs]) {
    const map = mapOf(item);
    allow(map, ['document', 'phases', 'parameters']);
    textIn(required(map, 'document'));
    const phases = map.members.get('phases');
    if (phases) textsIn(phases);
    const parameters = map.members.get('parameters');
    if (!parameters) continue;
    if (parameters.kind !== 'list') throw new DocumentError(parameters, 'a list is expected');
    for (const each of parameters.items.map(mapOf)) {
      allow(each, ['name', 'value']);
      textIn(required(each, 'name'));
      textIn(required(each, 'value'));
    }
  }
}

/** What needs no inputs need not say so. */
function none(map: YamlMap, action: CommandAction): YamlValue {
  const { required: needed }: Action = actions[action];
  return needed.length > 0 ? required(map, 'inputs') : { ...map, members: new Map() };
}

function checkRebootInputs(inputs: YamlValue | undefined): void {
  if (!inputs || (inputs.kind === 'text' && inputs.text === '')) return;
  const map = mapOf(inputs);
  allow(map, ['delaySeconds']);
  integerIn(map, 'delaySeconds', { min: 0, max: secondsMax, fallback: 0 });
}

function conditional(value: YamlValue): NonNullable<Step['if']> {
  const map = mapOf(value.kind === 'list' && value.items[0] ? value.items[0] : value);
  const decisions = ['Execute', 'Skip', 'Abort'] as const;
  return {
    condition: readCondition(value, ['then', 'else']),
    ifSo: oneOf(map, 'then', decisions),
    ifNot: map.members.has('else') ? oneOf(map, 'else', decisions) : 'Skip',
  };
}

function readLoop(map: YamlMap): Loop {
  allow(map, ['name', 'for', 'forEach']);
  const { name } = optionalText(map, 'name');
  const named = name === undefined ? {} : { name };
  const [counted, each] = [map.members.get('for'), map.members.get('forEach')];
  if (counted && !each) {
    const bounds = mapOf(counted);
    allow(bounds, ['start', 'end', 'updateBy']);
    const [start, end, updateBy] = ['start', 'end', 'updateBy'].map((member) =>
      textIn(required(bounds, member)),
    ) as [string, string, string];
    return { ...named, over: { start, end, updateBy } };
  }
  if (!each || counted) throw new DocumentError(map, "a loop has one of 'for' and 'forEach'");
  if (each.kind === 'list') return { ...named, over: { list: textsIn(each) } };
  const list = mapOf(each);
  allow(list, ['list', 'delimiter']);
  const delimiter = textIn(required(list, 'delimiter'));
  if (delimiter === '') throw new DocumentError(list, 'the delimiter is empty');
  return { ...named, over: { list: textIn(required(list, 'list')), delimiter } };
}

/** -1: without an end. */
function seconds(map: YamlMap): number {
  const fallback = usualTimeoutSeconds;
  const value = integerIn(map, 'timeoutSeconds', { min: -1, max: secondsMax, fallback });
  if (value !== 0) return value;
  throw new DocumentError(map, 'timeoutSeconds is at least 1, or -1');
}

function nameOf(map: YamlMap): string {
  const value = required(map, 'name');
  if (value.kind === 'text' && namePattern.test(value.text)) return value.text;
  throw new DocumentError(value, 'a name has 1 to 128 letters, digits, _ or -');
}

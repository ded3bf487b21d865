/**
 * Conditions of `if` and Assert: comparisons, and `and`, `or`, `not` of them. What a comparison
 * asks of the machine it asks as a command that succeeds or does not.
 */
import { DocumentError, type YamlMap, type YamlValue } from './yaml-tree.ts';

export type Condition =
  | { operator: 'and' | 'or'; conditions: Condition[] }
  | { operator: 'not'; condition: Condition }
  | Comparison;

/** `value` is also the path of the file whose sum is compared; empty where one text is all. */
export interface Comparison {
  operator: TextOperator | NumberOperator | FileOperator;
  text: string;
  value: string;
}

const textComparisons = [
  'stringEquals',
  'stringLessThan',
  'stringLessThanEquals',
  'stringGreaterThan',
  'stringGreaterThanEquals',
  'patternMatches',
] as const;
const textOperators = ['stringIsEmpty', 'stringIsWhitespace', ...textComparisons] as const;
const numberOperators = [
  'numberEquals',
  'numberLessThan',
  'numberLessThanEquals',
  'numberGreaterThan',
  'numberGreaterThanEquals',
] as const;
const sumOperators = [
  'fileMD5Equals',
  'fileSHA1Equals',
  'fileSHA256Equals',
  'fileSHA512Equals',
] as const;
const fileOperators = ['binaryExists', 'fileExists', 'folderExists', ...sumOperators] as const;

type TextOperator = (typeof textOperators)[number];
type NumberOperator = (typeof numberOperators)[number];
type FileOperator = (typeof fileOperators)[number];

/** AWS's. */
const depthMax = 4;
const patternMaxChars = 1000;

const includes = <T extends string>(list: readonly T[], name: string): name is T =>
  list.some((each) => each === name);

/** `besides`: members that are the caller's. */
export function readCondition(value: YamlValue, besides: readonly string[] = []): Condition {
  return conditionIn(value, besides, 1);
}

function conditionIn(value: YamlValue, besides: readonly string[], depth: number): Condition {
  if (value.kind === 'list' && value.items.length === 1 && depth === 1) {
    return conditionIn(value.items[0] as YamlValue, besides, depth);
  }
  if (value.kind !== 'map') throw new DocumentError(value, 'a comparison is expected');
  const names = [...value.members.keys()].filter((name) => !besides.includes(name));
  const operator = names.find((name) => name !== 'value' && name !== 'path') ?? '';
  const operand = value.members.get(operator);
  if (!operand) throw new DocumentError(value, 'a comparison is expected');
  const others = names.filter((name) => name !== operator);
  if (operator === 'and' || operator === 'or' || operator === 'not') {
    if (depth > depthMax) {
      throw new DocumentError(operand, `conditions are at most ${depthMax} deep in each other`);
    }
    refuse(value, others);
    if (operator === 'not') {
      return { operator, condition: conditionIn(operand, [], depth + 1) };
    }
    if (operand.kind !== 'list' || operand.items.length === 0) {
      throw new DocumentError(operand, `${operator} has a list of conditions`);
    }
    const conditions = operand.items.map((item) => conditionIn(item, [], depth + 1));
    return { operator, conditions };
  }
  return comparison(value, operator, others);
}

function comparison(map: YamlMap, operator: string, others: readonly string[]): Condition {
  const text = textOf(map, operator);
  const isSum = includes(sumOperators, operator);
  const isNumber = includes(numberOperators, operator);
  if (isSum || isNumber || includes(textComparisons, operator)) {
    const second = isSum ? 'path' : 'value';
    refuse(map, others, second);
    if (operator === 'patternMatches') checkPattern(map, text);
    return { operator, text, value: textOf(map, second) };
  }
  if (includes(textOperators, operator) || includes(fileOperators, operator)) {
    refuse(map, others);
    return { operator, text, value: '' };
  }
  throw new DocumentError(map, `there is no comparison '${operator}'`);
}

function refuse(map: YamlMap, names: readonly string[], allowed?: string): void {
  const unknown = names.find((name) => name !== allowed);
  if (unknown !== undefined) throw new DocumentError(map, `'${unknown}' is not expected here`);
}

function textOf(map: YamlMap, name: string): string {
  const value = map.members.get(name);
  if (value?.kind !== 'text') throw new DocumentError(value ?? map, `'${name}' is a text`);
  return value.text;
}

function checkPattern(map: YamlMap, pattern: string): void {
  if (pattern.length > patternMaxChars) throw new DocumentError(map, 'the pattern is too long');
}

/** A command that says by its exit code whether it is so. */
export type Ask = (argv: readonly string[]) => Promise<boolean>;

/** In the order in which they are written, and no further than needed. */
export async function holds(
  condition: Condition,
  resolve: (text: string) => string,
  ask: Ask,
): Promise<boolean> {
  if ('condition' in condition) return !(await holds(condition.condition, resolve, ask));
  if ('conditions' in condition) {
    const stopsAt = condition.operator === 'or';
    for (const each of condition.conditions) {
      if ((await holds(each, resolve, ask)) === stopsAt) return stopsAt;
    }
    return !stopsAt;
  }
  const { operator } = condition;
  const [text, value] = [resolve(condition.text), resolve(condition.value)];
  if (operator === 'patternMatches') return ask(matches(text, value));
  if (includes(fileOperators, operator)) return ask(question(operator, text, value));
  return includes(numberOperators, operator)
    ? comparedNumbers(operator, text, value)
    : comparedTexts(operator, text, value);
}

/** A pattern may take for ever: so the machine tries it. */
function matches(pattern: string, value: string): string[] {
  const extended = pattern
    .replace(/\[[^\]]*\]/g, (set) => set.replaceAll('\\d', '0-9'))
    .replaceAll('\\d', '[0-9]');
  return ['sh', '-c', 'printf "%s" "$2" | grep -Eq -e "$1"', 'sh', extended, value];
}

function comparedNumbers(operator: NumberOperator, text: string, value: string): boolean {
  const [base, variable] = [text, value].map((each) => (each.trim() === '' ? NaN : Number(each)));
  if (base === undefined || variable === undefined) return false;
  switch (operator) {
    case 'numberEquals':
      return variable === base;
    case 'numberLessThan':
      return base < variable;
    case 'numberLessThanEquals':
      return base <= variable;
    case 'numberGreaterThan':
      return base > variable;
    case 'numberGreaterThanEquals':
      return base >= variable;
  }
}

function comparedTexts(
  operator: Exclude<TextOperator, 'patternMatches'>,
  text: string,
  value: string,
): boolean {
  const [base, variable] = [text.toLowerCase(), value.toLowerCase()];
  switch (operator) {
    case 'stringIsEmpty':
      return text === '';
    case 'stringIsWhitespace':
      return /^\s+$/.test(text);
    case 'stringEquals':
      return text === value;
    case 'stringLessThan':
      return base < variable;
    case 'stringLessThanEquals':
      return base <= variable;
    case 'stringGreaterThan':
      return base > variable;
    case 'stringGreaterThanEquals':
      return base >= variable;
  }
}

const sums: Record<(typeof sumOperators)[number], string> = {
  fileMD5Equals: 'md5sum',
  fileSHA1Equals: 'sha1sum',
  fileSHA256Equals: 'sha256sum',
  fileSHA512Equals: 'sha512sum',
};

function question(operator: FileOperator, text: string, path: string): string[] {
  switch (operator) {
    case 'binaryExists':
      return ['sh', '-c', 'command -v -- "$1" > /dev/null', 'sh', text];
    case 'fileExists':
      return ['test', '-f', text];
    case 'folderExists':
      return ['test', '-d', text];
    default: {
      const script = '[ -f "$2" ] && [ "$("$1" < "$2" | cut -d " " -f 1)" = "$3" ]';
      return ['sh', '-c', script, 'sh', sums[operator], path, text.toLowerCase()];
    }
  }
}

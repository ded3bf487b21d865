/** Restic's rules as a form has them, and as the API and the command line are told. */
import type { Input } from '../api/wire.ts';
import { word } from './aws-cli.ts';

export type KeepRules = Omit<
  Input<'imago', 'ForgetBackups'>,
  'SourceId' | 'PolicyName' | 'Preview'
>;

export const counted = [
  'KeepLast',
  'KeepHourly',
  'KeepDaily',
  'KeepWeekly',
  'KeepMonthly',
  'KeepYearly',
] as const;

export const withinEach = [
  'KeepWithinHourly',
  'KeepWithinDaily',
  'KeepWithinWeekly',
  'KeepWithinMonthly',
  'KeepWithinYearly',
] as const;

const timed = ['KeepWithin', ...withinEach] as const;

/** As it is typed; of `KeepTags` an entry a line. */
export type Rules = Record<
  (typeof counted)[number] | (typeof timed)[number] | 'KeepTags' | 'Timezone',
  string
>;

export function rulesOf(keep: KeepRules): Rules {
  const typed = [...counted, ...timed].map((name) => [name, String(keep[name] ?? '')]);
  return {
    ...(Object.fromEntries(typed) as Omit<Rules, 'KeepTags' | 'Timezone'>),
    KeepTags: (keep.KeepTags ?? []).join('\n'),
    Timezone: keep.Timezone ?? '',
  };
}

export function hasRule({ Timezone: _, ...rules }: Rules): boolean {
  return Object.values(rules).some((text) => text.trim() !== '');
}

export function keepOf(rules: Rules): KeepRules {
  const isSaid = (name: keyof Rules) => rules[name].trim() !== '';
  const entries = linesOf(rules.KeepTags);
  return {
    ...Object.fromEntries(counted.filter(isSaid).map((name) => [name, Number(rules[name])])),
    ...Object.fromEntries(timed.filter(isSaid).map((name) => [name, rules[name].trim()])),
    ...(entries.length > 0 && { KeepTags: entries }),
    ...(isSaid('Timezone') && { Timezone: rules.Timezone.trim() }),
  };
}

export const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Of `bin/imago`. */
export function optionsOf({ KeepTags = [], ...rules }: KeepRules): string[] {
  const options = Object.entries(rules).map(
    ([name, value]) =>
      `--${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()} ${word(String(value))}`,
  );
  return [...options, ...KeepTags.map((entry) => `--keep-tag ${word(entry)}`)];
}

export const forgetCommand = (sourceId: string, keep: KeepRules) =>
  [`bin/imago backups forget ${word(sourceId)}`, ...optionsOf(keep)].join(' \\\n  ');

/** Restic's rules as a form has them, and as the API and the command line are told. */
import type { Input } from '../../api/wire.ts';
import { word } from '../../parts/aws-cli.ts';

type Request = Input<'imago', 'ForgetBackups'>;

export const counted = [
  'KeepLast',
  'KeepHourly',
  'KeepDaily',
  'KeepWeekly',
  'KeepMonthly',
  'KeepYearly',
] as const;

export type Rules = Record<(typeof counted)[number] | 'KeepWithin' | 'Timezone', string>;

export const noRules = (Timezone: string): Rules => ({
  ...{ KeepLast: '', KeepHourly: '', KeepDaily: '', KeepWeekly: '', KeepMonthly: '' },
  ...{ KeepYearly: '', KeepWithin: '', Timezone },
});

export function hasRule(rules: Rules): boolean {
  return [...counted, 'KeepWithin' as const].some((name) => rules[name].trim() !== '');
}

export function requestOf(SourceId: string, rules: Rules): Request {
  const given = counted.filter((name) => rules[name].trim() !== '');
  return {
    SourceId,
    ...Object.fromEntries(given.map((name) => [name, Number(rules[name])])),
    ...(rules.KeepWithin.trim() && { KeepWithin: rules.KeepWithin.trim() }),
    ...(rules.Timezone.trim() && { Timezone: rules.Timezone.trim() }),
  };
}

export function commandOf({ SourceId, ...rules }: Request): string {
  const options = Object.entries(rules).map(
    ([name, value]) =>
      `--${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()} ${word(String(value))}`,
  );
  return [`bin/imago backups forget ${word(SourceId)}`, ...options].join(' \\\n  ');
}

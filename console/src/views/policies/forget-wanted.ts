/**
 * What is wanted of a policy that forgets, as the form has it, and the request that comes of it: all
 * that there is to say, as it is said anew each time.
 */
import type { Input, Output } from '../../api/wire.ts';
import { word } from '../../parts/aws-cli.ts';
import { keepOf, linesOf, optionsOf, type Rules, rulesOf } from '../../parts/keep-rules.ts';
import { readTags } from '../../parts/read-tags.ts';
import { forgetPoliciesText as text } from '../../text/policies.ts';

export type ForgetPolicy = Output<'imago', 'DescribeForgetPolicies'>['Policies'][number];
export type ForgetRequest = Input<'imago', 'PutForgetPolicy'>;

export interface WantedForget {
  name: string;
  isEnabled: boolean;
  /** Lines of `key=value`. */
  tags: string;
  /** Lines of ids. */
  sources: string;
  rules: Rules;
  isDaily: boolean;
  /** Of the day, in the time zone of the rules. */
  time: string;
  expression: string;
}

const usual = { time: '04:30', expression: 'cron(30 4 * * ? *)' };

export const newForget = (Timezone: string): WantedForget => ({
  ...{ name: '', isEnabled: true, tags: '', sources: '' },
  rules: rulesOf({ KeepDaily: 7, KeepWeekly: 5, KeepMonthly: 12, Timezone }),
  ...{ isDaily: true, ...usual },
});

export function wantedOf(policy: ForgetPolicy): WantedForget {
  const { PolicyName: name, Enabled, SourceIds = [], TargetTags = [], Schedule } = policy;
  const time = dailyTime(Schedule);
  return {
    ...{ name, isEnabled: Enabled },
    tags: TargetTags.map(({ Key, Value }) => `${Key}=${Value}`).join('\n'),
    sources: SourceIds.join('\n'),
    rules: rulesOf(policy),
    ...{ isDaily: time !== undefined, time: time ?? usual.time, expression: Schedule },
  };
}

export function requestOf(wanted: WantedForget): ForgetRequest {
  const SourceIds = linesOf(wanted.sources);
  const TargetTags = readTags(wanted.tags);
  return {
    PolicyName: wanted.name,
    ...(SourceIds.length > 0 && { SourceIds }),
    ...(TargetTags.length > 0 && { TargetTags }),
    ...keepOf(wanted.rules),
    Schedule: scheduleOf(wanted),
    Enabled: wanted.isEnabled,
  };
}

/** The same policy at rest, or no longer so. */
export function toggled({ NextRunTime: _, LastRun: __, ...said }: ForgetPolicy): ForgetRequest {
  return { ...said, Enabled: !said.Enabled };
}

export type When = Pick<WantedForget, 'isDaily' | 'time' | 'expression'>;

export function scheduleOf({ isDaily, time, expression }: When): string {
  if (!isDaily) return expression;
  const [hours = '', minutes = ''] = time.split(':');
  return `cron(${Number(minutes)} ${Number(hours)} * * ? *)`;
}

/** Of a schedule that is once a day. */
export function dailyTime(expression: string): string | undefined {
  const daily = /^cron\((\d{1,2}) (\d{1,2}) (?:\* \* \?|\? \* \*) \*\)$/;
  const [, minutes, hours] = daily.exec(expression) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  return `${hours.padStart(2, '0')}:${minutes.padStart(2, '0')}`;
}

export function whenWords({
  Schedule,
  Timezone = 'UTC',
}: Pick<ForgetPolicy, 'Schedule' | 'Timezone'>): string {
  const time = dailyTime(Schedule);
  return time === undefined ? `${Schedule} ${Timezone}` : text.daily(time, Timezone);
}

export function putCommand(request: ForgetRequest): string {
  const { PolicyName, SourceIds = [], TargetTags = [], Schedule = '', Enabled, ...keep } = request;
  const [, count, unit] = /^rate\((\d+) ([mhd])\w+\)$/.exec(Schedule) ?? [];
  return [
    `bin/imago backups policies put ${word(PolicyName)}`,
    ...SourceIds.map((id) => `--source ${word(id)}`),
    ...TargetTags.map(({ Key, Value }) => `--tag ${word(`${Key}=${Value}`)}`),
    ...optionsOf(keep),
    count ? `--every ${count}${unit}` : `--cron ${word(Schedule)}`,
    ...(Enabled === false ? ['--disabled'] : []),
  ].join(' \\\n  ');
}

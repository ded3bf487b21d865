/** `imago backups simulate`: what a policy comes to, as a calendar. */
import { readFile } from 'node:fs/promises';
import type { SimulateBackupsRequest, SimulateBackupsResult } from '../../api/imago-simulate.ts';
import type { Wire } from '../../api/wire.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { calendarLines } from '../backup-calendar.ts';
import { byteSizeOf } from '../byte-size.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { type KeepOptions, keepRulesOf } from '../keep-rules.ts';
import { minuteOf } from '../moment.ts';
import type { Output } from '../output.ts';

export interface SimulateOptions extends KeepOptions {
  policy?: string;
  details?: string;
  every?: string;
  cron?: string;
  forget?: string;
  forgetEvery?: string;
  forgetCron?: string;
  source?: string;
  start?: string;
  days?: string;
  size?: string;
  change?: string;
}

const usualGiB = 8;
const mib = 1024 ** 2;
const units = { m: 'minute', h: 'hour', d: 'day' };

export async function backupsSimulateCommand(
  context: CommandContext,
  options: SimulateOptions,
): Promise<void> {
  const { output } = context;
  const asked = await requestOf(options);
  const answer = await connect(context).imago('SimulateBackups', asked);
  if (output.json) return output.document(answer);
  printSimulation(output, answer);
}

export function printSimulation(output: Output, answer: Wire<SimulateBackupsResult>): void {
  const paint: Output['style'] = (style, text) => output.style(style, text);
  const { Days: days, Left: left } = answer;
  for (const line of calendarLines(days, { columns: output.columns, paint })) output.line(line);
  output.line();
  const [from, to] = [days[0]?.Date, days.at(-1)?.Date];
  output.line(`${from} to ${to}: ${answer.Made} made, ${answer.Removed} removed again.`);
  const most = answer.MostKept > answer.Kept ? `, ${answer.MostKept} at most` : '';
  output.line(`Kept at the end: ${answer.Kept}${most}.`);
  const peak = answer.MostBytes > answer.Bytes ? `, ${formatBytes(answer.MostBytes)} at most` : '';
  output.line(`Bytes, before they are compressed: about ${formatBytes(answer.Bytes)}${peak}.`);
  output.line(diskLine(answer.Disk));
  for (const { Region, Made, Removed, Kept, Bytes } of answer.Copies) {
    const kept = `${Kept} kept, about ${formatBytes(Bytes)} where none of it is there yet`;
    output.line(`Copies in ${Region}: ${Made} made, ${Removed} removed again; ${kept}.`);
  }
  if (left.length === 0) return;
  output.line();
  output.table(
    ['TAKEN', 'WHY IT IS KEPT'],
    left.map(({ CreateTime, Reasons, IsArchived }) => [
      minuteOf(CreateTime),
      [
        ...(Reasons.length > 0 ? Reasons : ['until the policy forgets again']),
        ...(IsArchived ? ['archived'] : []),
      ].join(', '),
    ]),
  );
}

/** What the bytes are reckoned by, and from where that is. */
function diskLine(disk: Wire<SimulateBackupsResult>['Disk']): string {
  const { SizeBytes, SizeFrom, DailyChangeBytes, DailyChangeFrom, ComparedBackups } = disk;
  const from = {
    request: 'as you said',
    backups: 'by its last backup',
    assumed: 'assumed',
  };
  const changed =
    DailyChangeFrom === 'backups'
      ? `by its last ${ComparedBackups} backups`
      : from[DailyChangeFrom];
  return (
    `They are for ${formatBytes(SizeBytes)} in use (${from[SizeFrom]}), ` +
    `of which ${formatBytes(DailyChangeBytes)} are written anew each day (${changed}).`
  );
}

async function requestOf(options: SimulateOptions): Promise<SimulateBackupsRequest> {
  const makers = [options.policy, options.details, options.every, options.cron];
  if (makers.filter((each) => each !== undefined).length !== 1) {
    throw new CommandError(
      'What makes backups is not said, or said twice.',
      'Give one of --policy, --details, --every and --cron.',
      2,
    );
  }
  const sizeGiB = numberOf('--size', options.size);
  const { forget, forgetEvery, forgetCron } = options;
  if (options.source !== undefined && sizeGiB === undefined && options.change?.endsWith('%')) {
    throw new CommandError(
      `--change ${options.change} is of a size that only the backups of ${options.source} tell.`,
      'Give --size too, or the change as bytes, such as 80M.',
      2,
    );
  }
  return {
    PolicyId: options.policy,
    PolicyDetails: options.details === undefined ? undefined : await detailsIn(options.details),
    Schedule: scheduleOf(options),
    ...keepRulesOf(options),
    ForgetPolicyName: forget,
    ForgetSchedule: scheduleOf({ every: forgetEvery, cron: forgetCron }),
    SourceId: options.source,
    StartTime: startOf(options.start),
    Days: numberOf('--days', options.days),
    SizeGiB: sizeGiB,
    DailyChangeMiB: changeOf(options.change, sizeGiB ?? usualGiB),
  };
}

async function detailsIn(file: string): Promise<SimulateBackupsRequest['PolicyDetails']> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandError(`${file} cannot be read: ${error.message}.`);
  });
  try {
    const details: unknown = JSON.parse(text);
    if (typeof details === 'object' && details !== null && !Array.isArray(details)) return details;
    throw new Error('it is no object');
  } catch (error) {
    const why = (error as Error).message;
    throw new CommandError(
      `${file} has no PolicyDetails as JSON: ${why}.`,
      'Give PolicyDetails alone.',
      2,
    );
  }
}

export function scheduleOf({
  every,
  cron,
}: Pick<SimulateOptions, 'every' | 'cron'>): string | undefined {
  if (every !== undefined && cron !== undefined) {
    throw new CommandError(
      'The times are said twice.',
      'Say them by an interval, or by six fields.',
      2,
    );
  }
  if (cron !== undefined) return cron.startsWith('cron(') ? cron : `cron(${cron})`;
  if (every === undefined) return undefined;
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(every) ?? [];
  if (!count || !unit) {
    throw new CommandError(`--every ${every} is no time.`, 'Give one such as 30m, 6h or 1d.', 2);
  }
  const name = units[unit as keyof typeof units];
  return `rate(${count} ${name}${count === '1' ? '' : 's'})`;
}

export function changeOf(text: string | undefined, sizeGiB: number): number | undefined {
  if (text === undefined) return undefined;
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent !== undefined) return Math.round((sizeGiB * 1024 * Number(percent)) / 100);
  if (text.endsWith('%')) {
    throw new CommandError(`--change ${text} is no share of a disk.`, 'Give one such as 1%.', 2);
  }
  return Math.round(byteSizeOf('--change', text) / mib);
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CommandError(
    `${option} ${text} is not a whole number of at most six digits.`,
    undefined,
    2,
  );
}

function startOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new CommandError(`--start ${text} is no date.`, 'Give one such as 2027-01-01.', 2);
}

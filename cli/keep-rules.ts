/** Restic's rules as options of commands. */
import type { KeepRules } from '../api/imago-keep-rules.ts';
import { CommandError } from './command-error.ts';

export interface KeepOptions {
  keepLast?: string;
  keepHourly?: string;
  keepDaily?: string;
  keepWeekly?: string;
  keepMonthly?: string;
  keepYearly?: string;
  keepWithin?: string;
  keepWithinHourly?: string;
  keepWithinDaily?: string;
  keepWithinWeekly?: string;
  keepWithinMonthly?: string;
  keepWithinYearly?: string;
  keepTag?: string[];
  timezone?: string;
}

export function keepRulesOf(options: KeepOptions): KeepRules {
  const { timezone = Intl.DateTimeFormat().resolvedOptions().timeZone } = options;
  return {
    KeepLast: countOf(options.keepLast),
    KeepHourly: countOf(options.keepHourly),
    KeepDaily: countOf(options.keepDaily),
    KeepWeekly: countOf(options.keepWeekly),
    KeepMonthly: countOf(options.keepMonthly),
    KeepYearly: countOf(options.keepYearly),
    KeepWithin: options.keepWithin,
    KeepWithinHourly: options.keepWithinHourly,
    KeepWithinDaily: options.keepWithinDaily,
    KeepWithinWeekly: options.keepWithinWeekly,
    KeepWithinMonthly: options.keepWithinMonthly,
    KeepWithinYearly: options.keepWithinYearly,
    KeepTags: options.keepTag,
    Timezone: timezone,
  };
}

/** The other way round, in short: `daily 7, weekly 5, within-daily 1m`. */
export function keptBy(rules: KeepRules): string {
  const { KeepTags: tags = [], Timezone: _, ...said } = rules;
  const counts = Object.entries(said).flatMap(([member, value]) => {
    const [, rule] = /^Keep([A-Z].*)$/.exec(member) ?? [];
    if (rule === undefined || value === undefined || value === 0) return [];
    const name = rule.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    return [`${name} ${value === -1 ? 'unlimited' : value}`];
  });
  return [...counts, ...tags.map((each) => `tag ${each}`)].join(', ');
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'unlimited') return -1;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const message = `${text} is no number of backups.`;
  throw new CommandError(message, 'Give a number, or "unlimited".', 2);
}

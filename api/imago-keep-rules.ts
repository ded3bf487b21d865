/** Restic's rules, as members of what speaks of them in Imago's own contract (imago.ts). */
export const keepRules = {
  KeepLast: 'number',
  KeepHourly: 'number',
  KeepDaily: 'number',
  KeepWeekly: 'number',
  KeepMonthly: 'number',
  KeepYearly: 'number',
  KeepWithin: 'string',
  KeepWithinHourly: 'string',
  KeepWithinDaily: 'string',
  KeepWithinWeekly: 'string',
  KeepWithinMonthly: 'string',
  KeepWithinYearly: 'string',
  KeepTags: 'StringList',
  Timezone: 'string',
} as const;

/**
 * Restic's rules; at least one is to be given.
 * https://restic.readthedocs.io/en/stable/060_forget.html
 */
export interface KeepRules {
  /** The newest so many; of each rule -1 is without limit. */
  KeepLast?: number;
  /** Of the last so many hours, days, … that have a backup, the newest. */
  KeepHourly?: number;
  KeepDaily?: number;
  KeepWeekly?: number;
  KeepMonthly?: number;
  KeepYearly?: number;
  /** As `1y5m7d2h`: what is not older than that before the newest. */
  KeepWithin?: string;
  /** Of each hour, day, … within that time before the newest, the newest. */
  KeepWithinHourly?: string;
  KeepWithinDaily?: string;
  KeepWithinWeekly?: string;
  KeepWithinMonthly?: string;
  KeepWithinYearly?: string;
  /** `key=value`, or several of them with commas: what has all tags of one entry. */
  KeepTags?: string[];
  /** In which hours and days begin, such as `Europe/Vienna`; absent: UTC. */
  Timezone?: string;
}

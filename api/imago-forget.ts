/** The part of Imago's own contract (imago.ts) that forgets backups by restic's rules. */
import type { ServiceModel } from './model.ts';

export const forgetShapes = {
  ForgetBackupsRequest: {
    members: {
      SourceId: 'string',
      KeepLast: 'number',
      KeepHourly: 'number',
      KeepDaily: 'number',
      KeepWeekly: 'number',
      KeepMonthly: 'number',
      KeepYearly: 'number',
      KeepWithin: 'string',
      KeepTags: 'StringList',
      Timezone: 'string',
      Preview: 'boolean',
    },
    required: ['SourceId'],
  },
  ForgetBackupsResult: { members: { Backups: 'ForgottenBackupList' } },
  ForgottenBackupList: { list: 'ForgottenBackup', xml: 'item' },
  ForgottenBackup: {
    members: {
      BackupId: 'string',
      CreateTime: 'timestamp',
      State: 'string',
      Fate: 'string',
      Reasons: 'StringList',
      Problem: 'string',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const forgetOperations = {
  ForgetBackups: {
    input: 'ForgetBackupsRequest',
    output: 'ForgetBackupsResult',
    http: { input: { SourceId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const forgetRoutes = {
  ForgetBackups: 'POST /imago/backup-sources/{SourceId}/forget',
} as const;

/**
 * Restic's rules, for the backups of one source in the caller's region: kept is what a rule keeps,
 * what is pending or shared with others, and the last good ones; all else goes, be it made by a policy or by hand. At
 * least one rule is to be given. https://restic.readthedocs.io/en/stable/060_forget.html
 */
export interface ForgetBackupsRequest {
  /** An instance or a volume, be it gone. */
  SourceId: string;
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
  /** `key=value`, or several of them with commas: what has all tags of one entry. */
  KeepTags?: string[];
  /** In which hours and days begin, such as `Europe/Vienna`; absent: UTC. */
  Timezone?: string;
  /** Tells all of it, and removes nothing. */
  Preview?: boolean;
}

export interface ForgetBackupsResult {
  /** The newest first. */
  Backups: ForgottenBackup[];
}

export interface ForgottenBackup {
  BackupId: string;
  CreateTime: Date;
  State: string;
  /** `refused`: it was to be removed, and is protected, locked, in use or a recovery point. */
  Fate: 'kept' | 'removed' | 'refused';
  /** Why it is kept, in restic's words. */
  Reasons: string[];
  /** Why it could not be removed. */
  Problem?: string;
}

export interface ForgetInputs {
  ForgetBackups: ForgetBackupsRequest;
}

export interface ForgetOutputs {
  ForgetBackups: ForgetBackupsResult;
}

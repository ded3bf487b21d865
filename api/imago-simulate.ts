/**
 * The part of Imago's own contract (imago.ts) that foretells what a backup policy comes to.
 *
 * `SimulateBackups` (POST /imago/simulated-backups) changes nothing. What makes backups is said in
 * one of three ways: `PolicyId` (a policy of the Data Lifecycle Manager that is there),
 * `PolicyDetails` (one that is not there yet, as CreateLifecyclePolicy has it, held to the same
 * rules) or `Schedule` (`cron(…)` or `rate(…)`). What is removed is decided by that policy's own
 * rules, and by restic's: those of a policy that forgets (`ForgetPolicyName`), at its times, be it
 * at rest or not; or `Keep…`, at the times of `ForgetSchedule` or after each backup. It begins
 * without any backup, and all that are made are whole.
 *
 *   { PolicyDetails: {…}, Days: 365, SizeGiB: 8, DailyChangeMiB: 80 }
 *   { Schedule: 'rate(1 day)', KeepDaily: 7, KeepWeekly: 5, KeepMonthly: 12 }
 *     -> { Days: [{ Date: '2026-11-26', Made: 1, Removed: 0, Archived: 0, Kept: 1, Left: 0,
 *                   Bytes: 8589934592, Schedules: [{ Name: 'rate(1 day)', Made: 1, Kept: 1 }] }, …],
 *          Left: [{ CreateTime, Schedules: ['rate(1 day)'], IsArchived: false,
 *                   Reasons: ['daily snapshot'] }, …],
 *          Made: 365, Removed: 342, Kept: 23, Bytes, MostKept, MostBytes, StartTime,
 *          Copies: [{ Region: 'eu-west-1', Made: 365, Removed: 358, Kept: 7, MostKept: 7, Bytes }],
 *          Disk: { SizeBytes, SizeFrom: 'backups', DailyChangeBytes, DailyChangeFrom: 'assumed' } }
 *
 * Days are those of `Timezone`, the first and the last of them whole or not. What a policy copies
 * into other regions is there by its own rules, and none of restic's; it is counted apart, as if no
 * block were in the store already. With `SourceId` the figures of a disk are those of that source's
 * last backups in the region: what is in use, and what their block maps differ in. `Disk` says what
 * each figure is from: the `request`, `backups`, or `assumed`. Bytes are an estimate:
 * the first backup has all of `SizeGiB`; each day `DailyChangeMiB` of it are overwritten at random
 * places; between two backups that are kept the store has the union of what was changed, however
 * many between them are gone. Compression and deltas make it less, and so do machines that write
 * the same blocks again and again. What is in the archive is counted as a whole disk.
 */
import { dlmModel } from './generated/dlm.ts';
import type { PolicyDetails } from './generated/dlm-types.ts';
import { type KeepRules, keepRules } from './imago-keep-rules.ts';
import type { ServiceModel } from './model.ts';

export const simulateShapes = {
  /** Of which PolicyDetails are made; none of their names is another's here. */
  ...dlmModel.shapes,
  SimulateBackupsRequest: {
    members: {
      PolicyId: 'string',
      PolicyDetails: 'PolicyDetails',
      Schedule: 'string',
      ...keepRules,
      ForgetPolicyName: 'string',
      ForgetSchedule: 'string',
      SourceId: 'string',
      StartTime: 'timestamp',
      Days: 'number',
      SizeGiB: 'number',
      DailyChangeMiB: 'number',
    },
  },
  SimulateBackupsResult: {
    members: {
      StartTime: 'timestamp',
      NextTime: 'timestamp',
      Made: 'number',
      Removed: 'number',
      Kept: 'number',
      Bytes: 'number',
      MostKept: 'number',
      MostBytes: 'number',
      Days: 'SimulatedDayList',
      Left: 'SimulatedBackupList',
      Copies: 'SimulatedCopiesList',
      Disk: 'SimulatedDisk',
    },
  },
  SimulatedCopiesList: { list: 'SimulatedCopies', xml: 'item' },
  SimulatedCopies: {
    members: {
      Region: 'string',
      Made: 'number',
      Removed: 'number',
      Kept: 'number',
      MostKept: 'number',
      Bytes: 'number',
    },
  },
  SimulatedDisk: {
    members: {
      SizeBytes: 'number',
      SizeFrom: 'string',
      DailyChangeBytes: 'number',
      DailyChangeFrom: 'string',
      ComparedBackups: 'number',
    },
  },
  SimulatedDayList: { list: 'SimulatedDay', xml: 'item' },
  SimulatedDay: {
    members: {
      Date: 'string',
      Made: 'number',
      Removed: 'number',
      Archived: 'number',
      Kept: 'number',
      Bytes: 'number',
      Left: 'number',
      CopiesKept: 'number',
      CopiesBytes: 'number',
      Schedules: 'SimulatedScheduleList',
    },
  },
  SimulatedScheduleList: { list: 'SimulatedSchedule', xml: 'item' },
  SimulatedSchedule: { members: { Name: 'string', Made: 'number', Kept: 'number' } },
  SimulatedBackupList: { list: 'SimulatedBackup', xml: 'item' },
  SimulatedBackup: {
    members: {
      CreateTime: 'timestamp',
      Schedules: 'StringList',
      IsArchived: 'boolean',
      Reasons: 'StringList',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const simulateOperations = {
  SimulateBackups: { input: 'SimulateBackupsRequest', output: 'SimulateBackupsResult' },
} as const satisfies ServiceModel['operations'];

export const simulateRoutes = { SimulateBackups: 'POST /imago/simulated-backups' } as const;

/** Exactly one of PolicyId, PolicyDetails and Schedule; rules are needed with a Schedule. */
export interface SimulateBackupsRequest extends KeepRules {
  PolicyId?: string;
  PolicyDetails?: PolicyDetails;
  /** `cron(0 3 * * ? *)`, in `Timezone`, or `rate(6 hours)`. */
  Schedule?: string;
  /** In place of rules: those of that policy, at its times. */
  ForgetPolicyName?: string;
  /** As `Schedule`: when the rules are applied; after each backup when absent. */
  ForgetSchedule?: string;
  /** An instance or a volume, be it gone, by whose backups the disk is judged. */
  SourceId?: string;
  /** Now when absent. */
  StartTime?: Date;
  /** From 1 to 366; 365 when absent. */
  Days?: number;
  /** What is in use on the disks of the machine; as the source's backups tell, or 8 when absent. */
  SizeGiB?: number;
  /** As the source's backups tell, or a hundredth of the size when absent; never more than it. */
  DailyChangeMiB?: number;
}

export interface SimulateBackupsResult {
  StartTime: Date;
  /** When a backup is due for the first time after StartTime, be it after those days; absent: never. */
  NextTime?: Date;
  Made: number;
  Removed: number;
  /** At the end. */
  Kept: number;
  /** At the end; an estimate, as all bytes here. */
  Bytes: number;
  /** At the end of the day at which they were most. */
  MostKept: number;
  MostBytes: number;
  /** All of them in order, those on which nothing happens too. */
  Days: SimulatedDay[];
  /** At the end, the newest first. */
  Left: SimulatedBackup[];
  /** Those of a policy in other regions, by their names. */
  Copies: SimulatedCopies[];
  Disk: SimulatedDisk;
}

export interface SimulatedCopies {
  Region: string;
  Made: number;
  Removed: number;
  /** At the end. */
  Kept: number;
  MostKept: number;
  Bytes: number;
}

/** By which bytes were estimated. */
export interface SimulatedDisk {
  SizeBytes: number;
  SizeFrom: 'request' | 'backups' | 'assumed';
  DailyChangeBytes: number;
  DailyChangeFrom: 'request' | 'backups' | 'assumed';
  /** Where the change is from backups: so many of them. */
  ComparedBackups?: number;
}

export interface SimulatedDay {
  /** `2026-11-26`. */
  Date: string;
  Made: number;
  Removed: number;
  /** That went into the archive. */
  Archived: number;
  /** At the end of the day, those in the archive too. */
  Kept: number;
  Bytes: number;
  /** Of those that were made on the day, how many are there at the end of all days. */
  Left: number;
  /** In all other regions, at the end of the day. */
  CopiesKept: number;
  CopiesBytes: number;
  Schedules: SimulatedSchedule[];
}

export interface SimulatedSchedule {
  Name: string;
  Made: number;
  Kept: number;
}

export interface SimulatedBackup {
  CreateTime: Date;
  Schedules: string[];
  IsArchived: boolean;
  /** The schedules that keep it, or restic's reasons; none: it is to be forgotten next time. */
  Reasons: string[];
}

export interface SimulateInputs {
  SimulateBackups: SimulateBackupsRequest;
}

export interface SimulateOutputs {
  SimulateBackups: SimulateBackupsResult;
}

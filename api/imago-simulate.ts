/**
 * The part of Imago's own contract (imago.ts) that foretells what a backup policy comes to.
 *
 * `SimulateBackups` (POST /imago/simulated-backups) changes nothing. What makes backups is said in
 * one of three ways: `PolicyId` (a policy of the Data Lifecycle Manager that is there),
 * `PolicyDetails` (one that is not there yet, as CreateLifecyclePolicy has it, held to the same
 * rules) or `Schedule` (`cron(…)` or `rate(…)`). What is removed is decided by that policy's own
 * rules, and by restic's (`Keep…`), which are applied after each backup. It begins without any
 * backup, and all that are made are whole.
 *
 *   { PolicyDetails: {…}, Days: 365, SizeGiB: 8, DailyChangeMiB: 80 }
 *   { Schedule: 'rate(1 day)', KeepDaily: 7, KeepWeekly: 5, KeepMonthly: 12 }
 *     -> { Days: [{ Date: '2026-11-26', Made: 1, Removed: 0, Archived: 0, Kept: 1, Left: 0,
 *                   Bytes: 8589934592, Schedules: [{ Name: 'rate(1 day)', Made: 1, Kept: 1 }] }, …],
 *          Left: [{ CreateTime, Schedules: ['rate(1 day)'], IsArchived: false,
 *                   Reasons: ['daily snapshot'] }, …],
 *          Made: 365, Removed: 342, Kept: 23, Bytes, MostKept, MostBytes, StartTime }
 *
 * Days are those of `Timezone`, the first and the last of them whole or not. Bytes are an estimate:
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
  /** Now when absent. */
  StartTime?: Date;
  /** From 1 to 366; 365 when absent. */
  Days?: number;
  /** What is in use on the disks of the machine; 8 when absent. */
  SizeGiB?: number;
  /** A hundredth of the size when absent; never more than it. */
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
  /** The schedules that keep it, or restic's reasons. */
  Reasons: string[];
}

export interface SimulateInputs {
  SimulateBackups: SimulateBackupsRequest;
}

export interface SimulateOutputs {
  SimulateBackups: SimulateBackupsResult;
}

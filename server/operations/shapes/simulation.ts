/** What a simulation came to, as it is answered. */
import type { SimulateBackupsResult } from '../../../api/imago-simulate.ts';
import type { Simulation } from '../../domain/backups/simulation.ts';
import type { SimulatedDisk } from '../requests/simulated-disk.ts';

export function simulationShape(
  { firstAt, days, left, copies }: Simulation,
  { startAt, disk }: { startAt: Date; disk: SimulatedDisk },
): SimulateBackupsResult {
  const sum = (of: 'made' | 'removed') => days.reduce((total, day) => total + day[of], 0);
  const most = (of: 'kept' | 'bytes') => Math.max(...days.map((day) => day[of]));
  return {
    StartTime: startAt,
    NextTime: firstAt === undefined ? undefined : new Date(firstAt),
    Made: sum('made'),
    Removed: sum('removed'),
    Kept: left.length,
    Bytes: days.at(-1)?.bytes ?? 0,
    MostKept: most('kept'),
    MostBytes: most('bytes'),
    Days: days.map((day) => ({
      Date: day.date,
      Made: day.made,
      Removed: day.removed,
      Archived: day.archived,
      Kept: day.kept,
      Bytes: day.bytes,
      Left: day.left,
      CopiesKept: day.copies.kept,
      CopiesBytes: day.copies.bytes,
      Schedules: day.schedules.map(({ name, made, kept }) => ({
        Name: name,
        Made: made,
        Kept: kept,
      })),
    })),
    Left: left.map(({ backup, reasons }) => ({
      CreateTime: new Date(backup.createdAt),
      Schedules: [...backup.schedules],
      IsArchived: backup.archivedAt !== undefined,
      Reasons: reasons,
    })),
    Copies: copies.map((each) => ({
      Region: each.region,
      Made: each.made,
      Removed: each.removed,
      Kept: each.kept,
      MostKept: each.mostKept,
      Bytes: each.bytes,
    })),
    Disk: {
      SizeBytes: disk.sizeBytes,
      SizeFrom: disk.sizeFrom,
      DailyChangeBytes: disk.changedBytesPerDay,
      DailyChangeFrom: disk.changeFrom,
      ComparedBackups: disk.compared,
    },
  };
}

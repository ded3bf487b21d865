/** A backup as the API tells of it, and what each day of a source has of them. */
import type { Output } from '../../api/wire.ts';
import { type Day, dayOf } from '../../parts/days.ts';

export type Backup = Output<'imago', 'ListBackups'>['Backups'][number];

export const isWhole = ({ State }: Pick<Backup, 'State'>) =>
  State === 'available' || State === 'completed';

/** The guest held still, or no machine had the volume. */
const isSettled = ({ Consistency }: Backup) =>
  Consistency === 'application' || Consistency === 'at-rest';

export interface DayFigures {
  /** All of the day, whatever became of them. */
  made: number;
  whole: number;
  /** Of the whole ones those that nobody was writing to. */
  settled: number;
  pending: number;
  /** Neither whole nor on the way to be: failed, or disabled. */
  failed: number;
  /** Of the drill that ended last. */
  drill?: 'passed' | 'failed';
  drilledAt?: string;
}

const none: DayFigures = { made: 0, whole: 0, settled: 0, pending: 0, failed: 0 };

/** Days without any are not there. */
export function figuresByDay(backups: readonly Backup[]): Map<Day, DayFigures> {
  const days = new Map<Day, DayFigures>();
  for (const backup of backups) {
    const day = dayOf(backup.CreateTime);
    days.set(day, withBackup(days.get(day) ?? none, backup));
  }
  return days;
}

function withBackup(figures: DayFigures, backup: Backup): DayFigures {
  const whole = isWhole(backup);
  const pending = backup.State === 'pending';
  const drill = backup.LastDrill;
  const isNewer = drill !== undefined && drill.EndTime > (figures.drilledAt ?? '');
  return {
    made: figures.made + 1,
    whole: figures.whole + Number(whole),
    settled: figures.settled + Number(whole && isSettled(backup)),
    pending: figures.pending + Number(pending),
    failed: figures.failed + Number(!whole && !pending),
    drill: isNewer ? drill.Verdict : figures.drill,
    drilledAt: isNewer ? drill.EndTime : figures.drilledAt,
  };
}

export type Look = 'whole' | 'partly' | 'busy' | 'bad';

export function lookOf({ whole, settled, pending }: DayFigures): Look {
  if (whole > 0) return settled === whole ? 'whole' : 'partly';
  return pending > 0 ? 'busy' : 'bad';
}

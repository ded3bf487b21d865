/** What the views know of drills: whose they are, and in which order they were. */
import type { Input, Output } from '../../api/wire.ts';
import type { Tone } from '../../parts/mark.tsx';
import { drillsText } from '../../text/drills.ts';

export type Drill = Output<'imago', 'DescribeDrills'>['Drills'][number];
export type DrillState = Drill['State'];

export const backupOf = ({ ImageId, SnapshotId = '' }: Drill) => ImageId ?? SnapshotId;

export const isSource = (id: string) => /^(i|vol)-/.test(id);

export function wantedOf(id: string): Input<'imago', 'DescribeDrills'> {
  if (isSource(id)) return { SourceIds: [id] };
  return id.startsWith('snap-') ? { SnapshotIds: [id] } : { ImageIds: [id] };
}

export const tones: Record<DrillState, Tone> = {
  running: 'busy',
  passed: 'good',
  failed: 'bad',
  stopped: 'quiet',
  error: 'bad',
};

/** A customer finds wanting only what Imago did not, and then that counts. */
export const isFailedByCustomer = ({ CustomerVerdict }: Drill) => CustomerVerdict === 'failed';

/** As which it is drawn. */
export const shownAs = (drill: Drill): DrillState =>
  isFailedByCustomer(drill) ? 'failed' : drill.State;

export function wordOf(drill: Drill): string {
  if (isFailedByCustomer(drill)) return drillsText.failedByCustomer;
  return drillsText.states[drill.State] ?? drill.State;
}

/**
 * Of the highest bar. One that failed before its checks were over is as high: how long the others took
 * is to be seen beside it, however long it was waited for.
 */
export function heightOf(drill: Drill, highestMs: number): number {
  const { MillisecondsToChecked: ms } = drill;
  if (ms !== undefined) return highestMs === 0 ? 0 : ms / highestMs;
  return drill.State === 'failed' ? 1 : 0;
}

export interface Drilled {
  /** The machine or the volume; where what was drilled is a backup of neither, that itself. */
  id: string;
  /** The oldest first. */
  drills: Drill[];
  last: Drill;
}

/** The one that was drilled last first. */
export function bySource(drills: readonly Drill[]): Drilled[] {
  const all = new Map<string, Drill[]>();
  for (const drill of drills.toSorted(oldestFirst)) {
    const id = drill.SourceId ?? backupOf(drill);
    const those = all.get(id);
    if (those) those.push(drill);
    else all.set(id, [drill]);
  }
  const drilled = [...all].flatMap(([id, those]) => {
    const last = those.at(-1);
    return last ? [{ id, drills: those, last }] : [];
  });
  return drilled.sort((one, other) => oldestFirst(other.last, one.last));
}

export function oldestFirst(one: Drill, other: Drill): number {
  return Date.parse(one.StartedAt) - Date.parse(other.StartedAt);
}

/** `14.8 s`, `2 min 5 s` */
export function seconds(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export const holding = ({ Results }: Drill) => Results.filter(({ Passed }) => Passed).length;

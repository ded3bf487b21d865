/** What the views know of drills: whose they are, and in which order they were. */
import type { Input, Output } from '../../api/wire.ts';
import type { Tone } from '../../parts/mark.tsx';

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

/** What the views know of drills: whose they are, and in which order they were. */
import type { Input, Output } from '../../api/wire.ts';
import type { Tone } from '../../parts/mark.tsx';
import { drillsOfText, drillsText } from '../../text/drills.ts';

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

/** Of a bar, from below: until it ran, from then until it was ready, from then until all was checked. */
export type Stage = 'running' | 'ready' | 'checked';
export const stages: readonly Stage[] = ['running', 'ready', 'checked'];

export interface Part {
  /** `missed` is what one that failed never came to. */
  of: Stage | 'missed';
  /** Both of the highest bar, from 0 to 1. */
  from: number;
  to: number;
}

/** Since the start; a volume of data that is read, and not booted, has none but the last. */
const reachedMs = (drill: Drill): Record<Stage, number | undefined> => ({
  running: drill.MillisecondsToRunning,
  ready: drill.MillisecondsToReady,
  checked: drill.MillisecondsToChecked,
});

/** Until the last stage that it came to. */
export const tookMs = (drill: Drill) =>
  Math.max(0, ...Object.values(reachedMs(drill)).map((ms) => ms ?? 0));

/**
 * One that failed before its checks were over is as high as the highest: how long the others took is
 * to be seen beside it, however long it was waited for.
 */
export function partsOf(drill: Drill, highestMs: number): Part[] {
  const reached = reachedMs(drill);
  const parts: Part[] = [];
  let from = 0;
  for (const of of stages) {
    const ms = reached[of];
    if (ms === undefined || highestMs === 0) continue;
    const to = Math.max(from, ms / highestMs);
    parts.push({ of, from, to });
    from = to;
  }
  const hasMissed = drill.State === 'failed' && reached.checked === undefined;
  return hasMissed ? [...parts, { of: 'missed', from, to: 1 }] : parts;
}

/** When it came to what, in words. */
export function timesOf(drill: Drill): string[] {
  const { reached } = drillsOfText;
  const times = [
    [reached.running, drill.MillisecondsToRunning],
    [reached.ready, drill.MillisecondsToReady],
    [reached.ssh, drill.MillisecondsToSsh],
    [reached.checked, drill.MillisecondsToChecked],
  ] as const;
  return times.flatMap(([says, ms]) => {
    const time = seconds(ms);
    return time === undefined ? [] : [says(time)];
  });
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

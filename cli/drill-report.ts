/** A drill for people: verdict, checks with what the failing ones wrote, and times. */
import type { Drill } from '../api/imago-drills.ts';
import { formatDuration, type Output, type Style } from './output.ts';
import { harmlessLine } from './terminal-text.ts';

const styles: Record<Drill['State'], Style> = {
  passed: 'green',
  failed: 'red',
  error: 'red',
  stopped: 'yellow',
  running: 'cyan',
};
const shownLines = 10;

export function isSnapshot(id: string | undefined): boolean {
  return id?.startsWith('snap-') ?? false;
}

export function backupOf({ ImageId, SnapshotId = '' }: Drill): string {
  return ImageId ?? SnapshotId;
}

export function stateOf(output: Output, { State }: Pick<Drill, 'State'>): string {
  return output.style(styles[State], State);
}

export function tellDrill(output: Output, drill: Drill): void {
  const { DrillId, NotTold, Reason, Results } = drill;
  output.line(`${stateOf(output, drill)}  ${backupOf(drill)}  ${DrillId}`);
  if (Reason !== undefined) output.line(`  ${harmlessLine(Reason)}`);
  for (const { Name, Passed, Reason: why, Output: said, Milliseconds } of Results) {
    const mark = Passed ? output.style('green', '✔') : output.style('red', '✖');
    const detail = why === undefined ? '' : `: ${harmlessLine(why)}`;
    const took = output.style('dim', formatDuration(Milliseconds));
    output.line(`  ${mark} ${harmlessLine(Name)}${detail}  ${took}`);
    if (Passed) continue;
    const lines = said.trimEnd().split('\n').slice(-shownLines);
    for (const line of lines) if (line !== '') output.line(`      ${harmlessLine(line)}`);
  }
  if (NotTold) output.line(`  not told by ${harmlessLine(NotTold.join(', '))}`);
  const times = timesOf(drill);
  if (times !== '') output.line(`  ${times}`);
}

function timesOf(drill: Drill): string {
  return [
    ['running', drill.MillisecondsToRunning] as const,
    ['ready', drill.MillisecondsToReady] as const,
    ['SSH', drill.MillisecondsToSsh] as const,
    ['checked', drill.MillisecondsToChecked] as const,
  ]
    .flatMap(([what, ms]) => (ms === undefined ? [] : `${what} after ${formatDuration(ms)}`))
    .join(', ');
}

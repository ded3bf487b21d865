/** A drill for people: verdict, checks with what the failing ones wrote, and times. */
import type { Drill } from '../api/imago-drills.ts';
import type { Wire } from '../api/wire.ts';
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

export function backupOf({ ImageId, SnapshotId = '' }: Wire<Drill>): string {
  return ImageId ?? SnapshotId;
}

/** What is to be known of it first: a customer finds wanting only what Imago did not. */
export function wordOf({ State, CustomerVerdict }: Wire<Drill>): string {
  return CustomerVerdict === 'failed' ? 'failed by customer' : State;
}

export function isBad({ State, CustomerVerdict }: Wire<Drill>): boolean {
  return State === 'failed' || CustomerVerdict === 'failed';
}

export function stateOf(output: Output, drill: Wire<Drill>): string {
  return output.style(isBad(drill) ? 'red' : styles[drill.State], wordOf(drill));
}

export function tellDrill(output: Output, drill: Wire<Drill>): void {
  const { DrillId, NotTold, Reason, Results, CustomerVerdict, CustomerReason } = drill;
  output.line(`${stateOf(output, drill)}  ${backupOf(drill)}  ${DrillId}`);
  if (Reason !== undefined) output.line(`  ${harmlessLine(Reason)}`);
  if (CustomerVerdict !== undefined) {
    output.line(`  by Imago: ${drill.State}`);
    const why = CustomerReason === undefined ? '' : `: ${harmlessLine(CustomerReason)}`;
    output.line(`  by the customer: ${harmlessLine(CustomerVerdict)}${why}`);
  }
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

function timesOf(drill: Wire<Drill>): string {
  return [
    ['running', drill.MillisecondsToRunning] as const,
    ['ready', drill.MillisecondsToReady] as const,
    ['SSH', drill.MillisecondsToSsh] as const,
    ['checked', drill.MillisecondsToChecked] as const,
  ]
    .flatMap(([what, ms]) => (ms === undefined ? [] : `${what} after ${formatDuration(ms)}`))
    .join(', ');
}

/**
 * `imago drill list`: each machine or volume with the drills of its backups (and each backup that is
 * of neither), the newest verdict, and how the time until all checks were done has changed from one
 * to the next. Of one of them: each of its drills, and what its time was made of.
 */
import type { DescribeDrillsRequest, Drill } from '../../api/imago-drills.ts';
import { checkBackup, isSource } from '../backup-ids.ts';
import { type CommandContext, connect } from '../context.ts';
import { backupOf, isBad, isSnapshot, stateOf, wordOf } from '../drill-report.ts';
import { formatDuration, type Output } from '../output.ts';
import { sparkline } from '../sparkline.ts';
import { shades, stackedBar } from '../stacked-bar.ts';

/** A line of a terminal has room for them. */
const shownOfTrend = 30;
const pageSize = 1000;

export async function drillListCommand(context: CommandContext, of?: string): Promise<void> {
  const { output } = context;
  if (of !== undefined && !isSource(of)) checkBackup(of);
  const client = connect(context);
  const drills: Drill[] = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await client.imago('DescribeDrills', {
      ...{ ...wantedOf(of), MaxResults: pageSize, NextToken },
    });
    drills.push(...page.Drills);
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  drills.sort((a, b) => startOf(a) - startOf(b));
  if (output.json) return output.document(drills);
  if (drills.length === 0)
    return output.line('There were no drills: imago drill ami-… begins one.');
  if (of !== undefined) return tellEach(output, of, drills);
  const bySource = Map.groupBy(drills, (each) => each.SourceId ?? backupOf(each));
  output.table(
    ['OF', 'DRILLS', 'BACKUP', 'LAST', 'STATE', 'READY', 'SSH', 'CHECKED', 'TREND'],
    [...bySource].map(([id, those]) => {
      const last = those.at(-1) as Drill;
      return [
        id,
        String(those.length),
        backupOf(last),
        last.DrillId,
        wordOf(last),
        timeOf(last.MillisecondsToReady),
        timeOf(last.MillisecondsToSsh),
        timeOf(last.MillisecondsToChecked),
        trendOf(those),
      ];
    }),
  );
  const failing = [...bySource.values()].map((those) => those.at(-1) as Drill);
  for (const each of failing.filter(isBad)) {
    output.line(`${backupOf(each)} ${stateOf(output, each)}: imago drill show ${each.DrillId}`);
  }
}

function tellEach(output: Output, of: string, drills: readonly Drill[]): void {
  const ends = drills.map((each) => [
    each.MillisecondsToRunning,
    each.MillisecondsToReady,
    each.MillisecondsToChecked,
  ]);
  const most = Math.max(...ends.flat().map((ms) => ms ?? 0));
  const backup = isSource(of) ? ['BACKUP'] : [];
  output.table(
    ['DRILL', ...backup, 'STARTED', 'STATE', 'READY', 'SSH', 'CHECKED', 'CHECKS', 'TIME'],
    drills.map((each, index) => [
      each.DrillId,
      ...(isSource(of) ? [backupOf(each)] : []),
      new Date(each.StartedAt).toISOString(),
      wordOf(each),
      timeOf(each.MillisecondsToReady),
      timeOf(each.MillisecondsToSsh),
      timeOf(each.MillisecondsToChecked),
      `${each.Results.filter(({ Passed }) => Passed).length}/${each.Checks}`,
      stackedBar(ends[index] ?? [], most),
    ]),
  );
  const [running, ready, checked] = shades;
  output.line(
    `${running} until it runs, ${ready} until it is ready, ${checked} until all is checked`,
  );
}

function wantedOf(id: string | undefined): DescribeDrillsRequest {
  if (id === undefined) return {};
  if (isSource(id)) return { SourceIds: [id] };
  return isSnapshot(id) ? { SnapshotIds: [id] } : { ImageIds: [id] };
}

function startOf({ StartedAt }: Drill): number {
  return new Date(StartedAt).getTime();
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? '' : formatDuration(ms);
}

function trendOf(drills: readonly Drill[]): string {
  return sparkline(
    drills.slice(-shownOfTrend).map(({ MillisecondsToChecked }) => MillisecondsToChecked),
  );
}

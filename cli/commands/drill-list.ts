/**
 * `imago drill list`: each machine or volume with the drills of its backups (and each backup that is
 * of neither), the newest verdict, and how the time until all checks were done has changed from one
 * to the next. Of one of them: each of its drills, and what its time was made of.
 */
import type { DescribeDrillsRequest, Drill } from '../../api/imago-drills.ts';
import type { Wire } from '../../api/wire.ts';
import { checkBackup, isSource } from '../backup-ids.ts';
import { type CommandContext, connect } from '../context.ts';
import { backupOf, isBad, isSnapshot, stateOf, wordOf } from '../drill-report.ts';
import { secondOf } from '../moment.ts';
import { formatDuration, type Output } from '../output.ts';
import { sparkline } from '../sparkline.ts';
import { shades, stackedBar } from '../stacked-bar.ts';

/** A heading within 80 columns has room for them. */
const shownOfTrend = 18;
const pageSize = 1000;

export async function drillListCommand(context: CommandContext, of?: string): Promise<void> {
  const { output } = context;
  if (of !== undefined && !isSource(of)) checkBackup(of);
  const client = connect(context);
  const drills: Wire<Drill>[] = [];
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
    ['LAST', 'STATE', 'READY', 'SSH', 'CHECKED'],
    [...bySource].flatMap(([id, those]) => {
      const last = those.at(-1) as Wire<Drill>;
      return [headingOf(id, those, last), [last.DrillId, wordOf(last), ...timesOf(last)]];
    }),
  );
  const failing = [...bySource.values()].map((those) => those.at(-1) as Wire<Drill>);
  for (const each of failing.filter(isBad)) {
    output.line(`${backupOf(each)} ${stateOf(output, each)}: imago drill show ${each.DrillId}`);
  }
}

function tellEach(output: Output, of: string, drills: readonly Wire<Drill>[]): void {
  const ends = drills.map((each) => [
    each.MillisecondsToRunning,
    each.MillisecondsToReady,
    each.MillisecondsToChecked,
  ]);
  const most = Math.max(...ends.flat().map((ms) => ms ?? 0));
  output.table(
    ['STATE', 'READY', 'SSH', 'CHECKED', 'CHECKS', 'TIME'],
    drills.flatMap((each, index) => [
      [
        each.DrillId,
        secondOf(each.StartedAt),
        ...(isSource(of) ? [`of ${backupOf(each)}`] : []),
      ].join('  '),
      [
        wordOf(each),
        ...timesOf(each),
        `${each.Results.filter(({ Passed }) => Passed).length}/${each.Checks}`,
        stackedBar(ends[index] ?? [], most),
      ],
    ]),
  );
  const [running, ready, checked] = shades;
  output.line(
    `${running} until it runs, ${ready} until it is ready, ${checked} until all is checked`,
  );
}

/** Its drills so far, and of which backup the last one was. */
function headingOf(id: string, those: readonly Wire<Drill>[], last: Wire<Drill>): string {
  const many = `${those.length} ${those.length === 1 ? 'drill' : 'drills'}`;
  const of = last.SourceId === undefined ? [] : [`of ${backupOf(last)}`];
  return [id, many, trendOf(those), ...of].join('  ');
}

function wantedOf(id: string | undefined): DescribeDrillsRequest {
  if (id === undefined) return {};
  if (isSource(id)) return { SourceIds: [id] };
  return isSnapshot(id) ? { SnapshotIds: [id] } : { ImageIds: [id] };
}

function startOf({ StartedAt }: Wire<Drill>): number {
  return new Date(StartedAt).getTime();
}

function timesOf({ MillisecondsToReady, MillisecondsToSsh, MillisecondsToChecked }: Wire<Drill>) {
  return [MillisecondsToReady, MillisecondsToSsh, MillisecondsToChecked].map(timeOf);
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? '' : formatDuration(ms);
}

function trendOf(drills: readonly Wire<Drill>[]): string {
  return sparkline(
    drills.slice(-shownOfTrend).map(({ MillisecondsToChecked }) => MillisecondsToChecked),
  );
}

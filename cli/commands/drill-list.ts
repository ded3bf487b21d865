/**
 * `imago drill list`: each backup with its drills, the newest verdict, and how the time until all
 * checks were done has changed from one to the next.
 */
import type { Drill } from '../../api/imago-drills.ts';
import { type CommandContext, connect } from '../context.ts';
import { backupOf, isSnapshot, stateOf } from '../drill-report.ts';
import { formatDuration } from '../output.ts';
import { sparkline } from '../sparkline.ts';

/** A line of a terminal has room for them. */
const shownOfTrend = 30;
const pageSize = 1000;

export async function drillListCommand(context: CommandContext, backup?: string): Promise<void> {
  const { output } = context;
  const client = connect(context);
  const drills: Drill[] = [];
  for (let NextToken: string | undefined; ; ) {
    const of = backup === undefined ? undefined : [backup];
    const wanted = isSnapshot(backup) ? { SnapshotIds: of } : { ImageIds: of };
    const page = await client.imago('DescribeDrills', {
      ...{ ...wanted, MaxResults: pageSize, NextToken },
    });
    drills.push(...page.Drills);
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  drills.sort((a, b) => startOf(a) - startOf(b));
  if (output.json) return output.document(drills);
  if (drills.length === 0)
    return output.line('There were no drills: imago drill ami-… begins one.');
  if (backup !== undefined) {
    output.table(
      ['DRILL', 'STARTED', 'STATE', 'READY', 'CHECKED', 'CHECKS'],
      drills.map((each) => [
        each.DrillId,
        new Date(each.StartedAt).toISOString(),
        each.State,
        timeOf(each.MillisecondsToReady),
        timeOf(each.MillisecondsToChecked),
        `${each.Results.filter(({ Passed }) => Passed).length}/${each.Checks}`,
      ]),
    );
    return output.line(`Time until all was checked: ${trendOf(drills)}`);
  }
  const byBackup = Map.groupBy(drills, backupOf);
  output.table(
    ['BACKUP', 'DRILLS', 'LAST', 'STATE', 'READY', 'CHECKED', 'TREND'],
    [...byBackup].map(([id, those]) => {
      const last = those.at(-1) as Drill;
      return [
        id,
        String(those.length),
        last.DrillId,
        last.State,
        timeOf(last.MillisecondsToReady),
        timeOf(last.MillisecondsToChecked),
        trendOf(those),
      ];
    }),
  );
  const failing = [...byBackup.values()].map((those) => those.at(-1) as Drill);
  for (const each of failing.filter(({ State }) => State === 'failed')) {
    output.line(`${backupOf(each)} ${stateOf(output, each)}: imago drill show ${each.DrillId}`);
  }
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

/**
 * The drills of one backup, or of all backups of one machine or volume: their verdicts, how long they
 * took, and a new one. Of a machine or a volume besides what each of its drills looks at.
 */
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { DrillDialog } from '../../parts/drill-dialog.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { drillsText, drillsOfText as text } from '../../text/drills.ts';
import { isWhole } from '../backups/backup.ts';
import {
  backupOf,
  type Drill,
  holding,
  isSource,
  oldestFirst,
  seconds,
  tookMs,
  wantedOf,
} from './drill.ts';
import { More, timeOf, Verdict } from './drill-cells.tsx';
import { shownMax, Trend, TrendLegend } from './trend.tsx';
import { useDrills } from './use-drills.ts';

/** With its reader of YAML. */
const SourceChecks = later(() => import('./source-checks.tsx'), 'SourceChecks');

export function DrillsOf({ id }: { id: string }) {
  const [drilled, setDrilled] = useState<string>();
  const ofSource = isSource(id);
  const newest = useNewestBackup(id, ofSource);
  const found = useDrills(wantedOf(id));
  const drills = found.drills?.toSorted(oldestFirst);
  const highest = Math.max(0, ...(drills ?? []).slice(-shownMax).map(tookMs));
  return (
    <>
      <p class="back">
        <a href={href(['drills'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>{text.title(id)}</h1>
        <IdLink id={id} />
        <ActionButton
          kind="main"
          because={ofSource && newest === undefined && text.noneWhole}
          onClick={() => setDrilled(ofSource ? newest : id)}
        >
          {ofSource ? text.beginNewest : text.begin}
        </ActionButton>
        {ofSource && <a href={href(['backups', id])}>{text.backups}</a>}
      </header>
      {drills && drills.length > 0 && (
        <section class="card">
          <h2>{text.trend}</h2>
          <Trend drills={drills} />
          <TrendLegend />
          <p class="hint">{text.highest(seconds(highest) ?? '')}</p>
        </section>
      )}
      <List
        caption={text.title(id)}
        items={drills?.toReversed()}
        error={found.error}
        retry={found.refetch}
        keyOf={({ DrillId }) => DrillId}
        columns={ofSource ? columns.toSpliced(1, 0, backupColumn) : columns}
        empty={ofSource ? text.emptySource : text.empty}
      />
      <More {...found} />
      {ofSource && <SourceChecks id={id} />}
      {drilled !== undefined && <DrillDialog id={drilled} onClose={() => setDrilled(undefined)} />}
    </>
  );
}

/** Of the newest ones: where none of them is whole it is for its calendar to show what else there is. */
const lookedAt = 20;

function useNewestBackup(SourceId: string, enabled: boolean): string | undefined {
  const asking = { tables: ['images', 'snapshots'], enabled } as const;
  const asked = { SourceId, MaxResults: lookedAt };
  const { data } = useAction('imago', 'ListBackups', asked, asking);
  return enabled ? data?.Backups.find(isWhole)?.BackupId : undefined;
}

const names = { ...drillsText.columns, ...text.columns };

const backupColumn: Column<Drill> = {
  title: names.backup,
  cell: (drill) => (
    <a href={href(['drills', backupOf(drill)])}>
      <code>{backupOf(drill)}</code>
    </a>
  ),
};

const columns: Column<Drill>[] = [
  { title: names.drill, cell: ({ DrillId }) => <IdLink id={DrillId} /> },
  { title: names.started, cell: ({ StartedAt }) => <Time at={StartedAt} /> },
  { title: names.verdict, cell: (drill) => <Verdict of={drill} /> },
  { title: names.running, cell: timeOf('MillisecondsToRunning'), isFigure: true },
  { title: names.ready, cell: timeOf('MillisecondsToReady'), isFigure: true },
  { title: names.ssh, cell: timeOf('MillisecondsToSsh'), isFigure: true },
  { title: names.checked, cell: timeOf('MillisecondsToChecked'), isFigure: true },
  { title: names.checks, cell: (drill) => `${holding(drill)}/${drill.Checks}`, isFigure: true },
];

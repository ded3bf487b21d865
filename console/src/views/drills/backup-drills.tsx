/** The drills of one backup: their verdicts, how long they took, and a new one. */
import { useState } from 'preact/hooks';
import { ActionButton } from '../../parts/action-button.tsx';
import { DrillDialog } from '../../parts/drill-dialog.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { drillsText, backupDrillsText as text } from '../../text/drills.ts';
import { type Drill, holding, oldestFirst, seconds } from './drill.ts';
import { More, Verdict } from './drill-cells.tsx';
import { Trend } from './trend.tsx';
import { useDrills } from './use-drills.ts';

export function BackupDrills({ id }: { id: string }) {
  const [isBegun, setIsBegun] = useState(false);
  const found = useDrills(id.startsWith('snap-') ? { SnapshotIds: [id] } : { ImageIds: [id] });
  const drills = found.drills?.toSorted(oldestFirst);
  const highest = Math.max(0, ...(drills ?? []).map(({ MillisecondsToChecked: ms = 0 }) => ms));
  return (
    <>
      <p class="back">
        <a href={href(['drills'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>{text.title(id)}</h1>
        <IdLink id={id} />
        <ActionButton kind="main" onClick={() => setIsBegun(true)}>
          {text.begin}
        </ActionButton>
      </header>
      {drills && drills.length > 0 && (
        <section class="card">
          <h2>{text.trend}</h2>
          <Trend drills={drills} />
          <p class="hint">{text.highest(seconds(highest) ?? '')}</p>
        </section>
      )}
      <List
        caption={text.title(id)}
        items={drills?.toReversed()}
        error={found.error}
        retry={found.refetch}
        keyOf={({ DrillId }) => DrillId}
        columns={columns}
        empty={text.empty}
      />
      <More {...found} />
      {isBegun && <DrillDialog id={id} onClose={() => setIsBegun(false)} />}
    </>
  );
}

const names = { ...drillsText.columns, ...text.columns };

const columns: Column<Drill>[] = [
  { title: names.drill, cell: ({ DrillId }) => <IdLink id={DrillId} /> },
  { title: names.started, cell: ({ StartedAt }) => <Time at={StartedAt} /> },
  { title: names.verdict, cell: (drill) => <Verdict of={drill} /> },
  { title: names.running, cell: (drill) => seconds(drill.MillisecondsToRunning), isFigure: true },
  { title: names.ready, cell: (drill) => seconds(drill.MillisecondsToReady), isFigure: true },
  { title: names.checked, cell: (drill) => seconds(drill.MillisecondsToChecked), isFigure: true },
  { title: names.checks, cell: (drill) => `${holding(drill)}/${drill.Checks}`, isFigure: true },
];

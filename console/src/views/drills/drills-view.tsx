/** Drills: by backup, those of one backup (`#/drills/ami-…`), and one of them (`#/drills/drill-…`). */

import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { href, type Route } from '../../route.ts';
import { drillsText as text } from '../../text/drills.ts';
import { BackupDrills } from './backup-drills.tsx';
import { byBackup, type DrilledBackup, holding, seconds } from './drill.ts';
import { More, Verdict } from './drill-cells.tsx';
import { DrillView } from './drill-view.tsx';
import { Trend } from './trend.tsx';
import { useDrills } from './use-drills.ts';

export function DrillsView({ route }: { route: Route }) {
  const [, id] = route.path;
  if (id === undefined) return <Backups />;
  return id.startsWith('drill-') ? (
    <DrillView key={id} id={id} />
  ) : (
    <BackupDrills key={id} id={id} />
  );
}

function Backups() {
  const found = useDrills({});
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <p class="hint">{text.means}</p>
      <List
        caption={text.title}
        items={found.drills && byBackup(found.drills)}
        error={found.error}
        retry={found.refetch}
        keyOf={({ id }) => id}
        columns={columns}
        empty={
          <>
            <p>{text.empty}</p>
            <a href={href(['backups'])}>{text.toBackups}</a>
          </>
        }
      />
      <More {...found} />
    </>
  );
}

const columns: Column<DrilledBackup>[] = [
  {
    title: text.columns.backup,
    cell: ({ id }) => (
      <a href={href(['drills', id])}>
        <code>{id}</code>
      </a>
    ),
  },
  { title: text.columns.verdict, cell: ({ last }) => <Verdict of={last} /> },
  {
    title: text.columns.last,
    cell: ({ last }) => (
      <>
        <IdLink id={last.DrillId} /> <Time at={last.StartedAt} />
      </>
    ),
  },
  { title: text.columns.running, cell: timeOf('MillisecondsToRunning'), isFigure: true },
  { title: text.columns.ready, cell: timeOf('MillisecondsToReady'), isFigure: true },
  { title: text.columns.checked, cell: timeOf('MillisecondsToChecked'), isFigure: true },
  {
    title: text.columns.checks,
    cell: ({ last }) => `${holding(last)}/${last.Checks}`,
    isFigure: true,
  },
  { title: text.columns.drills, cell: ({ drills }) => drills.length, isFigure: true },
  { title: text.columns.trend, cell: ({ drills }) => <Trend drills={drills} isSmall /> },
];

type Times = 'MillisecondsToRunning' | 'MillisecondsToReady' | 'MillisecondsToChecked';

function timeOf(name: Times) {
  return ({ last }: DrilledBackup) => seconds(last[name]) ?? '';
}

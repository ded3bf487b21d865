/**
 * Drills: by what they are backups of, those of one machine, volume or backup (`#/drills/i-…`,
 * `#/drills/ami-…`), one of them (`#/drills/drill-…`), and of which machines and volumes checks are
 * said (`#/drills?tab=checks`). Those by the clock are restore testing plans
 * (`#/drills?tab=plans`, `#/drills/plans/NAME`).
 */

import { FirstStep } from '../../parts/first-step.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { href, type Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { drillsText as text } from '../../text/drills.ts';
import { testingPlansText } from '../../text/restore-testing.ts';
import { PlansList } from '../restore-testing/plans-list.tsx';
import { ChecksList } from './checks-list.tsx';
import { backupOf, bySource, type Drilled, holding } from './drill.ts';
import { More, type Reached, timeOf, Verdict } from './drill-cells.tsx';
import { DrillView } from './drill-view.tsx';
import { DrillsOf } from './drills-of.tsx';
import { Trend, TrendLegend } from './trend.tsx';
import { useDrills } from './use-drills.ts';

const PlanPage = later(() => import('../restore-testing/plan-page.tsx'), 'PlanPage');

export function DrillsView({ route }: { route: Route }) {
  const [, id] = route.path;
  if (id === undefined) return <Overview route={route} />;
  if (id === 'plans') return <PlanPage route={route} />;
  return id.startsWith('drill-') ? <DrillView key={id} id={id} /> : <DrillsOf key={id} id={id} />;
}

const parts = { drills: Sources, plans: PlansList, checks: ChecksList };
const names = Object.keys(parts) as (keyof typeof parts)[];

function Overview({ route }: { route: Route }) {
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        {current === 'plans' && (
          <a class="button main" href={href(['drills', 'plans'])}>
            {testingPlansText.create}
          </a>
        )}
      </header>
      <p class="hint">{text.means}</p>
      <Tabs text={text} path={['drills']} names={names} current={current} />
      <Part />
    </>
  );
}

function Sources() {
  const found = useDrills({});
  return (
    <>
      <List
        caption={text.title}
        items={found.drills && bySource(found.drills)}
        error={found.error}
        retry={found.refetch}
        keyOf={({ id }) => id}
        columns={columns}
        empty={
          <FirstStep says={text.empty} command={text.emptyCommand}>
            <a href={href(['backups'])}>{text.toBackups}</a>
          </FirstStep>
        }
      />
      <More {...found} />
      {found.drills && found.drills.length > 0 && <TrendLegend />}
    </>
  );
}

const columns: Column<Drilled>[] = [
  {
    title: text.columns.of,
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
        <IdLink id={last.DrillId} />
        <span class="line hint">
          <Time at={last.StartedAt} />
        </span>
        <span class="line hint">
          {text.of} <IdLink id={backupOf(last)} />
        </span>
      </>
    ),
  },
  { title: text.columns.running, cell: ofLast('MillisecondsToRunning'), isFigure: true },
  { title: text.columns.ready, cell: ofLast('MillisecondsToReady'), isFigure: true },
  { title: text.columns.ssh, cell: ofLast('MillisecondsToSsh'), isFigure: true },
  { title: text.columns.checked, cell: ofLast('MillisecondsToChecked'), isFigure: true },
  {
    title: text.columns.checks,
    cell: ({ last }) => `${holding(last)}/${last.Checks}`,
    isFigure: true,
  },
  { title: text.columns.drills, cell: ({ drills }) => drills.length, isFigure: true },
  { title: text.columns.trend, cell: ({ drills }) => <Trend drills={drills} isSmall /> },
];

function ofLast(name: Reached) {
  const cell = timeOf(name);
  return ({ last }: Drilled) => cell(last);
}

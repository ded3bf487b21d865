/** What a plan has tested, the newest first, and the drill of each test, with what was kept of it. */
import { useActions, usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { testingPlansText, testsText as text } from '../../text/restore-testing.ts';
import { type Drill, seconds } from '../drills/drill.ts';
import { endOf, type Test, tones, verdictOf } from './plan.ts';

const pageSize = 20;

export function TestsList({ plan }: { plan: string }) {
  const tables = ['restoreJobs', 'drills'] as const;
  const asked = { ByRestoreTestingPlanArn: plan };
  const found = usePages('backup', 'ListRestoreJobs', asked, { tables, pageSize });
  const pages = found.data?.pages ?? [];
  const asks = pages
    .map(({ RestoreJobs: jobs = [] }) => jobs.map(({ RestoreJobId = '' }) => RestoreJobId))
    .filter((ids) => ids.length > 0);
  const answers = useActions(
    'imago',
    'DescribeDrills',
    asks.map((RestoreJobIds) => ({ RestoreJobIds })),
    { tables },
  );
  const drills = new Map(
    answers.flatMap((answer) => answer?.Drills ?? []).map((drill) => [drill.RestoreJobId, drill]),
  );
  const isKnown = answers.every((answer) => answer !== undefined);
  const drill: Column<Test> = {
    title: text.columns.drill,
    cell: ({ RestoreJobId }) => <DrillOf drill={drills.get(RestoreJobId)} isKnown={isKnown} />,
  };
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ RestoreJobs }) => RestoreJobs}
        keyOf={({ RestoreJobId = '' }) => RestoreJobId}
        columns={[...columns, drill]}
        empty={text.empty}
      />
    </section>
  );
}

const columns: Column<Test>[] = [
  { title: text.columns.started, cell: ({ CreationDate }) => <Time at={CreationDate} /> },
  {
    title: text.columns.of,
    cell: ({ SourceResourceArn }) => (
      <a href={href(['backups', endOf(SourceResourceArn)])}>
        <code>{endOf(SourceResourceArn)}</code>
      </a>
    ),
  },
  {
    title: text.columns.backup,
    cell: ({ RecoveryPointArn, RecoveryPointCreationDate }) => (
      <>
        <IdLink id={endOf(RecoveryPointArn)} />
        <span class="line hint">
          <Time at={RecoveryPointCreationDate} />
        </span>
      </>
    ),
  },
  { title: text.columns.verdict, cell: (test) => <TestVerdict of={test} />, isWide: true },
];

function TestVerdict({ of }: { of: Test }) {
  const verdict = verdictOf(of);
  return (
    <>
      <Mark tone={tones[verdict]}>{testingPlansText.verdicts[verdict]}</Mark>
      <span class="line">{of.ValidationStatusMessage ?? of.StatusMessage}</span>
    </>
  );
}

function DrillOf({ drill, isKnown }: { drill: Drill | undefined; isKnown: boolean }) {
  if (!drill) return <span>{isKnown ? text.forgotten : common.none}</span>;
  const ready = seconds(drill.MillisecondsToReady);
  const hasEvidence = drill.State === 'failed' || drill.State === 'error';
  return (
    <>
      <IdLink id={drill.DrillId} />
      {hasEvidence && <span class="line hint">{text.evidence}</span>}
      {!hasEvidence && ready !== undefined && <span class="line hint">{text.ready(ready)}</span>}
    </>
  );
}

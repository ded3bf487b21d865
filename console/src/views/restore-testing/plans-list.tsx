/** Restore testing plans: when each runs next, and what came of its last run. */
import { useState } from 'preact/hooks';
import { useAction, usePages } from '../../api/queries.ts';
import { FirstStep } from '../../parts/first-step.tsx';
import type { Column } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { useInSight } from '../../parts/use-in-sight.ts';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { drillsText } from '../../text/drills.ts';
import { testingPlansText as text } from '../../text/restore-testing.ts';
import { whenWords } from '../policies/forget-wanted.ts';
import { DeletePlan } from './delete-plan.tsx';
import { countedVerdicts, type ListedPlan, tones } from './plan.ts';

const tables = ['restoreTestingPlans'] as const;
/** Of a run; that there are more is told. */
const countedMax = 200;

export function PlansList() {
  const found = usePages('backup', 'ListRestoreTestingPlans', {}, { tables });
  const [deleted, setDeleted] = useState<string>();
  const actions: Column<ListedPlan> = {
    title: text.columns.actions,
    cell: ({ RestoreTestingPlanName: name }) => (
      <button type="button" class="danger" onClick={() => setDeleted(name)}>
        {text.delete}
      </button>
    ),
  };
  return (
    <>
      <p class="hint">{text.means}</p>
      <PagedList
        caption={drillsText.tabs.plans}
        found={found}
        itemsOf={({ RestoreTestingPlans }) => RestoreTestingPlans}
        keyOf={({ RestoreTestingPlanName }) => RestoreTestingPlanName}
        columns={[...columns, actions]}
        empty={<FirstStep says={text.empty} command={text.emptyCommand} />}
      />
      {deleted !== undefined && <DeletePlan name={deleted} onClose={() => setDeleted(undefined)} />}
    </>
  );
}

const columns: Column<ListedPlan>[] = [
  {
    title: text.columns.plan,
    cell: ({ RestoreTestingPlanName: name }) => (
      <a href={href(['drills', 'plans', name])}>{name}</a>
    ),
  },
  { title: text.columns.when, cell: whenOf },
  { title: text.columns.next, cell: (plan) => <NextRun of={plan} /> },
  { title: text.columns.last, cell: ({ LastExecutionTime }) => <Time at={LastExecutionTime} /> },
  { title: text.columns.verdict, cell: (plan) => <LastVerdicts of={plan} /> },
];

type Scheduled = Pick<ListedPlan, 'ScheduleExpression' | 'ScheduleExpressionTimezone'>;

export function whenOf({ ScheduleExpression, ScheduleExpressionTimezone }: Scheduled): string {
  return whenWords({ Schedule: ScheduleExpression, Timezone: ScheduleExpressionTimezone });
}

/** Of a schedule, as the server reads it: AWS’s answers do not have it. */
export function useNextRun(of: Scheduled, enabled: boolean) {
  const { ScheduleExpression: Schedule, ScheduleExpressionTimezone: Timezone } = of;
  const asked = { Schedule, ...(Timezone && { Timezone }), KeepLast: 1, Days: 1 };
  // Its row changes when it has run.
  return useAction('imago', 'SimulateBackups', asked, { tables, enabled });
}

export function NextRun({ of }: { of: Scheduled }) {
  const [ref, isInSight] = useInSight<HTMLSpanElement>();
  const { data } = useNextRun(of, isInSight);
  return (
    <span ref={ref}>
      <Time at={data?.NextTime} />
    </span>
  );
}

type Run = Pick<ListedPlan, 'RestoreTestingPlanArn' | 'LastExecutionTime'>;

/** What came of the tests of the last run, the worst first. */
export function LastVerdicts({ of: { RestoreTestingPlanArn, LastExecutionTime } }: { of: Run }) {
  const [ref, isInSight] = useInSight<HTMLSpanElement>();
  const since = Date.parse(LastExecutionTime ?? '') - 1;
  const asked = {
    ByRestoreTestingPlanArn: RestoreTestingPlanArn,
    ByCreatedAfter: LastExecutionTime && new Date(since).toISOString(),
    MaxResults: countedMax,
  };
  const asking = {
    tables: ['restoreJobs', 'restoreTestingPlans'] as const,
    enabled: isInSight && LastExecutionTime !== undefined,
  };
  const { data } = useAction('backup', 'ListRestoreJobs', asked, asking);
  const jobs = LastExecutionTime === undefined ? undefined : data?.RestoreJobs;
  return (
    <span ref={ref} class="actions">
      {!jobs && common.none}
      {jobs?.length === 0 && <Mark tone="bad">{text.notTested}</Mark>}
      {countedVerdicts(jobs ?? []).map(([verdict, many]) => (
        <Mark key={verdict} tone={tones[verdict]}>
          {text.so(many, text.verdicts[verdict])}
        </Mark>
      ))}
      {jobs?.length === countedMax && text.orMore}
    </span>
  );
}

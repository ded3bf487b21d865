/** One drill: how it went, what each check found, and what was kept of one that failed. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import '../../styles/drills.css';
import { ActionButton } from '../../parts/action-button.tsx';
import { DrillDialog } from '../../parts/drill-dialog.tsx';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { drillsText, drillText as text } from '../../text/drills.ts';
import { backupOf, type Drill, seconds } from './drill.ts';
import { Verdict } from './drill-cells.tsx';
import { Evidence } from './evidence.tsx';

export function DrillView({ id }: { id: string }) {
  const [isAgain, setIsAgain] = useState(false);
  const stop = useChange('imago', 'StopDrill');
  const asked = { DrillIds: [id] };
  const found = useAction('imago', 'DescribeDrills', asked, { tables: ['drills'] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  const drill = found.data?.Drills[0];
  if (!drill) return <p class="loading">{common.loading}</p>;
  const backup = backupOf(drill);
  const isUnderWay = drill.State === 'running';
  return (
    <>
      <p class="back">
        <a href={href(['drills', backup])}>{backup}</a>
      </p>
      <header class="view">
        <h1>
          {text.title(backup)} <Verdict of={drill} />
        </h1>
        {isUnderWay ? (
          <ActionButton kind="danger" onClick={() => stop.mutate({ DrillId: id })}>
            {text.stop}
          </ActionButton>
        ) : (
          <ActionButton onClick={() => setIsAgain(true)}>{text.again}</ActionButton>
        )}
      </header>
      {stop.error && <Problem error={stop.error} />}
      <section class="card">
        <h2>{text.facts.title}</h2>
        <Facts of={facts(drill)} />
        <details class="as-code">
          <summary>{common.asCommand}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
          <pre tabIndex={0}>{`bin/imago drill show ${id}`}</pre>
        </details>
      </section>
      <Checks drill={drill} />
      {(drill.State === 'failed' || drill.State === 'error') && <Evidence id={id} />}
      {isAgain && <DrillDialog id={backup} onClose={() => setIsAgain(false)} />}
    </>
  );
}

/** The restore testing plan whose test it is. */
function PlanOf({ job: RestoreJobId }: { job: string }) {
  const asking = { tables: ['restoreJobs'] } as const;
  const { data } = useAction('backup', 'DescribeRestoreJob', { RestoreJobId }, asking);
  const arn = data?.CreatedBy?.RestoreTestingPlanArn;
  const name = arn?.slice(arn.lastIndexOf(':') + 1);
  if (name === undefined) return <code>{RestoreJobId}</code>;
  return <a href={href(['drills', 'plans', name])}>{name}</a>;
}

function facts(drill: Drill) {
  const names = text.facts;
  return [
    [names.id, <code key="id">{drill.DrillId}</code>],
    [names.backup, <IdLink key="backup" id={backupOf(drill)} />],
    ...(drill.RestoreJobId
      ? [[names.plan, <PlanOf key="plan" job={drill.RestoreJobId} />] as const]
      : []),
    ...(drill.Reason === undefined ? [] : [[names.reason, drill.Reason] as const]),
    ...(drill.CustomerVerdict ? byBoth(drill) : []),
    ...(drill.NotTold?.length ? [[names.untold, drill.NotTold.join(', ')] as const] : []),
    [names.started, <Time key="started" at={drill.StartedAt} exact />],
    [names.ended, <Time key="ended" at={drill.EndedAt} exact />],
    [names.running, seconds(drill.MillisecondsToRunning)],
    [names.ready, seconds(drill.MillisecondsToReady)],
    [names.ssh, seconds(drill.MillisecondsToSsh)],
    [names.checked, seconds(drill.MillisecondsToChecked)],
    ...(drill.InstanceId
      ? [[names.machine, <IdLink key="machine" id={drill.InstanceId} />] as const]
      : []),
    [names.task, <code key="task">{drill.TaskId}</code>],
  ] as const;
}

function byBoth({ State, CustomerVerdict: verdict = 'passed', CustomerReason: why }: Drill) {
  const { states } = drillsText;
  return [
    [text.facts.imago, states[State]] as const,
    [text.facts.customer, text.byCustomer(states[verdict], why)] as const,
  ];
}

function Checks({ drill: { Results, Checks: all, State } }: { drill: Drill }) {
  return (
    <section class="card">
      <h2>{text.checks}</h2>
      {all > 0 && <p role="status">{text.done(Results.length, all)}</p>}
      <List
        caption={text.checks}
        items={Results.map((result, index) => ({ ...result, index }))}
        keyOf={({ index }) => String(index)}
        columns={columns}
        empty={all === 0 ? text.noChecks : State === 'running' ? text.noneYet : text.noneDone}
      />
    </section>
  );
}

/** Several may have one name. */
type Result = Drill['Results'][number] & { index: number };

const columns: Column<Result>[] = [
  { title: text.columns.check, cell: ({ Name }) => Name },
  { title: text.columns.kind, cell: ({ Kind }) => Kind, isShort: true },
  {
    title: text.columns.result,
    cell: ({ Passed }) => (
      <Mark tone={Passed ? 'good' : 'bad'}>{Passed ? text.passed : text.failed}</Mark>
    ),
  },
  { title: text.columns.found, cell: (result) => <WhatWasFound {...result} /> },
  { title: text.columns.took, cell: ({ Milliseconds }) => seconds(Milliseconds), isFigure: true },
];

function WhatWasFound({ Reason, ExitCode, Output }: Result) {
  const told = Reason ?? (ExitCode === undefined ? undefined : text.exit(ExitCode));
  return (
    <div class="found">
      {told}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
      {Output.trim() !== '' && <pre tabIndex={0}>{Output.trimEnd()}</pre>}
    </div>
  );
}

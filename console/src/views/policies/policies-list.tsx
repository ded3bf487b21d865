/** Policies of dlm: what each does, whether it is enabled, and its end. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { FirstStep } from '../../parts/first-step.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { useInSight } from '../../parts/use-in-sight.ts';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { policiesText as text } from '../../text/policies.ts';
import {
  keptWords,
  type Policy,
  regionsOf,
  type Summary,
  targetWords,
  whenWords,
} from './policy.ts';

const tables = ['backupPolicies'] as const;

export function PoliciesList() {
  const found = useAction('dlm', 'GetLifecyclePolicies', {}, { tables });
  const [deleted, setDeleted] = useState<string>();
  const update = useChange('dlm', 'UpdateLifecyclePolicy');
  const toggle = ({ PolicyId = '', State: state }: Summary) =>
    update.mutate({ PolicyId, State: state === 'ENABLED' ? 'DISABLED' : 'ENABLED' });
  const actions: Column<Summary> = {
    title: text.columns.actions,
    cell: (policy) => (
      <span class="actions">
        <button type="button" onClick={() => toggle(policy)}>
          {policy.State === 'ENABLED' ? text.disable : text.enable}
        </button>
        <button type="button" class="danger" onClick={() => setDeleted(policy.PolicyId)}>
          {text.delete}
        </button>
      </span>
    ),
  };
  return (
    <>
      {update.error && <Problem error={update.error} />}
      <List
        caption={text.tabs.policies}
        items={found.data && (found.data.Policies ?? [])}
        error={found.error}
        retry={() => void found.refetch()}
        keyOf={({ PolicyId = '' }) => PolicyId}
        columns={[...columns, actions]}
        empty={<FirstStep says={text.empty} command={text.emptyCommand} />}
      />
      {deleted && <DeleteDialog id={deleted} onClose={() => setDeleted(undefined)} />}
    </>
  );
}

const columns: Column<Summary>[] = [
  {
    title: text.columns.policy,
    cell: ({ PolicyId = '', Description }) => (
      <>
        <a href={href(['policies', PolicyId])}>
          <code>{PolicyId}</code>
        </a>
        <span class="line">{Description}</span>
      </>
    ),
  },
  { title: text.columns.state, cell: ({ State: state }) => <State of={state} /> },
  {
    title: text.columns.of,
    cell: ({ PolicyId }) => <Detail id={PolicyId} show={targetWords} />,
  },
  {
    title: text.columns.when,
    cell: ({ PolicyId }) => <Detail id={PolicyId} show={(policy) => lines(whenOf(policy))} />,
    isWide: true,
  },
  {
    title: text.columns.keeps,
    cell: ({ PolicyId }) => <Detail id={PolicyId} show={(policy) => lines(keptOf(policy))} />,
    isWide: true,
  },
  { title: text.columns.next, cell: (policy) => <NextRun of={policy} /> },
];

interface DetailProps {
  id: string | undefined;
  show(policy: Policy): preact.ComponentChildren;
}

/** What the list does not tell is asked for each that is in sight. */
function Detail({ id: PolicyId = '', show }: DetailProps) {
  const [ref, enabled] = useInSight<HTMLSpanElement>();
  const { data } = useAction('dlm', 'GetLifecyclePolicy', { PolicyId }, { tables, enabled });
  return <span ref={ref}>{data?.Policy ? show(data.Policy) : common.none}</span>;
}

/** When it takes backups next: its row changes when it has, so that is told by the stream. */
export function NextRun({ of }: { of: Pick<Summary, 'PolicyId' | 'State'> }) {
  const { PolicyId = '', State: state } = of;
  const [ref, isInSight] = useInSight<HTMLSpanElement>();
  const asking = { tables, enabled: isInSight && state === 'ENABLED' };
  const { data } = useAction('imago', 'SimulateBackups', { PolicyId, Days: 1 }, asking);
  return (
    <span ref={ref}>
      <Time at={state === 'ENABLED' ? data?.NextTime : undefined} />
    </span>
  );
}

const lines = (words: readonly string[]) =>
  words.map((line, index) => (
    <span key={`${index} ${line}`} class="line">
      {line}
    </span>
  ));

function whenOf({ PolicyDetails: details, DefaultPolicy }: Policy): string[] {
  if (DefaultPolicy) return [text.everyDays(details?.CreateInterval ?? 1)];
  return (details?.Schedules ?? []).map(
    (schedule) => `${schedule.Name ?? ''}: ${whenWords(schedule)}`,
  );
}

function keptOf({ PolicyDetails: details, DefaultPolicy }: Policy): string[] {
  if (DefaultPolicy) {
    return [keptWords({ Interval: details?.RetainInterval, IntervalUnit: 'DAYS' })];
  }
  return (details?.Schedules ?? []).map((schedule) => {
    const regions = regionsOf(schedule).join(', ');
    return [keptWords(schedule.RetainRule), regions && text.copied(regions)]
      .filter(Boolean)
      .join(', ');
  });
}

interface DeleteProps {
  id: string;
  onDeleted?: () => void;
  onClose(): void;
}

export function DeleteDialog({ id: PolicyId, onDeleted, onClose }: DeleteProps) {
  const remove = useChange('dlm', 'DeleteLifecyclePolicy');
  const run = async () => {
    await remove.mutateAsync({ PolicyId });
    onDeleted?.();
  };
  return (
    <ActionDialog
      title={text.deleteTitle(PolicyId)}
      action={text.deleteNow}
      isDangerous
      command={awsCli('dlm', 'DeleteLifecyclePolicy', { PolicyId })}
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}

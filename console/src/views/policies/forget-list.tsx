/** Policies that forget backups by restic's rules: what each is for and keeps, and when it acts. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { word } from '../../parts/aws-cli.ts';
import { FirstStep } from '../../parts/first-step.tsx';
import { counted, type KeepRules, withinEach } from '../../parts/keep-rules.ts';
import type { Column } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { policiesText, forgetPoliciesText as text } from '../../text/policies.ts';
import { type ForgetPolicy, toggled, whenWords } from './forget-wanted.ts';

export function ForgetList() {
  const found = usePages('imago', 'DescribeForgetPolicies', {}, { tables: ['forgetPolicies'] });
  const [deleted, setDeleted] = useState<string>();
  const put = useChange('imago', 'PutForgetPolicy');
  const actions: Column<ForgetPolicy> = {
    title: policiesText.columns.actions,
    cell: (policy) => (
      <span class="actions">
        <button type="button" onClick={() => put.mutate(toggled(policy))}>
          {policy.Enabled ? policiesText.disable : policiesText.enable}
        </button>
        <button type="button" class="danger" onClick={() => setDeleted(policy.PolicyName)}>
          {policiesText.delete}
        </button>
      </span>
    ),
  };
  return (
    <>
      {put.error && <Problem error={put.error} />}
      <PagedList
        caption={policiesText.tabs.forget}
        found={found}
        itemsOf={({ Policies }) => Policies}
        keyOf={({ PolicyName }) => PolicyName}
        columns={[...columns, actions]}
        empty={<FirstStep says={text.empty} command={text.emptyCommand} />}
      />
      {deleted !== undefined && (
        <DeleteForget name={deleted} onClose={() => setDeleted(undefined)} />
      )}
    </>
  );
}

const columns: Column<ForgetPolicy>[] = [
  {
    title: policiesText.columns.policy,
    cell: ({ PolicyName }) => <a href={href(['policies', 'forget', PolicyName])}>{PolicyName}</a>,
  },
  { title: policiesText.columns.state, cell: (policy) => <EnabledMark of={policy} /> },
  { title: policiesText.columns.of, cell: (policy) => targetWords(policy), isWide: true },
  { title: text.columns.when, cell: (policy) => whenWords(policy) },
  { title: policiesText.columns.keeps, cell: (policy) => keptWords(policy).join(', ') },
  { title: text.columns.next, cell: ({ NextRunTime }) => <Time at={NextRunTime} /> },
  { title: text.columns.last, cell: ({ LastRun }) => <LastRunWords of={LastRun} /> },
];

export function EnabledMark({ of: { Enabled } }: { of: ForgetPolicy }) {
  return <Mark tone={Enabled ? 'good' : 'quiet'}>{Enabled ? text.enabled : text.disabled}</Mark>;
}

function targetWords({ SourceIds = [], TargetTags = [] }: ForgetPolicy): string {
  const tags = TargetTags.map(({ Key, Value }) => `${Key}=${Value}`);
  const shown = [...tags, ...SourceIds].slice(0, 5);
  const more = tags.length + SourceIds.length - shown.length;
  return [...shown, ...(more > 0 ? [text.andMore(more)] : [])].join(', ');
}

function keptWords(keep: KeepRules): string[] {
  return [
    ...counted.flatMap((name) => (keep[name] ? [text.kept[name](keep[name])] : [])),
    ...(keep.KeepWithin ? [text.within(keep.KeepWithin)] : []),
    ...withinEach.flatMap((name) => (keep[name] ? [text.keptWithin[name](keep[name])] : [])),
    ...(keep.KeepTags ?? []).map(text.tagged),
  ];
}

export function LastRunWords({ of: run }: { of: ForgetPolicy['LastRun'] }) {
  if (!run) return <span>{common.none}</span>;
  return (
    <>
      <Time at={run.Time} />: {text.did(run.Removed, run.Refused)}
      {run.Problem && <span class="line">{run.Problem}</span>}
    </>
  );
}

interface DeleteProps {
  name: string;
  onDeleted?: () => void;
  onClose(): void;
}

export function DeleteForget({ name: PolicyName, onDeleted, onClose }: DeleteProps) {
  const remove = useChange('imago', 'DeleteForgetPolicy');
  const run = async () => {
    await remove.mutateAsync({ PolicyName });
    onDeleted?.();
  };
  return (
    <ActionDialog
      title={policiesText.deleteTitle(PolicyName)}
      action={policiesText.deleteNow}
      isDangerous
      command={`bin/imago backups policies delete ${word(PolicyName)}`}
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}

/** The selections of a plan: what each chooses, and what its tests look at. */
import { useState } from 'preact/hooks';
import { useAction, useChange, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { useInSight } from '../../parts/use-in-sight.ts';
import { href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { testingPlansText, selectionsText as text } from '../../text/restore-testing.ts';
import { endOf, type Selection } from './plan.ts';
import { kindOf, looksOf, tagsOf } from './wanted.ts';

type Listed = Output<'backup', 'ListRestoreTestingSelections'>['RestoreTestingSelections'][number];

const tables = ['restoreTestingPlans'] as const;
const shownIds = 5;

export function Selections({ plan: RestoreTestingPlanName }: { plan: string }) {
  const asked = { RestoreTestingPlanName };
  const found = usePages('backup', 'ListRestoreTestingSelections', asked, { tables });
  const [deleted, setDeleted] = useState<string>();
  const actions: Column<Listed> = {
    title: text.columns.actions,
    cell: ({ RestoreTestingSelectionName: name }) => (
      <button type="button" class="danger" onClick={() => setDeleted(name)}>
        {testingPlansText.delete}
      </button>
    ),
  };
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ RestoreTestingSelections }) => RestoreTestingSelections}
        keyOf={({ RestoreTestingSelectionName }) => RestoreTestingSelectionName}
        columns={[...columns, actions]}
        empty={text.empty}
      />
      <p>
        <a class="button" href={href(['drills', 'plans', RestoreTestingPlanName, 'selections'])}>
          {text.create}
        </a>
      </p>
      {deleted !== undefined && (
        <DeleteSelection
          plan={RestoreTestingPlanName}
          name={deleted}
          onClose={() => setDeleted(undefined)}
        />
      )}
    </section>
  );
}

const columns: Column<Listed>[] = [
  {
    title: text.columns.selection,
    cell: ({ RestoreTestingPlanName: plan, RestoreTestingSelectionName: name }) => (
      <a href={href(['drills', 'plans', plan, 'selections', name])}>{name}</a>
    ),
  },
  {
    title: text.columns.chooses,
    cell: (of) => <Detail of={of} show={chosenWords} />,
    isWide: true,
  },
  { title: text.columns.looks, cell: (of) => <Detail of={of} show={looksWords} /> },
];

/** What the list does not tell is asked for each that is in sight. */
function Detail({ of, show }: { of: Listed; show(selection: Selection): string }) {
  const { RestoreTestingPlanName, RestoreTestingSelectionName } = of;
  const [ref, enabled] = useInSight<HTMLSpanElement>();
  const asked = { RestoreTestingPlanName, RestoreTestingSelectionName };
  const { data } = useAction('backup', 'GetRestoreTestingSelection', asked, { tables, enabled });
  const selection = data?.RestoreTestingSelection;
  return <span ref={ref}>{selection ? show(selection) : common.none}</span>;
}

function chosenWords(selection: Selection): string {
  const { ProtectedResourceArns: arns = [], ProtectedResourceConditions: tags = {} } = selection;
  const kind = kindOf(selection);
  if (!arns.includes('*')) {
    const ids = arns.slice(0, shownIds).map(endOf);
    const more = arns.length - ids.length;
    return [...ids, ...(more > 0 ? [text.more(more)] : [])].join(', ');
  }
  const said = [...tagsOf(tags.StringEquals), ...tagsOf(tags.StringNotEquals).map(text.hasNot)];
  return said.length === 0 ? text.all[kind] : `${text.tagged[kind]} ${said.join(', ')}`;
}

function looksWords(selection: Selection): string {
  const { InstanceType: type, Checks = [] } = looksOf(selection);
  const { ValidationWindowHours: hours = 0 } = selection;
  return [
    text.usual,
    ...(Checks.length > 0 ? [text.checks(Checks.length)] : []),
    ...(type !== undefined ? [text.type(type)] : []),
    ...(hours > 0 ? [text.waits(hours)] : []),
  ].join(', ');
}

interface DeleteProps {
  plan: string;
  name: string;
  onDeleted?: () => void;
  onClose(): void;
}

export function DeleteSelection({ plan, name, onDeleted, onClose }: DeleteProps) {
  const remove = useChange('backup', 'DeleteRestoreTestingSelection');
  const input = { RestoreTestingPlanName: plan, RestoreTestingSelectionName: name };
  const run = async () => {
    await remove.mutateAsync(input);
    onDeleted?.();
  };
  return (
    <ActionDialog
      title={text.deleteTitle(name)}
      action={testingPlansText.deleteNow}
      isDangerous
      command={awsCli('backup', 'DeleteRestoreTestingSelection', input)}
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}

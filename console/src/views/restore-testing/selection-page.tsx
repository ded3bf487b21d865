/**
 * A selection of a restore testing plan: one that is to be (`#/drills/plans/PLAN/selections`) or
 * that is there (`…/selections/NAME`).
 */
import { useState } from 'preact/hooks';
import type { DrillLooks } from '../../../../api/imago-drill-checks.ts';
import { useAction, useChange } from '../../api/queries.ts';
import { AsCode } from '../../parts/as-code.tsx';
import { checksAsText, readChecks } from '../../parts/drill-checks.ts';
import { forgetting } from '../../parts/forgetting.ts';
import { Problem } from '../../parts/problem.tsx';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { policyText } from '../../text/policies.ts';
import { testingPlansText, selectionText as text } from '../../text/restore-testing.ts';
import { SavePolicy } from '../policies/policy-frame.tsx';
import { codesOf } from './codes-of.ts';
import { selectionFieldOf } from './field-of.ts';
import type { Selection } from './plan.ts';
import { SelectionFields } from './selection-fields.tsx';
import { DeleteSelection } from './selections.tsx';
import { usePlace } from './use-place.ts';
import {
  createSelectionOf,
  newSelection,
  selectionWanted,
  updateSelectionOf,
  type WantedSelection,
} from './wanted.ts';

interface Props {
  plan: string;
  name: string | undefined;
}

export function SelectionPage({ plan, name }: Props) {
  return (
    <>
      <p class="back">
        <a href={href(['drills', 'plans', plan])}>{plan}</a>
      </p>
      {name === undefined ? <NewSelection plan={plan} /> : <SelectionThatIs {...{ plan, name }} />}
    </>
  );
}

function NewSelection({ plan }: { plan: string }) {
  const place = usePlace();
  const create = useChange('backup', 'CreateRestoreTestingSelection');
  return (
    <>
      <header class="view">
        <h1>{text.newTitle(plan)}</h1>
      </header>
      <SelectionForm
        first={newSelection}
        isNew
        action="CreateRestoreTestingSelection"
        inputOf={(wanted, looks) => createSelectionOf(plan, wanted, place, looks)}
        asked={create}
        onSaved={() => go(href(['drills', 'plans', plan]))}
      />
    </>
  );
}

function SelectionThatIs({ plan, name }: { plan: string; name: string }) {
  const asked = { RestoreTestingPlanName: plan, RestoreTestingSelectionName: name };
  const asking = { tables: ['restoreTestingPlans'] } as const;
  const found = useAction('backup', 'GetRestoreTestingSelection', asked, asking);
  const [isDeleted, setIsDeleted] = useState(false);
  if (found.error && !isDeleted) return <Problem error={found.error} retry={found.refetch} />;
  const selection = found.data?.RestoreTestingSelection;
  if (!selection) return <p class="loading">{common.loading}</p>;
  return (
    <>
      <header class="view">
        <h1>{text.title(name)}</h1>
        <button type="button" class="danger" onClick={() => setIsDeleted(true)}>
          {testingPlansText.delete}
        </button>
      </header>
      <ChangedSelection {...{ plan, selection }} />
      {isDeleted && (
        <DeleteSelection
          {...{ plan, name }}
          onDeleted={() => go(href(['drills', 'plans', plan]))}
          onClose={() => setIsDeleted(false)}
        />
      )}
    </>
  );
}

function ChangedSelection({ plan, selection }: { plan: string; selection: Selection }) {
  const place = usePlace();
  const update = useChange('backup', 'UpdateRestoreTestingSelection');
  return (
    <SelectionForm
      first={selectionWanted(selection, place, checksAsText)}
      isNew={false}
      action="UpdateRestoreTestingSelection"
      inputOf={(wanted, looks) => updateSelectionOf(plan, wanted, place, looks)}
      asked={update}
    />
  );
}

interface FormProps<Asked extends object> {
  /** At first. */
  first: WantedSelection;
  isNew: boolean;
  action: string;
  /** Throws what cannot be said by a selection. */
  inputOf(wanted: WantedSelection, looks: DrillLooks): Asked;
  asked: {
    error: Error | null;
    isPending: boolean;
    isSuccess: boolean;
    reset(): void;
    mutateAsync(input: Asked): Promise<unknown>;
  };
  onSaved?(): void;
}

function SelectionForm<Asked extends object>(props: FormProps<Asked>) {
  const { first, isNew, action, inputOf, asked, onSaved } = props;
  const [wanted, setWanted] = useState(first);
  /** In the text of checks, when it was to be saved. */
  const [wrong, setWrong] = useState<Error>();
  const error = wrong ?? asked.error;
  const said = attempted(() => inputOf(wanted, readChecks(wanted.looks)));
  const shown = said.is ?? inputOf({ ...wanted, looks: '' }, {});
  const submit = async (event: Event) => {
    event.preventDefault();
    setWrong(said.error);
    if (!said.is) return;
    // What was refused is at its field.
    await asked.mutateAsync(said.is).then(
      () => onSaved?.(),
      () => {},
    );
  };
  const forget = () => {
    setWrong(undefined);
    asked.reset();
  };
  return (
    <form class="columns" onSubmit={submit} {...forgetting(!asked.isPending && forget)}>
      <div>
        <SelectionFields
          {...{ wanted, isNew, error }}
          onChange={(part) => setWanted((now) => ({ ...now, ...part }))}
        />
      </div>
      <aside>
        {error &&
          (selectionFieldOf(error) ? <p>{policyText.atField}</p> : <Problem error={error} />)}
        <SavePolicy
          {...{ isNew }}
          isPending={asked.isPending}
          create={text.create}
          isSaved={asked.isSuccess && !isNew}
        />
        <AsCode label={policyText.asCode} codes={codesOf(action, shown)} />
      </aside>
    </form>
  );
}

function attempted<Made>(make: () => Made): { is?: Made; error?: Error } {
  try {
    return { is: make() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/**
 * A restore testing plan: one that is to be (`#/drills/plans`) or that is there
 * (`#/drills/plans/NAME`), with its selections and what it has tested.
 */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { AsCode } from '../../parts/as-code.tsx';
import { Facts } from '../../parts/facts.tsx';
import { forgetting } from '../../parts/forgetting.ts';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { useRested } from '../../parts/use-rested.ts';
import { go, href, type Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { common } from '../../text/common.ts';
import { policyText } from '../../text/policies.ts';
import { testingPlansText, testingPlanText as text } from '../../text/restore-testing.ts';
import { PolicyHead, SavePolicy } from '../policies/policy-frame.tsx';
import { codesOf } from './codes-of.ts';
import { DeletePlan } from './delete-plan.tsx';
import { planFieldOf } from './field-of.ts';
import { type Plan, vaultWords } from './plan.ts';
import { PlanFields } from './plan-fields.tsx';
import { LastVerdicts, NextRun, useNextRun, whenOf } from './plans-list.tsx';
import { Selections } from './selections.tsx';
import { TestsList } from './tests-list.tsx';
import { usePlace } from './use-place.ts';
import { createPlanOf, newPlan, planWanted, updatePlanOf, type WantedPlan } from './wanted.ts';

/** With its reader of YAML. */
const SelectionPage = later(() => import('./selection-page.tsx'), 'SelectionPage');

export function PlanPage({ route }: { route: Route }) {
  const [, , name, part, selection] = route.path;
  if (name !== undefined && part === 'selections') {
    return <SelectionPage key={selection} plan={name} name={selection} />;
  }
  return (
    <>
      <p class="back">
        <a href={href(['drills'], { tab: 'plans' })}>{testingPlansText.back}</a>
      </p>
      {name === undefined ? <NewPlan /> : <PlanThatIs key={name} name={name} />}
    </>
  );
}

function NewPlan() {
  const place = usePlace();
  const create = useChange('backup', 'CreateRestoreTestingPlan');
  const [wanted, setWanted] = useState(() =>
    newPlan(Intl.DateTimeFormat().resolvedOptions().timeZone),
  );
  const input = createPlanOf(wanted, place);
  const run = async () => {
    await create.mutateAsync(input);
    go(href(['drills', 'plans', wanted.name]));
  };
  return (
    <>
      <header class="view">
        <h1>{testingPlansText.newTitle}</h1>
      </header>
      <p class="hint">{testingPlansText.means}</p>
      <PlanForm
        {...{ wanted, setWanted, run }}
        isNew
        asked={create}
        codes={codesOf('CreateRestoreTestingPlan', input)}
      />
    </>
  );
}

function PlanThatIs({ name: RestoreTestingPlanName }: { name: string }) {
  const asking = { tables: ['restoreTestingPlans'] } as const;
  const found = useAction('backup', 'GetRestoreTestingPlan', { RestoreTestingPlanName }, asking);
  const [isDeleted, setIsDeleted] = useState(false);
  if (found.error && !isDeleted) return <Problem error={found.error} retry={found.refetch} />;
  const plan = found.data?.RestoreTestingPlan;
  if (!plan) return <p class="loading">{common.loading}</p>;
  const { columns } = testingPlansText;
  return (
    <>
      <PolicyHead
        title={RestoreTestingPlanName}
        facts={[
          [columns.last, <Time key="last" at={plan.LastExecutionTime} exact />],
          [columns.verdict, <LastVerdicts key="verdicts" of={plan} />],
          [columns.next, <NextRun key="next" of={plan} />],
        ]}
        onDelete={() => setIsDeleted(true)}
      />
      <TestsList plan={plan.RestoreTestingPlanArn} />
      <Selections plan={RestoreTestingPlanName} />
      <section class="card">
        <h2>{text.what}</h2>
        <Facts of={facts(plan)} />
      </section>
      <ChangedPlan plan={plan} />
      {isDeleted && (
        <DeletePlan
          name={RestoreTestingPlanName}
          onDeleted={() => go(href(['drills'], { tab: 'plans' }))}
          onClose={() => setIsDeleted(false)}
        />
      )}
    </>
  );
}

function facts(plan: Plan) {
  const names = testingPlansText.facts;
  const { RecoveryPointSelection: points, StartWindowHours: hours = 24 } = plan;
  const { Algorithm = '', SelectionWindowDays: days = 30 } = points;
  return [
    [testingPlansText.columns.when, whenOf(plan)],
    [names.window, testingPlansText.hours(hours)],
    [names.points, testingPlansText.points(Algorithm, days)],
    [names.vaults, vaultWords(points)],
    [names.made, <Time key="made" at={plan.CreationTime} />],
    [names.changed, <Time key="changed" at={plan.LastUpdateTime} />],
  ] as const;
}

function ChangedPlan({ plan }: { plan: Plan }) {
  const place = usePlace();
  const update = useChange('backup', 'UpdateRestoreTestingPlan');
  const [wanted, setWanted] = useState(() => planWanted(plan, place));
  const input = updatePlanOf(wanted, place);
  return (
    <PlanForm
      {...{ wanted, setWanted }}
      isNew={false}
      run={() => update.mutateAsync(input)}
      asked={update}
      codes={codesOf('UpdateRestoreTestingPlan', input)}
    />
  );
}

interface FormProps {
  wanted: WantedPlan;
  setWanted(change: (now: WantedPlan) => WantedPlan): void;
  isNew: boolean;
  run(): Promise<unknown>;
  asked: { error: Error | null; isPending: boolean; isSuccess: boolean; reset(): void };
  codes: readonly (readonly [string, string])[];
}

function PlanForm({ wanted, setWanted, isNew, run, asked, codes }: FormProps) {
  const { error, isPending } = asked;
  const { RestoreTestingPlan: plan } = createPlanOf(wanted, usePlace());
  const next = useNextRun(useRested(plan), true);
  const refused = error ?? next.error;
  const submit = (event: Event) => {
    event.preventDefault();
    // What was refused is at its field.
    run().catch(() => {});
  };
  return (
    <form class="columns" onSubmit={submit} {...forgetting(!isPending && asked.reset)}>
      <div>
        <PlanFields
          {...{ wanted, isNew }}
          error={refused}
          isSought={error !== null}
          onChange={(part) => setWanted((now) => ({ ...now, ...part }))}
        />
      </div>
      <aside>
        {error && (planFieldOf(error) ? <p>{policyText.atField}</p> : <Problem error={error} />)}
        <SavePolicy
          {...{ isNew, isPending }}
          create={text.create}
          isSaved={asked.isSuccess && !isNew}
        />
        <Facts
          of={[
            [text.next, <Time key="next" at={refused ? undefined : next.data?.NextTime} exact />],
          ]}
        />
        <AsCode label={policyText.asCode} codes={codes} />
      </aside>
    </form>
  );
}

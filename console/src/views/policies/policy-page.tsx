/**
 * A policy that is to be (`#/policies/new`) or that is there (`#/policies/policy-…`): its form, and
 * beside it what it comes to in a year, and the same for aws-cli.
 */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { AsCode } from '../../parts/as-code.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { forgetting } from '../../parts/forgetting.ts';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { useRested } from '../../parts/use-rested.ts';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { policiesText, policyText as text } from '../../text/policies.ts';
import { fieldOf } from './field-of.ts';
import { DeleteDialog, NextRun } from './policies-list.tsx';
import type { Policy } from './policy.ts';
import { PolicyForm } from './policy-form.tsx';
import { PolicyHead, SavePolicy } from './policy-frame.tsx';
import { ForgetField, Simulator, useSimulation } from './simulator.tsx';
import {
  createOf,
  detailsOf,
  isDefault,
  newPolicy,
  updateOf,
  type Wanted,
  wantedOf,
} from './wanted.ts';

export function PolicyPage({ id }: { id: string }) {
  return (
    <>
      <p class="back">
        <a href={href(['policies'])}>{policiesText.back}</a>
      </p>
      {id === 'new' ? <NewPolicy /> : <PolicyThatIs key={id} id={id} />}
    </>
  );
}

function NewPolicy() {
  const { profile } = useSession();
  const create = useChange('dlm', 'CreateLifecyclePolicy');
  const [wanted, setWanted] = useState(() => newPolicy(text.schedule(0)));
  const input = createOf(wanted, profile.account.AccountId);
  const run = async () => {
    const { PolicyId = '' } = await create.mutateAsync(input);
    go(href(['policies', PolicyId]));
  };
  return (
    <>
      <header class="view">
        <h1>{text.newTitle}</h1>
      </header>
      <FormAndYear
        {...{ wanted, setWanted, run }}
        isNew
        asked={create}
        command={awsCli('dlm', 'CreateLifecyclePolicy', input)}
      />
    </>
  );
}

function PolicyThatIs({ id: PolicyId }: { id: string }) {
  const tables = ['backupPolicies'] as const;
  const found = useAction('dlm', 'GetLifecyclePolicy', { PolicyId }, { tables });
  const [isDeleted, setIsDeleted] = useState(false);
  if (found.error && !isDeleted) return <Problem error={found.error} retry={found.refetch} />;
  const policy = found.data?.Policy;
  if (!policy) return <p class="loading">{common.loading}</p>;
  const { Description, State: state, StatusMessage } = policy;
  return (
    <>
      <PolicyHead
        title={
          <>
            {Description} <State of={state} />
          </>
        }
        facts={[
          [policiesText.columns.policy, <code key="id">{PolicyId}</code>],
          [policiesText.columns.next, <NextRun key="next" of={policy} />],
          [text.facts.message, StatusMessage === state ? undefined : StatusMessage],
          [text.facts.created, <Time key="made" at={policy.DateCreated} />],
          [text.facts.changed, <Time key="changed" at={policy.DateModified} />],
        ]}
        onDelete={() => setIsDeleted(true)}
      />
      <ChangedPolicy id={PolicyId} policy={policy} />
      {isDeleted && (
        <DeleteDialog
          id={PolicyId}
          onDeleted={() => go(href(['policies']))}
          onClose={() => setIsDeleted(false)}
        />
      )}
    </>
  );
}

function ChangedPolicy({ id, policy }: { id: string; policy: Policy }) {
  const update = useChange('dlm', 'UpdateLifecyclePolicy');
  const [wanted, setWanted] = useState(() => wantedOf(policy));
  const input = updateOf(wanted, id);
  return (
    <FormAndYear
      {...{ wanted, setWanted }}
      isNew={false}
      run={() => update.mutateAsync(input)}
      asked={update}
      command={awsCli('dlm', 'UpdateLifecyclePolicy', input)}
    />
  );
}

interface FormProps {
  wanted: Wanted;
  setWanted(change: (now: Wanted) => Wanted): void;
  isNew: boolean;
  run(): Promise<unknown>;
  asked: { error: Error | null; isPending: boolean; isSuccess: boolean; reset(): void };
  command: string;
}

function FormAndYear(props: FormProps) {
  const { wanted, setWanted, isNew, run, asked, command } = props;
  const { error, isPending } = asked;
  const details = detailsOf(wanted);
  const [forget, setForget] = useState('');
  const simulation = useSimulation(
    { PolicyDetails: useRested(details), ...(forget && { ForgetPolicyName: forget }) },
    isDefault(wanted.kind) || wanted.targets.trim() !== '',
  );
  const refused = error ?? simulation.error;
  const submit = (event: Event) => {
    event.preventDefault();
    // What was refused is at its field.
    run().catch(() => {});
  };
  return (
    <form class="columns with-year" onSubmit={submit} {...forgetting(!isPending && asked.reset)}>
      <div>
        <PolicyForm
          {...{ wanted, isNew }}
          error={refused}
          isSought={error !== null}
          onChange={(part) => setWanted((now) => ({ ...now, ...part }))}
        />
      </div>
      <aside>
        {error && (fieldOf(error) ? <p>{text.atField}</p> : <Problem error={error} />)}
        <SavePolicy {...{ isNew, isPending }} isSaved={asked.isSuccess && !isNew} />
        <Simulator
          simulation={simulation}
          isElsewhere={(refusal) => fieldOf(refusal) !== undefined}
        >
          <ForgetField value={forget} onChange={setForget} />
        </Simulator>
        <AsCode
          label={text.asCode}
          codes={[
            ['aws-cli', command],
            [text.document, JSON.stringify(details, null, 2)],
          ]}
        />
      </aside>
    </form>
  );
}

/**
 * A policy that forgets: one that is to be (`#/policies/forget`) or that is there
 * (`#/policies/forget/NAME`), and beside it a year of backups that its rules thin out.
 */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { AsCode } from '../../parts/as-code.tsx';
import { Empty } from '../../parts/empty.tsx';
import { forgetting } from '../../parts/forgetting.ts';
import { hasRule, keepOf } from '../../parts/keep-rules.ts';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { useRested } from '../../parts/use-rested.ts';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { policiesText, policyText, forgetPoliciesText as text } from '../../text/policies.ts';
import { forgetFieldOf } from './forget-field-of.ts';
import { ForgetFields, type Maker, MakerField } from './forget-fields.tsx';
import { DeleteForget, EnabledMark, LastRunWords } from './forget-list.tsx';
import { newForget, putCommand, requestOf, scheduleOf, wantedOf } from './forget-wanted.ts';
import { PolicyHead, SavePolicy } from './policy-frame.tsx';
import { Simulator, useSimulation } from './simulator.tsx';

export function ForgetPage({ name }: { name: string | undefined }) {
  return (
    <>
      <p class="back">
        <a href={href(['policies'], { tab: 'forget' })}>{policiesText.back}</a>
      </p>
      {name === undefined ? <NewForget /> : <ForgetThatIs key={name} name={name} />}
    </>
  );
}

function NewForget() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <header class="view">
        <h1>{text.newTitle}</h1>
      </header>
      <p class="hint">{text.means}</p>
      <FormAndYear
        wanted={newForget(zone)}
        isNew
        onSaved={(name) => go(href(['policies', 'forget', name]))}
      />
    </>
  );
}

function ForgetThatIs({ name: PolicyName }: { name: string }) {
  const asking = { tables: ['forgetPolicies'] } as const;
  const found = useAction('imago', 'DescribeForgetPolicies', { PolicyName }, asking);
  const [isDeleted, setIsDeleted] = useState(false);
  if (found.error && !isDeleted) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const [policy] = found.data.Policies;
  if (!policy) return <Empty>{text.gone(PolicyName)}</Empty>;
  const { SourceIds: ids = [] } = policy;
  return (
    <>
      <PolicyHead
        title={
          <>
            {PolicyName} <EnabledMark of={policy} />
          </>
        }
        facts={[
          [text.columns.next, <Time key="next" at={policy.NextRunTime} />],
          [text.columns.last, <LastRunWords key="last" of={policy.LastRun} />],
          ...(ids.length > 0 ? [[text.backupsOf, <Sources key="of" ids={ids} />] as const] : []),
        ]}
        onDelete={() => setIsDeleted(true)}
      />
      <FormAndYear wanted={wantedOf(policy)} isNew={false} />
      {isDeleted && (
        <DeleteForget
          name={PolicyName}
          onDeleted={() => go(href(['policies'], { tab: 'forget' }))}
          onClose={() => setIsDeleted(false)}
        />
      )}
    </>
  );
}

function Sources({ ids }: { ids: readonly string[] }) {
  return ids.map((id) => (
    <a key={id} class="line" href={href(['backups', id])}>
      <code>{id}</code>
    </a>
  ));
}

interface FormProps {
  /** At first. */
  wanted: ReturnType<typeof newForget>;
  isNew: boolean;
  onSaved?(name: string): void;
}

function FormAndYear({ wanted: first, isNew, onSaved }: FormProps) {
  const [wanted, setWanted] = useState(first);
  const [maker, setMaker] = useState<Maker>({ Schedule: 'rate(1 day)' });
  const put = useChange('imago', 'PutForgetPolicy');
  const request = requestOf(wanted);
  const rested = useRested({
    ...{ ...maker, ...keepOf(wanted.rules) },
    ForgetSchedule: scheduleOf(wanted),
  });
  const simulation = useSimulation(rested, hasRule(wanted.rules));
  const refused = put.error ?? simulation.error;
  const change = (part: Partial<typeof wanted>) => setWanted((now) => ({ ...now, ...part }));
  const submit = async (event: Event) => {
    event.preventDefault();
    // What was refused is at its field.
    await put.mutateAsync(request).then(
      () => onSaved?.(request.PolicyName),
      () => {},
    );
  };
  return (
    <form class="columns with-year" onSubmit={submit} {...forgetting(!put.isPending && put.reset)}>
      <div>
        <ForgetFields
          {...{ wanted, isNew }}
          error={refused}
          isSought={put.error !== null}
          onChange={change}
        />
      </div>
      <aside>
        {put.error &&
          (forgetFieldOf(put.error) ? <p>{policyText.atField}</p> : <Problem error={put.error} />)}
        <SavePolicy {...{ isNew }} isPending={put.isPending} isSaved={put.isSuccess && !isNew} />
        <Simulator
          simulation={simulation}
          means={text.simulated}
          isElsewhere={(refusal) => forgetFieldOf(refusal) !== undefined}
        >
          <MakerField value={maker} onChange={setMaker} />
        </Simulator>
        <AsCode
          label={policyText.asCode}
          codes={[
            ['bin/imago', putCommand(request)],
            [policyText.document, JSON.stringify(request, null, 2)],
          ]}
        />
      </aside>
    </form>
  );
}

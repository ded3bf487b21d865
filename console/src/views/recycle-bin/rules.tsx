/** Retention rules: what the bin keeps, how long, and whether the rule itself may be changed. */
import { useState } from 'preact/hooks';
import { useAction, useChange, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { useInSight } from '../../parts/use-in-sight.ts';
import { common } from '../../text/common.ts';
import { rulesText as text } from '../../text/recycle-bin.ts';
import { RuleDialog, type RuleType, ruleTypes } from './rule-dialog.tsx';

type Listed = Output<'rbin', 'ListRules'>['Rules'][number];
type Asked = { what: 'change' | 'lock' | 'delete'; rule: Listed };

const tables = ['recycleRules'] as const;

export function Rules() {
  const [isMade, setIsMade] = useState(false);
  return (
    <>
      {ruleTypes.map((type) => (
        <RulesOf key={type} type={type} />
      ))}
      <p>
        <button type="button" class="main" onClick={() => setIsMade(true)}>
          {text.create}
        </button>
      </p>
      {isMade && <RuleDialog onClose={() => setIsMade(false)} />}
    </>
  );
}

function RulesOf({ type }: { type: RuleType }) {
  const [asked, setAsked] = useState<Asked>();
  const found = usePages('rbin', 'ListRules', { ResourceType: type }, { tables });
  const unlock = useChange('rbin', 'UnlockRule');
  const close = () => setAsked(undefined);
  return (
    <section class="card">
      <h2>{text.of[type]}</h2>
      {unlock.error && <Problem error={unlock.error} />}
      <PagedList
        caption={text.of[type]}
        found={found}
        itemsOf={({ Rules: rules }) => rules}
        keyOf={({ Identifier }) => Identifier}
        columns={[
          { title: text.columns.id, cell: ({ Identifier }) => <code>{Identifier}</code> },
          { title: text.columns.description, cell: ({ Description }) => Description },
          {
            title: text.columns.days,
            cell: ({ RetentionPeriod }) => RetentionPeriod.RetentionPeriodValue,
            isFigure: true,
          },
          { title: text.columns.of, cell: ({ Identifier }) => <Scope id={Identifier} /> },
          { title: text.columns.lock, cell: (rule) => <Lock rule={rule} /> },
          {
            title: text.columns.actions,
            cell: (rule) => (
              <RuleActions
                rule={rule}
                ask={(what) => setAsked({ what, rule })}
                unlock={() => unlock.mutate({ Identifier: rule.Identifier })}
              />
            ),
          },
        ]}
        empty={text.empty[type]}
      />
      {asked?.what === 'change' && <ChangeRule id={asked.rule.Identifier} onClose={close} />}
      {asked?.what === 'lock' && <LockDialog id={asked.rule.Identifier} onClose={close} />}
      {asked?.what === 'delete' && <DeleteDialog id={asked.rule.Identifier} onClose={close} />}
    </section>
  );
}

interface ActionsProps {
  rule: Listed;
  ask(what: Asked['what']): void;
  unlock(): void;
}

function RuleActions({ rule: { LockState: lock }, ask, unlock }: ActionsProps) {
  const isLocked = lock === 'locked' || lock === 'pending_unlock';
  return (
    <span class="actions">
      <ActionButton because={isLocked && text.isLocked} onClick={() => ask('change')}>
        {text.change}
      </ActionButton>
      {isLocked ? (
        <ActionButton because={lock === 'pending_unlock' && text.isUnlocking} onClick={unlock}>
          {text.unlock}
        </ActionButton>
      ) : (
        <ActionButton onClick={() => ask('lock')}>{text.lock}</ActionButton>
      )}
      <ActionButton because={isLocked && text.isLocked} onClick={() => ask('delete')}>
        {text.delete}
      </ActionButton>
    </span>
  );
}

/** Which things it is for: all of the kind, or by tags. Asked for where it is in sight. */
function Scope({ id: Identifier }: { id: string }) {
  const [ref, enabled] = useInSight<HTMLSpanElement>();
  const { data: rule } = useAction('rbin', 'GetRule', { Identifier }, { tables, enabled });
  return <span ref={ref}>{rule ? scopeOf(rule) : common.none}</span>;
}

function scopeOf({ ResourceTags, ExcludeResourceTags }: Output<'rbin', 'GetRule'>): string {
  const words = (tags: typeof ResourceTags) =>
    tags
      .map(({ ResourceTagKey: key, ResourceTagValue: value }) => (value ? `${key}=${value}` : key))
      .join(', ');
  if (ResourceTags.length > 0) return words(ResourceTags);
  return ExcludeResourceTags.length === 0 ? text.all : text.allBut(words(ExcludeResourceTags));
}

function Lock({ rule: { Identifier, LockState } }: { rule: Listed }) {
  const [ref, isInSight] = useInSight<HTMLSpanElement>();
  const enabled = isInSight && LockState === 'pending_unlock';
  const { data } = useAction('rbin', 'GetRule', { Identifier }, { tables, enabled });
  const isLocked = LockState !== undefined && LockState !== 'unlocked';
  return (
    <span ref={ref}>
      {isLocked ? <State of={LockState} /> : common.none}{' '}
      {enabled && data?.LockEndTime && <Time at={data.LockEndTime} />}
    </span>
  );
}

interface DialogProps {
  id: string;
  onClose(): void;
}

function ChangeRule({ id, onClose }: DialogProps) {
  const found = useAction('rbin', 'GetRule', { Identifier: id }, { tables });
  return found.data ? <RuleDialog rule={found.data} onClose={onClose} /> : null;
}

function LockDialog({ id, onClose }: DialogProps) {
  const [days, setDays] = useState('7');
  const lock = useChange('rbin', 'LockRule');
  const run = () =>
    lock.mutateAsync({
      Identifier: id,
      LockConfiguration: {
        UnlockDelay: { UnlockDelayValue: Number(days), UnlockDelayUnit: 'DAYS' },
      },
    });
  return (
    <ActionDialog title={text.lockTitle(id)} action={text.lockNow} run={run} onClose={onClose}>
      <p>{text.lockMeans}</p>
      <Field
        label={text.delay}
        type="number"
        min={7}
        max={30}
        value={days}
        onText={setDays}
        required
      />
    </ActionDialog>
  );
}

function DeleteDialog({ id: Identifier, onClose }: DialogProps) {
  const remove = useChange('rbin', 'DeleteRule');
  return (
    <ActionDialog
      title={text.deleteTitle(Identifier)}
      action={text.deleteNow}
      isDangerous
      run={() => remove.mutateAsync({ Identifier })}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}

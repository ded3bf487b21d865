/** A lock keeps a snapshot from being deleted for a time; one of compliance keeps everybody. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { snapshotLockText as text } from '../../text/snapshots.ts';
import type { PartProps } from './snapshot.ts';

const modes = ['governance', 'compliance'] as const;

export function SnapshotLock({ snapshot: { SnapshotId = '' } }: PartProps) {
  const [isAsked, setIsAsked] = useState(false);
  const input = { SnapshotIds: [SnapshotId] };
  const found = useAction('ec2', 'DescribeLockedSnapshots', input, { tables: ['snapshots'] });
  const unlock = useChange('ec2', 'UnlockSnapshot');
  const lock = found.data?.Snapshots?.[0];
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {(found.error ?? unlock.error) && <Problem error={found.error ?? unlock.error} />}
      <p>
        {lock ? text.locked(lock.LockState ?? '') : text.unlocked}{' '}
        {lock && <Time at={lock.LockExpiresOn} />}
      </p>
      <div class="actions">
        <button type="button" onClick={() => setIsAsked(true)}>
          {lock ? text.change : text.lock}
        </button>
        {lock && (
          <ActionButton
            because={lock.LockState === 'compliance' && text.isCompliance}
            onClick={() => unlock.mutate({ SnapshotId })}
          >
            {text.unlock}
          </ActionButton>
        )}
      </div>
      {isAsked && <LockDialog id={SnapshotId} onClose={() => setIsAsked(false)} />}
    </section>
  );
}

function LockDialog({ id, onClose }: { id: string; onClose(): void }) {
  const [mode, setMode] = useState<(typeof modes)[number]>('governance');
  const [days, setDays] = useState('30');
  const lock = useChange('ec2', 'LockSnapshot');
  const run = () =>
    lock.mutateAsync({ SnapshotId: id, LockMode: mode, LockDuration: Number(days) });
  return (
    <ActionDialog title={text.lock} action={text.lockNow} run={run} onClose={onClose}>
      <fieldset class="field">
        <legend>{text.mode}</legend>
        {modes.map((each) => (
          <label key={each} class="check">
            <input
              type="radio"
              name="mode"
              checked={each === mode}
              onChange={() => setMode(each)}
            />
            <span>
              {text.modes[each]} <small class="hint">{text.means[each]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <Field
        label={text.days}
        type="number"
        min={1}
        max={36_500}
        value={days}
        onText={setDays}
        required
      />
    </ActionDialog>
  );
}

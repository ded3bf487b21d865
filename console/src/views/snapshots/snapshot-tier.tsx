/** Whether a snapshot is in the archive, its way there and back. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { Check, Field } from '../../parts/field.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { snapshotTierText as text } from '../../text/snapshots.ts';
import type { PartProps } from './snapshot.ts';

export function SnapshotTier({ snapshot: { SnapshotId = '', State: state } }: PartProps) {
  const [asked, setAsked] = useState<'archive' | 'restore'>();
  const Filters = [{ Name: 'snapshot-id', Values: [SnapshotId] }];
  const found = useAction('ec2', 'DescribeSnapshotTierStatus', { Filters }, tables);
  const [told] = found.data?.SnapshotTierStatuses ?? [];
  const { StorageTier: tier = 'standard', LastTieringOperationStatus: last } = told ?? {};
  const isMoving = last?.endsWith('-in-progress') ?? false;
  const isRestored = told?.RestoreExpiryTime !== undefined && tier !== 'archive';
  const notNow = (isMoving && text.isMoving) || (state !== 'completed' && text.isPending);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      <p>
        {tier === 'archive' ? text.archived : text.standard}{' '}
        {isRestored && (
          <>
            {text.until} <Time at={told?.RestoreExpiryTime} />
          </>
        )}
      </p>
      {last && (
        <p role="status">
          <State of={last} /> <Time at={told?.LastTieringStartTime} />{' '}
          {told?.LastTieringOperationStatusDetail}
        </p>
      )}
      {isMoving && (
        <progress max={100} value={told?.LastTieringProgress} aria-label={common.progress} />
      )}
      <div class="actions">
        {tier !== 'archive' && !isRestored && (
          <ActionButton because={notNow} onClick={() => setAsked('archive')}>
            {text.archive}
          </ActionButton>
        )}
        {(tier === 'archive' || isRestored) && (
          <ActionButton because={notNow} onClick={() => setAsked('restore')}>
            {isRestored ? text.longer : text.restore}
          </ActionButton>
        )}
      </div>
      {asked === 'archive' && <ArchiveDialog id={SnapshotId} onClose={() => setAsked(undefined)} />}
      {asked === 'restore' && <RestoreDialog id={SnapshotId} onClose={() => setAsked(undefined)} />}
    </section>
  );
}

const tables = { tables: ['snapshots'] } as const;

interface Props {
  id: string;
  onClose(): void;
}

function ArchiveDialog({ id: SnapshotId, onClose }: Props) {
  const modify = useChange('ec2', 'ModifySnapshotTier');
  const input = { SnapshotId, StorageTier: 'archive' } as const;
  return (
    <ActionDialog
      title={text.archiveTitle(SnapshotId)}
      action={text.archiveNow}
      command={awsCli('ec2', 'ModifySnapshotTier', input)}
      run={() => modify.mutateAsync(input)}
      onClose={onClose}
    >
      <p>{text.archiveMeans}</p>
    </ActionDialog>
  );
}

const daysMax = 180;

function RestoreDialog({ id: SnapshotId, onClose }: Props) {
  const [isForGood, setIsForGood] = useState(false);
  const [days, setDays] = useState('7');
  const restore = useChange('ec2', 'RestoreSnapshotTier');
  const how = isForGood ? { PermanentRestore: true } : { TemporaryRestoreDays: Number(days) };
  const input = { SnapshotId, ...how };
  return (
    <ActionDialog
      title={text.restoreTitle(SnapshotId)}
      action={text.restoreNow}
      command={awsCli('ec2', 'RestoreSnapshotTier', input)}
      run={() => restore.mutateAsync(input)}
      onClose={onClose}
    >
      <Check
        label={text.forGood}
        hint={text.forGoodMeans}
        checked={isForGood}
        onCheck={setIsForGood}
      />
      {!isForGood && (
        <Field
          label={text.days}
          type="number"
          min={1}
          max={daysMax}
          required
          value={days}
          onText={setDays}
        />
      )}
    </ActionDialog>
  );
}

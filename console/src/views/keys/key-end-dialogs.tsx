/** The end of a key, for a time or for good: what nobody can use or read then is said before. */
import { useState } from 'preact/hooks';
import { type Key, titleOf, useEncrypted } from '../../api/kms-keys.ts';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { Field } from '../../parts/field.tsx';
import { keyText as text } from '../../text/keys.ts';

interface Props {
  of: Key;
  onClose(): void;
}

export function DisableKeyDialog({ of: { KeyId }, onClose }: Props) {
  const disable = useChange('kms', 'DisableKey');
  return (
    <ActionDialog
      title={text.disable}
      action={text.disableNow}
      isDangerous
      command={awsCli('kms', 'DisableKey', { KeyId })}
      run={() => disable.mutateAsync({ KeyId })}
      onClose={onClose}
    >
      <p>{text.disableMeans}</p>
    </ActionDialog>
  );
}

const days = { min: 7, max: 30 };

export function DeleteKeyDialog({ of: key, onClose }: Props) {
  const { KeyId } = key;
  const [wait, setWait] = useState(String(days.max));
  const schedule = useChange('kms', 'ScheduleKeyDeletion');
  const input = { KeyId, PendingWindowInDays: Number(wait) };
  return (
    <ActionDialog
      title={text.deleteTitle(titleOf(key))}
      action={text.deleteNow}
      isDangerous
      command={awsCli('kms', 'ScheduleKeyDeletion', input)}
      run={() => schedule.mutateAsync(input)}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
      <Lost id={KeyId} />
      <Field label={text.days} type="number" {...days} required value={wait} onText={setWait} />
    </ActionDialog>
  );
}

function Lost({ id }: { id: string }) {
  const { data } = useEncrypted(id);
  if (!data) return <p class="loading">{text.uses.looking}</p>;
  const { volumes, snapshots, images, isCut } = data;
  const isNothing = volumes.length + snapshots.length === 0;
  return (
    <p role="status">
      <strong>
        {isNothing ? text.nothingLost : text.lost(volumes.length, snapshots.length, images.length)}
      </strong>{' '}
      {isCut && text.lostToo}
    </p>
  );
}

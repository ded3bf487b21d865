/** Who may make volumes of a snapshot. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { snapshotPermissionsText as text } from '../../text/snapshots.ts';
import type { PartProps } from './snapshot.ts';

interface Permission {
  UserId?: string;
  Group?: string;
}

export function SnapshotPermissions({ snapshot: { SnapshotId = '' } }: PartProps) {
  const [asks, setAsks] = useState<'share' | 'public'>();
  const [who, setWho] = useState('');
  const input = { SnapshotId, Attribute: 'createVolumePermission' };
  const given = useAction('ec2', 'DescribeSnapshotAttribute', input, { tables: ['snapshots'] });
  const modify = useChange('ec2', 'ModifySnapshotAttribute');
  const change = (how: 'Add' | 'Remove', permission: Permission) =>
    modify.mutateAsync({ SnapshotId, CreateVolumePermission: { [how]: [permission] } });
  const permissions: Permission[] = given.data?.CreateVolumePermissions ?? [];
  const isPublic = permissions.some(({ Group }) => Group === 'all');
  const close = () => setAsks(undefined);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {(given.error ?? modify.error) && <Problem error={given.error ?? modify.error} />}
      <p>{isPublic ? text.isPublic : text.isPrivate}</p>
      <ul class="rows">
        {permissions.map(
          ({ UserId }) =>
            UserId && (
              <li key={UserId}>
                <code>{UserId}</code>
                <button
                  type="button"
                  aria-label={text.removeFrom(UserId)}
                  onClick={() => change('Remove', { UserId }).catch(() => {})}
                >
                  {text.remove}
                </button>
              </li>
            ),
        )}
      </ul>
      <div class="actions">
        <button type="button" onClick={() => setAsks('share')}>
          {text.share}
        </button>
        <button type="button" onClick={() => setAsks('public')}>
          {isPublic ? text.makePrivate : text.makePublic}
        </button>
      </div>
      {asks === 'share' && (
        <ActionDialog
          title={text.share}
          action={text.share}
          run={() => change('Add', { UserId: who.trim() })}
          onClose={close}
        >
          <Field label={text.with} value={who} onText={setWho} required pattern="\s*\d{12}\s*" />
        </ActionDialog>
      )}
      {asks === 'public' && (
        <ActionDialog
          title={isPublic ? text.makePrivate : text.makePublic}
          action={isPublic ? text.makePrivate : text.makePublic}
          isDangerous={!isPublic}
          run={() => change(isPublic ? 'Remove' : 'Add', { Group: 'all' })}
          onClose={close}
        >
          <p>{isPublic ? text.privateMeans : text.publicMeans}</p>
        </ActionDialog>
      )}
    </section>
  );
}

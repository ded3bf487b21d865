/** Who may launch an image: everybody, accounts, organizations and their units. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Input } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { permissionsText as text } from '../../text/image.ts';
import type { PartProps } from './kinds.ts';

type Permission = NonNullable<
  NonNullable<Input<'ec2', 'ModifyImageAttribute'>['LaunchPermission']>['Add']
>[number];

export function ImagePermissions({ image: { ImageId = '', Public } }: PartProps) {
  const [asks, setAsks] = useState<'share' | 'public'>();
  const input = { ImageId, Attribute: 'launchPermission' };
  const given = useAction('ec2', 'DescribeImageAttribute', input, { tables: ['images'] });
  const modify = useChange('ec2', 'ModifyImageAttribute');
  const change = (how: 'Add' | 'Remove', permission: Permission) =>
    modify.mutateAsync({ ImageId, LaunchPermission: { [how]: [permission] } });
  const close = () => setAsks(undefined);
  const others = (given.data?.LaunchPermissions ?? []).filter(({ Group }) => !Group);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {given.error && <Problem error={given.error} retry={given.refetch} />}
      {modify.error && <Problem error={modify.error} />}
      <p>{Public ? text.isPublic : text.isPrivate}</p>
      <ul class="rows">
        {others.map((permission) => (
          <li key={nameOf(permission)}>
            <code>{nameOf(permission)}</code>
            <button
              type="button"
              aria-label={text.removeFrom(nameOf(permission))}
              onClick={() => change('Remove', permission).catch(() => {})}
            >
              {text.remove}
            </button>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" onClick={() => setAsks('share')}>
          {text.share}
        </button>
        <button type="button" onClick={() => setAsks('public')}>
          {Public ? text.makePrivate : text.makePublic}
        </button>
      </div>
      {asks === 'share' && (
        <ShareDialog onClose={close} share={(permission) => change('Add', permission)} />
      )}
      {asks === 'public' && (
        <ActionDialog
          title={Public ? text.makePrivate : text.makePublic}
          action={Public ? text.makePrivate : text.makePublic}
          isDangerous={!Public}
          run={() => change(Public ? 'Remove' : 'Add', { Group: 'all' })}
          onClose={close}
        >
          <p>{Public ? text.privateMeans : text.publicMeans}</p>
        </ActionDialog>
      )}
    </section>
  );
}

const nameOf = ({ UserId, OrganizationArn, OrganizationalUnitArn }: Permission) =>
  UserId ?? OrganizationalUnitArn ?? OrganizationArn ?? '';

interface ShareProps {
  onClose(): void;
  share(permission: Permission): Promise<unknown>;
}

function ShareDialog({ onClose, share }: ShareProps) {
  const [who, setWho] = useState('');
  return (
    <ActionDialog
      title={text.share}
      action={text.share}
      run={() => share(permissionOf(who.trim()))}
      onClose={onClose}
    >
      <Field label={text.with} hint={text.withHint} value={who} onText={setWho} required />
    </ActionDialog>
  );
}

/** The server says what is wrong with anything else. */
function permissionOf(who: string): Permission {
  if (/:ou\//.test(who)) return { OrganizationalUnitArn: who };
  return who.startsWith('arn:') ? { OrganizationArn: who } : { UserId: who };
}

/**
 * Who else may use a thing: everybody or nobody but its owner, and those that it is shared with. What
 * may be shared with whom, and what that means, say the view and its words.
 */
import { useState } from 'preact/hooks';
import { AccountField } from './account-field.tsx';
import { ActionDialog } from './action-dialog.tsx';
import { Problem } from './problem.tsx';

interface Words {
  title: string;
  isPublic: string;
  isPrivate: string;
  share: string;
  with: string;
  withHint?: string;
  remove: string;
  removeFrom(who: string): string;
  makePublic: string;
  makePrivate: string;
  publicMeans: string;
  privateMeans: string;
}

interface Props<Permission> {
  text: Words;
  isPublic: boolean;
  /** Accounts and the like, without everybody. */
  shared: readonly Permission[];
  /** As a person names it. */
  nameOf(permission: Permission): string;
  permissionOf(name: string): Permission;
  /** What a name may look like; anything that the server takes when absent. */
  pattern?: string;
  everybody: Permission;
  change(how: 'Add' | 'Remove', permission: Permission): Promise<unknown>;
  /** Why nobody knows who may. */
  error: unknown;
  retry(): void;
  /** Why the last change was refused. */
  refusal: unknown;
}

export function Permissions<Permission>(props: Props<Permission>) {
  const { text, isPublic, shared, nameOf, change, error, retry, refusal } = props;
  const [asks, setAsks] = useState<'share' | 'public'>();
  const close = () => setAsks(undefined);
  const toggle = isPublic ? text.makePrivate : text.makePublic;
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {error ? <Problem error={error} retry={retry} /> : null}
      {refusal ? <Problem error={refusal} /> : null}
      <p>{isPublic ? text.isPublic : text.isPrivate}</p>
      <ul class="rows">
        {shared.map((permission) => (
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
          {toggle}
        </button>
      </div>
      {asks === 'share' && <ShareDialog {...props} onClose={close} />}
      {asks === 'public' && (
        <ActionDialog
          title={toggle}
          action={toggle}
          isDangerous={!isPublic}
          run={() => change(isPublic ? 'Remove' : 'Add', props.everybody)}
          onClose={close}
        >
          <p>{isPublic ? text.privateMeans : text.publicMeans}</p>
        </ActionDialog>
      )}
    </section>
  );
}

type ShareProps<Permission> = Pick<
  Props<Permission>,
  'text' | 'permissionOf' | 'pattern' | 'change'
> & { onClose(): void };

function ShareDialog<Permission>(props: ShareProps<Permission>) {
  const { text, permissionOf, pattern, change, onClose } = props;
  const [who, setWho] = useState('');
  return (
    <ActionDialog
      title={text.share}
      action={text.share}
      run={() => change('Add', permissionOf(who.trim()))}
      onClose={onClose}
    >
      <AccountField
        label={text.with}
        hint={text.withHint}
        value={who}
        onText={setWho}
        pattern={pattern}
      />
    </ActionDialog>
  );
}

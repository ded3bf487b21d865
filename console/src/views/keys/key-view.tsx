/** One key: what it encrypts, who may use it, what it is called, and its end. */
import { useState } from 'preact/hooks';
import { isService, type Key, titleOf, useKey } from '../../api/kms-keys.ts';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { encryptionText, keyText as text } from '../../text/keys.ts';
import { KeyAliases } from './key-aliases.tsx';
import { DeleteKeyDialog, DisableKeyDialog } from './key-end-dialogs.tsx';
import { KeyGrants } from './key-grants.tsx';
import { KeyUses } from './key-uses.tsx';

export function KeyView({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const { data: key, error, refetch } = useKey(id);
  if (error && !key) return <Problem error={error} retry={refetch} />;
  if (!key) return <p class="loading">{common.loading}</p>;
  return (
    <>
      <p class="back">
        <a href={href(['keys'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {titleOf(key)} <State of={key.KeyState} />
        </h1>
        <Actions of={key} />
      </header>
      <section class="card">
        <h2>{text.facts.title}</h2>
        <Facts of={facts(key)} />
        <Policy id={key.KeyId} />
      </section>
      <KeyUses id={key.KeyId} />
      <KeyAliases of={key} />
      {!isService(key) && <KeyGrants of={key} />}
    </>
  );
}

function facts(key: Key) {
  const names = text.facts;
  return [
    [names.id, <CopiedId key="id" id={key.KeyId} />],
    [names.arn, <code key="arn">{key.Arn}</code>],
    [names.description, key.Description],
    [names.whose, isService(key) ? encryptionText.service : encryptionText.you],
    [names.created, <Time key="created" at={key.CreationDate} />],
    [names.deletion, key.DeletionDate && <Time key="deletion" at={key.DeletionDate} />],
  ] as const;
}

function Policy({ id: KeyId }: { id: string }) {
  const found = useAction('kms', 'GetKeyPolicy', { KeyId }, { tables: [] });
  return (
    <details>
      <summary>{text.policy}</summary>
      <pre class="data">{found.data?.Policy}</pre>
    </details>
  );
}

function Actions({ of: key }: { of: Key }) {
  const { KeyId, KeyState } = key;
  const [asked, setAsked] = useState<'disable' | 'delete'>();
  const enable = useChange('kms', 'EnableKey');
  const cancel = useChange('kms', 'CancelKeyDeletion');
  const error = enable.error ?? cancel.error;
  const isPending = KeyState === 'PendingDeletion';
  const because = (isService(key) && text.isService) || (isPending && text.isPending);
  const close = () => setAsked(undefined);
  return (
    <div class="actions">
      {error && <Problem error={error} />}
      {KeyState === 'Disabled' ? (
        <ActionButton because={because} onClick={() => enable.mutate({ KeyId })}>
          {text.enable}
        </ActionButton>
      ) : (
        <ActionButton because={because} onClick={() => setAsked('disable')}>
          {text.disable}
        </ActionButton>
      )}
      {isPending ? (
        <button type="button" onClick={() => cancel.mutate({ KeyId })}>
          {text.cancelDeletion}
        </button>
      ) : (
        <ActionButton kind="danger" because={because} onClick={() => setAsked('delete')}>
          {text.delete}
        </ActionButton>
      )}
      {asked === 'disable' && <DisableKeyDialog of={key} onClose={close} />}
      {asked === 'delete' && <DeleteKeyDialog of={key} onClose={close} />}
    </div>
  );
}

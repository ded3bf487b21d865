/** What a key is called. */
import { useState } from 'preact/hooks';
import { isService, type Key } from '../../api/kms-keys.ts';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { keyText } from '../../text/keys.ts';
import { aliasOf } from './alias.ts';

const text = keyText.aliases;

export function KeyAliases({ of: key }: { of: Key }) {
  const [isAdded, setIsAdded] = useState(false);
  const remove = useChange('kms', 'DeleteAlias');
  const isOwn = !isService(key);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {remove.error && <Problem error={remove.error} />}
      {key.aliases.length === 0 && <p class="hint">{text.none}</p>}
      <ul class="rows">
        {key.aliases.map((AliasName) => (
          <li key={AliasName}>
            <code>{AliasName}</code>
            {isOwn && (
              <button
                type="button"
                aria-label={text.removeOne(AliasName)}
                onClick={() => remove.mutate({ AliasName })}
              >
                {text.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      {isOwn && (
        <button type="button" onClick={() => setIsAdded(true)}>
          {text.add}
        </button>
      )}
      {isAdded && <AddDialog id={key.KeyId} onClose={() => setIsAdded(false)} />}
    </section>
  );
}

function AddDialog({ id: TargetKeyId, onClose }: { id: string; onClose(): void }) {
  const [name, setName] = useState('');
  const create = useChange('kms', 'CreateAlias');
  const input = { AliasName: aliasOf(name), TargetKeyId };
  return (
    <ActionDialog
      title={text.add}
      action={text.addNow}
      command={awsCli('kms', 'CreateAlias', input)}
      run={() => create.mutateAsync(input)}
      onClose={onClose}
    >
      <Field label={text.name} hint={text.hint} value={name} onText={setName} required />
    </ActionDialog>
  );
}

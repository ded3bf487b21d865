/** Key pairs: made in the browser, sent as the public half of one's own, or deleted. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { keysText as text } from '../../text/network.ts';
import { NewKeyDialog } from '../launch/new-key-dialog.tsx';

export function KeysList() {
  const [asks, setAsks] = useState<'new' | 'import'>();
  const found = useAction('ec2', 'DescribeKeyPairs', {}, { tables: ['keyPairs'] });
  const remove = useChange('ec2', 'DeleteKeyPair');
  const close = () => setAsks(undefined);
  return (
    <>
      <p class="actions">
        <button type="button" onClick={() => setAsks('new')}>
          {text.create}
        </button>
        <button type="button" onClick={() => setAsks('import')}>
          {text.import}
        </button>
      </p>
      {remove.error && <Problem error={remove.error} />}
      <List
        caption={text.title}
        columns={[
          { title: text.columns.name, cell: ({ KeyName }) => KeyName },
          { title: text.columns.type, cell: ({ KeyType }) => KeyType },
          {
            title: text.columns.fingerprint,
            cell: ({ KeyFingerprint }) => <code class="long">{KeyFingerprint}</code>,
          },
          { title: text.columns.created, cell: ({ CreateTime }) => <Time at={CreateTime} /> },
          {
            title: text.columns.delete,
            cell: ({ KeyName = '' }) => (
              <button
                type="button"
                aria-label={text.deleteOne(KeyName)}
                onClick={() => remove.mutate({ KeyName })}
              >
                {text.delete}
              </button>
            ),
          },
        ]}
        items={found.data?.KeyPairs}
        keyOf={({ KeyPairId = '' }) => KeyPairId}
        empty={text.empty}
        error={found.error}
        retry={found.refetch}
      />
      {asks === 'new' && <NewKeyDialog onMade={() => {}} onClose={close} />}
      {asks === 'import' && <ImportDialog onClose={close} />}
    </>
  );
}

function ImportDialog({ onClose }: { onClose(): void }) {
  const [KeyName, setKeyName] = useState('');
  const [line, setLine] = useState('');
  const send = useChange('ec2', 'ImportKeyPair');
  const run = () => send.mutateAsync({ KeyName, PublicKeyMaterial: btoa(line.trim()) });
  return (
    <ActionDialog title={text.import} action={text.importNow} run={run} onClose={onClose}>
      <Field label={text.columns.name} value={KeyName} onText={setKeyName} required />
      <label class="field">
        <span>{text.publicKey}</span>
        <textarea
          class="code"
          rows={4}
          required
          spellcheck={false}
          placeholder="ssh-ed25519 AAAA…"
          value={line}
          onInput={({ currentTarget }) => setLine(currentTarget.value)}
        />
      </label>
    </ActionDialog>
  );
}

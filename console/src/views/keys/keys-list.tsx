/** The account's keys in this region, and a new one. */
import { useState } from 'preact/hooks';
import { isService, type Key, titleOf, useKeys } from '../../api/kms-keys.ts';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { Field } from '../../parts/field.tsx';
import type { Column } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href } from '../../route.ts';
import { encryptionText as text } from '../../text/keys.ts';
import { aliasOf } from './alias.ts';

export function KeysList() {
  const found = useKeys();
  const [isMaking, setIsMaking] = useState(false);
  return (
    <>
      <p class="actions">
        <button type="button" class="main" onClick={() => setIsMaking(true)}>
          {text.make}
        </button>
      </p>
      <PagedList
        caption={text.list}
        found={found}
        itemsOf={({ keys }) => keys}
        columns={columns}
        keyOf={({ KeyId }) => KeyId}
        empty={text.empty}
      />
      {isMaking && <CreateKeyDialog onClose={() => setIsMaking(false)} />}
    </>
  );
}

const columns: Column<Key>[] = [
  {
    title: text.columns.name,
    cell: (key) => <a href={href(['keys', key.KeyId])}>{titleOf(key)}</a>,
  },
  { title: text.columns.description, cell: ({ Description }) => Description },
  { title: text.columns.whose, cell: (key) => (isService(key) ? text.service : text.you) },
  { title: text.columns.created, cell: ({ CreationDate }) => <Time at={CreationDate} /> },
  {
    title: text.columns.state,
    cell: ({ KeyState, DeletionDate }) => (
      <>
        <State of={KeyState} /> {DeletionDate && <Time at={DeletionDate} />}
      </>
    ),
  },
];

function CreateKeyDialog({ onClose }: { onClose(): void }) {
  const [Description, setDescription] = useState('');
  const [alias, setAlias] = useState('');
  const create = useChange('kms', 'CreateKey');
  const name = useChange('kms', 'CreateAlias');
  const input = { Description: Description || undefined };
  const run = async () => {
    const { KeyMetadata } = await create.mutateAsync(input);
    const TargetKeyId = KeyMetadata?.KeyId ?? '';
    if (alias.trim()) await name.mutateAsync({ AliasName: aliasOf(alias), TargetKeyId });
    go(href(['keys', TargetKeyId]));
  };
  return (
    <ActionDialog
      title={text.create.title}
      action={text.create.do}
      command={awsCli('kms', 'CreateKey', input)}
      run={run}
      onClose={onClose}
    >
      <Field label={text.create.description} value={Description} onText={setDescription} />
      <Field
        label={text.create.alias}
        hint={text.create.aliasHint}
        value={alias}
        onText={setAlias}
      />
    </ActionDialog>
  );
}

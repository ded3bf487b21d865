/** Access keys of an account, one's own or, for operators, another: a second one replaces the first. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../api/queries.ts';
import { keysText as text } from '../text/account.ts';
import { ActionDialog } from './action-dialog.tsx';
import { Dialog } from './dialog.tsx';
import { List } from './list.tsx';
import { State } from './mark.tsx';
import { Problem } from './problem.tsx';
import { Time } from './time.tsx';

interface Made {
  AccessKeyId: string;
  SecretAccessKey?: string;
}

/** Without an account: one's own. */
export function AccessKeys({ account: Account }: { account?: string }) {
  const found = useAction('imago', 'ListAccessKeys', { Account }, { tables: ['credentials'] });
  const create = useChange('imago', 'CreateAccessKey');
  const update = useChange('imago', 'UpdateAccessKey');
  const [made, setMade] = useState<Made>();
  const [deleted, setDeleted] = useState<string>();
  const error = create.error ?? update.error;
  const make = () => create.mutateAsync({ Account }).then(({ AccessKey }) => setMade(AccessKey));
  const toggle = (AccessKeyId: string, isActive: boolean) =>
    update.mutate({ AccessKeyId, Status: isActive ? 'Inactive' : 'Active' });
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {error && <Problem error={error} />}
      <List
        caption={text.title}
        columns={[
          { title: text.columns.id, cell: ({ AccessKeyId }) => <code>{AccessKeyId}</code> },
          { title: text.columns.status, cell: ({ Status }) => <State of={Status} /> },
          { title: text.columns.created, cell: ({ CreateDate }) => <Time at={CreateDate} /> },
          {
            title: text.columns.actions,
            cell: ({ AccessKeyId, Status }) => (
              <span class="actions">
                <button type="button" onClick={() => toggle(AccessKeyId, Status === 'Active')}>
                  {Status === 'Active' ? text.disable : text.enable}
                </button>
                <button type="button" onClick={() => setDeleted(AccessKeyId)}>
                  {text.delete}
                </button>
              </span>
            ),
          },
        ]}
        items={found.data?.AccessKeys}
        keyOf={({ AccessKeyId }) => AccessKeyId}
        empty={text.none}
        error={found.error}
        retry={found.refetch}
      />
      <p>
        <button type="button" onClick={() => make().catch(() => {})}>
          {text.create}
        </button>
      </p>
      {made && <NewKey made={made} onClose={() => setMade(undefined)} />}
      {deleted && <DeleteDialog id={deleted} onClose={() => setDeleted(undefined)} />}
    </section>
  );
}

function NewKey({ made, onClose }: { made: Made; onClose(): void }) {
  return (
    <Dialog title={text.made} onClose={onClose}>
      <p>{text.madeMeans}</p>
      <pre>
        {made.AccessKeyId}
        {'\n'}
        {made.SecretAccessKey}
      </pre>
    </Dialog>
  );
}

function DeleteDialog({ id: AccessKeyId, onClose }: { id: string; onClose(): void }) {
  const remove = useChange('imago', 'DeleteAccessKey');
  return (
    <ActionDialog
      title={text.deleteTitle(AccessKeyId)}
      action={text.deleteNow}
      isDangerous
      run={() => remove.mutateAsync({ AccessKeyId })}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}

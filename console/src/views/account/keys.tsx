/** Access keys of the account: a second one replaces the first. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { keysText as text } from '../../text/account.ts';

interface Made {
  AccessKeyId: string;
  SecretAccessKey?: string;
}

export function Keys() {
  const found = useAction('imago', 'ListAccessKeys', {}, { tables: ['credentials'] });
  const create = useChange('imago', 'CreateAccessKey');
  const update = useChange('imago', 'UpdateAccessKey');
  const remove = useChange('imago', 'DeleteAccessKey');
  const [made, setMade] = useState<Made>();
  const error = create.error ?? update.error ?? remove.error;
  const make = () => create.mutateAsync({}).then(({ AccessKey }) => setMade(AccessKey));
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
                <button
                  type="button"
                  onClick={() =>
                    update.mutate({
                      AccessKeyId,
                      Status: Status === 'Active' ? 'Inactive' : 'Active',
                    })
                  }
                >
                  {Status === 'Active' ? text.disable : text.enable}
                </button>
                <button type="button" onClick={() => remove.mutate({ AccessKeyId })}>
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

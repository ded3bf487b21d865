/** Accounts of this Imago, and how one is made. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import type { Column } from '../../parts/list.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { accountsText as text } from '../../text/operator.ts';
import { AccountFields, wantedOf } from './account-fields.tsx';

type Account = Output<'imago', 'ListAccounts'>['Accounts'][number];
type Made = Output<'imago', 'CreateAccount'>;

export function Accounts() {
  const [isMade, setIsMade] = useState(false);
  const [made, setMade] = useState<Made>();
  const found = usePages('imago', 'ListAccounts', {}, { tables: ['accounts'] });
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ Accounts: accounts }) => accounts}
        keyOf={({ AccountId }) => AccountId}
        columns={columns}
        empty={text.empty}
      />
      <p>
        <button type="button" onClick={() => setIsMade(true)}>
          {text.create}
        </button>
      </p>
      {isMade && <NewAccount onMade={setMade} onClose={() => setIsMade(false)} />}
      {made && (
        <Dialog title={made.Account.Name} onClose={() => setMade(undefined)}>
          <p>{text.madeMeans}</p>
          <pre>
            {made.AccessKey.AccessKeyId}
            {'\n'}
            {made.AccessKey.SecretAccessKey}
          </pre>
        </Dialog>
      )}
    </section>
  );
}

const columns: Column<Account>[] = [
  {
    title: text.columns.name,
    cell: ({ AccountId, Name, Operator }) => (
      <>
        <a href={href(['operator', 'accounts', AccountId])}>{Name}</a>{' '}
        {Operator && <Mark>{text.operator}</Mark>}
      </>
    ),
  },
  { title: text.columns.id, cell: ({ AccountId }) => <code>{AccountId}</code> },
  { title: text.columns.status, cell: ({ Status }) => <State of={Status} /> },
  { title: text.columns.organization, cell: ({ OrganizationPath }) => OrganizationPath },
  { title: text.columns.created, cell: ({ CreateDate }) => <Time at={CreateDate} /> },
];

function NewAccount({ onMade, onClose }: { onMade(made: Made): void; onClose(): void }) {
  const [wanted, setWanted] = useState(wantedOf());
  const create = useChange('imago', 'CreateAccount');
  const run = async () => {
    const OrganizationPath = wanted.OrganizationPath || undefined;
    onMade(await create.mutateAsync({ ...wanted, OrganizationPath }));
  };
  return (
    <ActionDialog title={text.create} action={text.createNow} run={run} onClose={onClose}>
      <AccountFields value={wanted} onChange={setWanted} />
    </ActionDialog>
  );
}

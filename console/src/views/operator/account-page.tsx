/** One account: what it is called, what it belongs to and may do, its keys, and its end. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { AccessKeys } from '../../parts/access-keys.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { accountsText as text } from '../../text/operator.ts';
import { AccountFields, wantedOf } from './account-fields.tsx';

type Account = Output<'imago', 'DescribeAccount'>['Account'];

const list = href(['operator'], { tab: 'accounts' });

export function AccountPage({ id }: { id: string }) {
  const { profile } = useSession();
  const [asks, setAsks] = useState<'change' | 'toggle' | 'delete'>();
  const input = { Account: id };
  const found = useAction('imago', 'DescribeAccount', input, { tables: ['accounts'] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const account = found.data.Account;
  const isOwn = account.AccountId === profile.account.AccountId && text.isOwn;
  const close = () => setAsks(undefined);
  return (
    <>
      <p class="back">
        <a href={list}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {account.Name} <State of={account.Status} />
        </h1>
        <ActionButton onClick={() => setAsks('change')}>{text.change}</ActionButton>
        <ActionButton because={isOwn} onClick={() => setAsks('toggle')}>
          {account.Status === 'Active' ? text.disable : text.enable}
        </ActionButton>
        <ActionButton kind="danger" because={isOwn} onClick={() => setAsks('delete')}>
          {text.delete}
        </ActionButton>
      </header>
      <section class="card">
        <h2>{text.facts}</h2>
        <Facts
          of={[
            [text.columns.id, <CopiedId key="id" id={account.AccountId} />],
            [text.alias, account.Alias],
            [text.isOperator, account.Operator ? common.yes : common.no],
            [text.columns.organization, account.OrganizationPath],
            [text.columns.created, <Time key="created" at={account.CreateDate} />],
          ]}
        />
      </section>
      <AccessKeys account={account.AccountId} />
      {asks === 'change' && <ChangeDialog account={account} onClose={close} />}
      {asks === 'toggle' && <ToggleDialog account={account} onClose={close} />}
      {asks === 'delete' && <DeleteDialog account={account} onClose={close} />}
    </>
  );
}

interface DialogProps {
  account: Account;
  onClose(): void;
}

function ChangeDialog({ account, onClose }: DialogProps) {
  const [wanted, setWanted] = useState(wantedOf(account));
  const { Name, OrganizationPath, Operator } = wanted;
  const update = useChange('imago', 'UpdateAccount');
  const run = () =>
    update.mutateAsync({
      Account: account.AccountId,
      ...(Name !== account.Name && { Name }),
      ...(OrganizationPath !== wantedOf(account).OrganizationPath && { OrganizationPath }),
      ...(Operator !== account.Operator && { Operator }),
    });
  return (
    <ActionDialog title={text.change} action={text.save} run={run} onClose={onClose}>
      <AccountFields value={wanted} onChange={setWanted} />
    </ActionDialog>
  );
}

function ToggleDialog({ account: { AccountId, Name, Status }, onClose }: DialogProps) {
  const disable = useChange('imago', 'DisableAccount');
  const enable = useChange('imago', 'EnableAccount');
  const isActive = Status === 'Active';
  const change = isActive ? disable : enable;
  return (
    <ActionDialog
      title={isActive ? text.disableTitle(Name) : text.enableTitle(Name)}
      action={isActive ? text.disableNow : text.enableNow}
      isDangerous={isActive}
      run={() => change.mutateAsync({ Account: AccountId })}
      onClose={onClose}
    >
      <p>{isActive ? text.disableMeans : text.enableMeans}</p>
    </ActionDialog>
  );
}

function DeleteDialog({ account: { AccountId, Name }, onClose }: DialogProps) {
  const remove = useChange('imago', 'DeleteAccount');
  const run = async () => {
    await remove.mutateAsync({ Account: AccountId });
    go(list);
  };
  return (
    <ActionDialog
      title={text.deleteTitle(Name)}
      action={text.deleteNow}
      isDangerous
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}

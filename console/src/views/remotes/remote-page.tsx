/** One remote: where it is, what it sends by itself, what was sent and fetched, and its end. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { word } from '../../parts/aws-cli.ts';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { pullText, removeRemoteText, remotesText as text } from '../../text/remotes.ts';
import { ChangeKeyDialog } from './change-key-dialog.tsx';
import { type Remote, rateWords, sendsWords, whereWords } from './remote.ts';
import { useTransfers } from './transfer.ts';
import { Transfers } from './transfers.tsx';

export function RemotePage({ id }: { id: string }) {
  const { profile } = useSession();
  const [asked, setAsked] = useState<'pull' | 'key' | 'remove'>();
  const [isGone, setIsGone] = useState(false);
  const asking = { tables: ['remotes'], enabled: !isGone } as const;
  const found = useAction('imago', 'DescribeRemotes', { RemoteIds: [id] }, asking);
  const remote = found.data?.Remotes[0];
  if (found.error && !isGone) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  if (!remote) return <Empty>{text.gone(id)}</Empty>;
  const names = text.facts;
  const close = () => setAsked(undefined);
  return (
    <>
      <p class="back">
        <a href={href(['remotes'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>{remote.Name}</h1>
        <ActionButton kind="main" onClick={() => setAsked('pull')}>
          {text.pull}
        </ActionButton>
        <ActionButton
          because={!profile.account.Operator && text.onlyOperator}
          onClick={() => setAsked('key')}
        >
          {text.changeKey}
        </ActionButton>
        <ActionButton kind="danger" onClick={() => setAsked('remove')}>
          {text.remove}
        </ActionButton>
      </header>
      <section class="card">
        <Facts
          of={[
            [names.id, <CopiedId key="id" id={id} />],
            [names.where, whereWords(remote)],
            [names.key, <code key="key">{remote.AccessKeyId}</code>],
            [names.sends, sendsWords(remote)],
            [names.rate, rateWords(remote)],
            [names.made, <Time key="made" at={remote.CreateTime} />],
          ]}
        />
      </section>
      <TransfersOf id={id} />
      {asked === 'pull' && <PullDialog remote={remote} onClose={close} />}
      {asked === 'key' && <ChangeKeyDialog remote={remote} onClose={close} />}
      {asked === 'remove' && (
        <RemoveDialog remote={remote} onRemoving={setIsGone} onClose={close} />
      )}
    </>
  );
}

function TransfersOf({ id }: { id: string }) {
  return <Transfers found={useTransfers({ RemoteIds: [id] })} />;
}

function PullDialog({ remote, onClose }: { remote: Remote; onClose(): void }) {
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const pull = useChange('imago', 'PullBackup');
  const { RemoteId, Name: remoteName } = remote;
  const input = { RemoteId, FarBackupId: id.trim(), Name: name.trim() || undefined };
  return (
    <ActionDialog
      title={pullText.title(remoteName)}
      action={pullText.fetch}
      command={[
        `bin/imago backups pull ${word(input.FarBackupId)} --from ${word(remoteName)}`,
        ...(input.Name ? [`--name ${word(input.Name)}`] : []),
      ].join(' \\\n  ')}
      run={() => pull.mutateAsync(input)}
      onClose={onClose}
    >
      <p>{pullText.means}</p>
      <Field label={pullText.id} hint={pullText.idHint} value={id} onText={setId} required />
      <Field
        label={pullText.name}
        hint={pullText.nameHint}
        value={name}
        onText={setName}
        maxLength={128}
      />
    </ActionDialog>
  );
}

interface RemoveProps {
  remote: Remote;
  /** It is not asked for while it goes. */
  onRemoving(isGoing: boolean): void;
  onClose(): void;
}

function RemoveDialog({ remote: { RemoteId, Name }, onRemoving, onClose }: RemoveProps) {
  const remove = useChange('imago', 'DeleteRemote');
  const run = async () => {
    onRemoving(true);
    try {
      await remove.mutateAsync({ RemoteId });
      go(href(['remotes']));
    } catch (error) {
      onRemoving(false);
      throw error;
    }
  };
  return (
    <ActionDialog
      title={removeRemoteText.title(Name)}
      action={removeRemoteText.remove}
      isDangerous
      command={`bin/imago remotes remove ${word(Name)}`}
      run={run}
      onClose={onClose}
    >
      <p>{removeRemoteText.means}</p>
    </ActionDialog>
  );
}

/** Sends an image or a snapshot to a remote. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../api/queries.ts';
import { go, href } from '../route.ts';
import { common } from '../text/common.ts';
import { sendText as text } from '../text/remotes.ts';
import { ActionDialog } from './action-dialog.tsx';
import { word } from './aws-cli.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

export function SendDialog({ id, onClose }: { id: string; onClose(): void }) {
  const found = usePages('imago', 'DescribeRemotes', {}, { tables: ['remotes'] });
  const remotes = found.data?.pages.flatMap(({ Remotes }) => Remotes) ?? [];
  const [chosen, setChosen] = useState('');
  const push = useChange('imago', 'PushBackup');
  if (remotes.length === 0) {
    return (
      <Dialog title={text.title(id)} onClose={onClose}>
        {found.error ? (
          <Problem error={found.error} retry={found.refetch} />
        ) : found.data ? (
          <>
            <p>{text.none}</p>
            <a href={href(['remotes'])}>{text.toRemotes}</a>
          </>
        ) : (
          <p class="loading">{common.loading}</p>
        )}
      </Dialog>
    );
  }
  const remote = remotes.find(({ RemoteId }) => RemoteId === chosen) ?? remotes[0];
  const { RemoteId = '', Name = '' } = remote ?? {};
  const run = async () => {
    await push.mutateAsync({ BackupId: id, RemoteId });
    go(href(['remotes', RemoteId]));
  };
  return (
    <ActionDialog
      title={text.title(id)}
      action={text.send}
      command={`bin/imago backups push ${word(id)} --to ${word(Name)}`}
      run={run}
      onClose={onClose}
    >
      <p>{text.means}</p>
      <label class="field">
        <span>{text.remote}</span>
        <select value={RemoteId} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          {remotes.map((each) => (
            <option key={each.RemoteId} value={each.RemoteId}>
              {each.Name}
            </option>
          ))}
        </select>
      </label>
    </ActionDialog>
  );
}

/** Another key for a remote that is there: what is on its way goes on with it. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { word } from '../../parts/aws-cli.ts';
import { changeKeyText as text } from '../../text/remotes.ts';
import { KeyFields } from './key-fields.tsx';
import type { Remote } from './remote.ts';

export function ChangeKeyDialog({ remote, onClose }: { remote: Remote; onClose(): void }) {
  const { RemoteId, Name } = remote;
  const [wanted, setWanted] = useState({ accessKeyId: '', secret: '' });
  const update = useChange('imago', 'UpdateRemote');
  const set = (name: keyof typeof wanted) => (value: string) =>
    setWanted((now) => ({ ...now, [name]: value }));
  const input = {
    RemoteId,
    AccessKeyId: wanted.accessKeyId.trim(),
    SecretAccessKey: wanted.secret,
  };
  return (
    <ActionDialog
      title={text.title(Name)}
      action={text.change}
      command={`bin/imago remotes update ${word(Name)} --credentials FILE`}
      run={() => update.mutateAsync(input)}
      onClose={onClose}
    >
      <p>{text.means}</p>
      <KeyFields wanted={wanted} set={set} />
    </ActionDialog>
  );
}

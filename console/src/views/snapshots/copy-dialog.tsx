/** Copies a snapshot, within its region or into another. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { encryptionOf } from '../../parts/encryption-of.ts';
import { Field } from '../../parts/field.tsx';
import { KeyChoice } from '../../parts/key-choice.tsx';
import { go, href } from '../../route.ts';
import { snapshotCopyText as text } from '../../text/snapshots.ts';
import type { Snapshot } from './snapshot.ts';

export function CopyDialog({ snapshot, onClose }: { snapshot: Snapshot; onClose(): void }) {
  const { SnapshotId = '' } = snapshot;
  const { profile, switchRegion } = useSession();
  const [region, setRegion] = useState(profile.region);
  const [Description, setDescription] = useState(snapshot.Description ?? '');
  const copy = useChange('ec2', 'CopySnapshot', region);
  const [key, setKey] = useState('');
  const input = {
    SourceSnapshotId: SnapshotId,
    SourceRegion: profile.region,
    Description: Description || undefined,
    ...encryptionOf(key),
  };
  const run = async () => {
    const { SnapshotId: id = '' } = await copy.mutateAsync(input);
    if (region !== profile.region) switchRegion(region);
    go(href(['snapshots', id]));
  };
  const to = (name: string) => {
    setRegion(name);
    setKey('');
  };
  const elsewhere = region === profile.region ? undefined : region;
  return (
    <ActionDialog
      title={text.title(SnapshotId)}
      action={text.copy}
      command={awsCli('ec2', 'CopySnapshot', input, elsewhere)}
      run={run}
      onClose={onClose}
    >
      <label class="field">
        <span>{text.region}</span>
        <select value={region} onChange={({ currentTarget }) => to(currentTarget.value)}>
          {profile.regions.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <KeyChoice value={key} region={region} onChoose={setKey} />
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
    </ActionDialog>
  );
}

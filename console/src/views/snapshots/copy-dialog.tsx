/** Copies a snapshot, within its region or into another. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { go, href } from '../../route.ts';
import { snapshotCopyText as text } from '../../text/snapshots.ts';
import type { Snapshot } from './snapshot.ts';

export function CopyDialog({ snapshot, onClose }: { snapshot: Snapshot; onClose(): void }) {
  const { SnapshotId = '' } = snapshot;
  const { profile, switchRegion } = useSession();
  const [region, setRegion] = useState(profile.region);
  const [Description, setDescription] = useState(snapshot.Description ?? '');
  const copy = useChange('ec2', 'CopySnapshot', region);
  const run = async () => {
    const { SnapshotId: id = '' } = await copy.mutateAsync({
      SourceSnapshotId: SnapshotId,
      SourceRegion: profile.region,
      Description: Description || undefined,
    });
    if (region !== profile.region) switchRegion(region);
    go(href(['snapshots', id]));
  };
  return (
    <ActionDialog title={text.title(SnapshotId)} action={text.copy} run={run} onClose={onClose}>
      <label class="field">
        <span>{text.region}</span>
        <select value={region} onChange={({ currentTarget }) => setRegion(currentTarget.value)}>
          {profile.regions.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
    </ActionDialog>
  );
}

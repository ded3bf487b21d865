/** Copies a snapshot, within its region or into another. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { CopyDestinationFields, useCopyDestination } from '../../parts/copy-destination.tsx';
import { Field } from '../../parts/field.tsx';
import { snapshotCopyText as text } from '../../text/snapshots.ts';
import type { Snapshot } from './snapshot.ts';

export function CopyDialog({ snapshot, onClose }: { snapshot: Snapshot; onClose(): void }) {
  const { SnapshotId = '' } = snapshot;
  const [Description, setDescription] = useState(snapshot.Description ?? '');
  const to = useCopyDestination();
  const copy = useChange('ec2', 'CopySnapshot', to.region);
  const input = {
    SourceSnapshotId: SnapshotId,
    Description: Description || undefined,
    ...to.members,
  };
  const run = async () => {
    const { SnapshotId: id = '' } = await copy.mutateAsync(input);
    to.show(['snapshots', id]);
  };
  return (
    <ActionDialog
      title={text.title(SnapshotId)}
      action={text.copy}
      command={awsCli('ec2', 'CopySnapshot', input, to.elsewhere)}
      run={run}
      onClose={onClose}
    >
      <CopyDestinationFields label={text.region} to={to} />
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
    </ActionDialog>
  );
}

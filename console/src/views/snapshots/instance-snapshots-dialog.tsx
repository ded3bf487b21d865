/** Snapshots of all volumes of an instance, at one point in time. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { instanceSnapshotsText as text } from '../../text/snapshots.ts';

export function InstanceSnapshotsDialog({ onClose }: { onClose(): void }) {
  const [InstanceId, setInstance] = useState('');
  const [Description, setDescription] = useState('');
  const [ExcludeBootVolume, setExcluded] = useState(false);
  const [copiesTags, setCopiesTags] = useState(true);
  const create = useChange('ec2', 'CreateSnapshots');
  const run = () =>
    create.mutateAsync({
      InstanceSpecification: { InstanceId: InstanceId.trim(), ExcludeBootVolume },
      Description: Description || undefined,
      ...(copiesTags && { CopyTagsFromSource: 'volume' }),
    });
  return (
    <ActionDialog title={text.title} action={text.take} run={run} onClose={onClose}>
      <p>{text.means}</p>
      <Field label={text.instance} value={InstanceId} onText={setInstance} required />
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
      <Check label={text.withoutRoot} checked={ExcludeBootVolume} onCheck={setExcluded} />
      <Check label={text.withTags} checked={copiesTags} onCheck={setCopiesTags} />
    </ActionDialog>
  );
}

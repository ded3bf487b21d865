/** Another root for an instance that runs: as it was launched, of a snapshot, or of an image. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { go, href } from '../../route.ts';
import { replaceRootText as text } from '../../text/instance.ts';

const forms = ['launch', 'snapshot', 'image', 'volume'] as const;
type Form = (typeof forms)[number];

interface Props {
  id: string;
  onClose(): void;
}

export function ReplaceRootDialog({ id, onClose }: Props) {
  const [form, setForm] = useState<Form>('launch');
  const [source, setSource] = useState('');
  const [DeleteReplacedRootVolume, setDelete] = useState(false);
  const create = useChange('ec2', 'CreateReplaceRootVolumeTask');
  const run = async () => {
    const of = { launch: '', snapshot: 'SnapshotId', image: 'ImageId', volume: 'VolumeId' }[form];
    const input = { InstanceId: id, DeleteReplacedRootVolume };
    await create.mutateAsync(of ? { ...input, [of]: source.trim() } : input);
    go(href(['instances', id], { tab: 'events' }));
  };
  return (
    <ActionDialog
      title={text.title(id)}
      action={text.replace}
      isDangerous
      run={run}
      onClose={onClose}
    >
      <p>{text.means}</p>
      <fieldset class="field">
        <legend>{text.from}</legend>
        {forms.map((each) => (
          <label key={each} class="check">
            <input
              type="radio"
              name="root"
              checked={each === form}
              onChange={() => setForm(each)}
            />
            <span>{text.forms[each]}</span>
          </label>
        ))}
      </fieldset>
      {form !== 'launch' && (
        <Field
          label={text.ids[form]}
          hint={text.idHints[form]}
          value={source}
          onText={setSource}
          required
        />
      )}
      <Check label={text.deleteOld} checked={DeleteReplacedRootVolume} onCheck={setDelete} />
    </ActionDialog>
  );
}

/** An image of an instance as it is now: what it is called, and then how far it has come. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { State } from '../../parts/mark.tsx';
import { go, href } from '../../route.ts';
import { captureText as text } from '../../text/instance.ts';
import { type Instance, nameOf } from './instance.ts';

interface Props {
  instance: Instance;
  onClose(): void;
}

export function CaptureDialog({ instance, onClose }: Props) {
  const { InstanceId = '' } = instance;
  const [Name, setName] = useState(`${nameOf(instance)}-${new Date().toISOString().slice(0, 10)}`);
  const [Description, setDescription] = useState('');
  const [reboots, setReboots] = useState(false);
  const [imageId, setImageId] = useState<string>();
  const create = useChange('ec2', 'CreateImage');
  const isRunning = instance.State?.Name === 'running';
  if (imageId) return <Progress id={imageId} onClose={onClose} />;
  const run = async () => {
    const input = { InstanceId, Name, Description: Description || undefined, NoReboot: !reboots };
    const { ImageId } = await create.mutateAsync(input);
    setImageId(ImageId);
  };
  return (
    <ActionDialog
      title={text.title}
      action={text.capture}
      run={run}
      onClose={() => !create.isSuccess && onClose()}
    >
      <p>{isRunning ? text.meansRunning : text.meansStopped}</p>
      <Field label={text.name} value={Name} onText={setName} required maxLength={128} />
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
      {isRunning && (
        <Check
          label={text.reboots}
          hint={text.rebootsHint}
          checked={reboots}
          onCheck={setReboots}
        />
      )}
    </ActionDialog>
  );
}

function Progress({ id, onClose }: { id: string; onClose(): void }) {
  const images = useAction('ec2', 'DescribeImages', { ImageIds: [id] }, { tables: ['images'] });
  const tasks = useAction('imago', 'DescribeTasks', { MaxResults: 200 }, { tables: ['tasks'] });
  const task = tasks.data?.Tasks.findLast(({ Subject }) => Subject === id);
  const state = images.data?.Images?.[0]?.State;
  return (
    <Dialog title={text.title} onClose={onClose}>
      <p aria-live="polite">
        <code>{id}</code> <State of={state} /> {task?.Step && text.step(task.Step)}
      </p>
      {state === 'pending' && <progress max={100} value={task?.ProgressPercent} />}
      {state === 'available' && <p>{text.done}</p>}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {text.inBackground}
        </button>
        <button
          type="button"
          class="main"
          onClick={() => {
            onClose();
            go(href(['images', id]));
          }}
        >
          {text.toImage}
        </button>
      </div>
    </Dialog>
  );
}

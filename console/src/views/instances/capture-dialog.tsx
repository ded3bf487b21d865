/** An image of an instance as it is now: what it is called, and then how far it has come. */
import { useRef, useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { useTasksAbout } from '../../api/tasks.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { bytes } from '../../parts/format.ts';
import { State } from '../../parts/mark.tsx';
import { TaskProgress } from '../../parts/task-progress.tsx';
import { go, href } from '../../route.ts';
import { consistencyText as consistency } from '../../text/consistency.ts';
import { captureText as text } from '../../text/instance.ts';
import { type CaptureTold, captureTold } from './capture-told.ts';
import { captureName, type Instance } from './instance.ts';

interface Props {
  instance: Instance;
  onClose(): void;
}

export function CaptureDialog({ instance, onClose }: Props) {
  const { InstanceId = '' } = instance;
  const [Name, setName] = useState(() => captureName(instance, new Date()));
  const [Description, setDescription] = useState('');
  const [reboots, setReboots] = useState(false);
  const [imageId, setImageId] = useState<string>();
  const create = useChange('ec2', 'CreateImage');
  /** The form is done with, and its progress is seen instead. */
  const isOrdered = useRef(false);
  const isRunning = instance.State?.Name === 'running';
  if (imageId) return <Progress id={imageId} onClose={onClose} />;
  const run = async () => {
    const input = { InstanceId, Name, Description: Description || undefined, NoReboot: !reboots };
    const { ImageId } = await create.mutateAsync(input);
    isOrdered.current = true;
    setImageId(ImageId);
  };
  return (
    <ActionDialog
      title={text.title}
      action={text.capture}
      run={run}
      onClose={() => !isOrdered.current && onClose()}
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
  const task = useTasksAbout(id).at(-1);
  const state = images.data?.Images?.[0]?.State;
  return (
    <Dialog title={text.title} onClose={onClose}>
      <p aria-live="polite">
        <code>{id}</code> <State of={state} />
      </p>
      {task && state !== 'available' && <TaskProgress task={task} />}
      <Facts of={factsOf(captureTold(task))} />
      {state === 'available' && <p role="status">{text.done}</p>}
      {state === 'failed' && <p role="alert">{text.failed}</p>}
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

/** What is not known yet is a dash. */
function factsOf({ pauseMs, isApplication, storedBytes, sharedBytes }: CaptureTold) {
  return [
    [text.paused, pauseMs === undefined ? undefined : text.ms(pauseMs)],
    [text.stored, bytes(storedBytes)],
    [text.shared, bytes(sharedBytes)],
    [
      consistency.title,
      isApplication === undefined
        ? undefined
        : consistency.means[isApplication ? 'application' : 'crash'],
    ],
  ] as const;
}

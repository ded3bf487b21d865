/** What can be done with an instance; what cannot says why. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { go, href } from '../../route.ts';
import { instanceActionsText as text } from '../../text/instance.ts';
import { useAttribute } from './attribute.ts';
import { CaptureDialog } from './capture-dialog.tsx';
import { type Deed, mayBe, type PartProps } from './instance.ts';
import { ReplaceRootDialog } from './replace-root-dialog.tsx';

export function InstanceActions({ instance }: PartProps) {
  const [asked, setAsked] = useState<Deed>();
  const start = useChange('ec2', 'StartInstances');
  const reboot = useChange('ec2', 'RebootInstances');
  const { InstanceId = '', State } = instance;
  const InstanceIds = [InstanceId];
  const because = (deed: Deed) => !mayBe(deed, instance) && text.not[deed](State?.Name ?? '');
  const ends = useAttribute(InstanceId, 'disableApiTermination')?.DisableApiTermination?.Value;
  const stops = useAttribute(InstanceId, 'disableApiStop')?.DisableApiStop?.Value;
  const close = () => setAsked(undefined);
  const error = start.error ?? reboot.error;
  return (
    <div class="actions">
      <ActionButton kind="main" because={because('capture')} onClick={() => setAsked('capture')}>
        {text.capture}
      </ActionButton>
      <ActionButton because={because('start')} onClick={() => start.mutate({ InstanceIds })}>
        {text.start}
      </ActionButton>
      <ActionButton
        because={because('stop') || (stops && text.isStopProtected)}
        onClick={() => setAsked('stop')}
      >
        {text.stop}
      </ActionButton>
      <ActionButton because={because('reboot')} onClick={() => reboot.mutate({ InstanceIds })}>
        {text.reboot}
      </ActionButton>
      <ActionButton because={because('replaceRoot')} onClick={() => setAsked('replaceRoot')}>
        {text.replaceRoot}
      </ActionButton>
      <ActionButton onClick={() => go(href(['backups', 'restore'], { source: InstanceId }))}>
        {text.restore}
      </ActionButton>
      <ActionButton
        kind="danger"
        because={because('terminate') || (ends && text.isProtected)}
        onClick={() => setAsked('terminate')}
      >
        {text.terminate}
      </ActionButton>
      {error && <Problem error={error} />}
      {asked === 'capture' && <CaptureDialog instance={instance} onClose={close} />}
      {asked === 'stop' && <StopDialog id={InstanceId} onClose={close} />}
      {asked === 'replaceRoot' && <ReplaceRootDialog id={InstanceId} onClose={close} />}
      {asked === 'terminate' && <TerminateDialog id={InstanceId} onClose={close} />}
    </div>
  );
}

interface DialogProps {
  id: string;
  onClose(): void;
}

function StopDialog({ id, onClose }: DialogProps) {
  const [Force, setForce] = useState(false);
  const stop = useChange('ec2', 'StopInstances');
  return (
    <ActionDialog
      title={text.stopTitle(id)}
      action={text.stopNow}
      run={() => stop.mutateAsync({ InstanceIds: [id], Force })}
      onClose={onClose}
    >
      <p>{text.stopMeans}</p>
      <Check label={text.force} hint={text.forceHint} checked={Force} onCheck={setForce} />
    </ActionDialog>
  );
}

function TerminateDialog({ id, onClose }: DialogProps) {
  const terminate = useChange('ec2', 'TerminateInstances');
  return (
    <ActionDialog
      title={text.terminateTitle(id)}
      action={text.terminateNow}
      isDangerous
      run={() => terminate.mutateAsync({ InstanceIds: [id] })}
      onClose={onClose}
    >
      <p>{text.terminateMeans}</p>
    </ActionDialog>
  );
}

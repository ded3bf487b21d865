/** What can be done with an image: launched, copied, and what becomes of it. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { SendDialog } from '../../parts/send-dialog.tsx';
import { go, href } from '../../route.ts';
import { actionsText as text } from '../../text/image.ts';
import { sendText } from '../../text/remotes.ts';
import { CopyDialog } from './image-copy-dialog.tsx';
import { DeregisterDialog, LeaveDialog } from './image-end-dialogs.tsx';
import { type DialogProps, isProtected, type PartProps } from './kinds.ts';

type Asked = 'leave' | 'copy' | 'send' | 'deprecate' | 'disable' | 'protect' | 'deregister';

export function ImageActions({ image, isOwn }: PartProps) {
  const [asked, setAsked] = useState<Asked>();
  const enable = useChange('ec2', 'EnableImage');
  const { ImageId = '', State } = image;
  const hasProtection = isProtected(image);
  const close = () => setAsked(undefined);
  const props = { image, isOwn, close };
  return (
    <div class="actions">
      <ActionButton
        kind="main"
        because={State !== 'available' && text.notAvailable}
        onClick={() => go(href(['instances', 'launch'], { image: ImageId }))}
      >
        {text.launch}
      </ActionButton>
      <ActionButton
        because={State !== 'available' && text.notAvailable}
        onClick={() => setAsked('copy')}
      >
        {text.copy}
      </ActionButton>
      <ActionButton onClick={() => go(href(['drills', ImageId]))}>{text.drills}</ActionButton>
      {!isOwn && !image.Public && (
        <ActionButton onClick={() => setAsked('leave')}>{text.leave}</ActionButton>
      )}
      {isOwn && (
        <>
          <ActionButton
            because={State !== 'available' && text.notAvailable}
            onClick={() => go(href(['backups', 'restore'], { backup: ImageId }))}
          >
            {text.restore}
          </ActionButton>
          <ActionButton
            because={State !== 'available' && text.notAvailable}
            onClick={() => setAsked('send')}
          >
            {sendText.ask}
          </ActionButton>
          <ActionButton onClick={() => setAsked('deprecate')}>{text.deprecate}</ActionButton>
          {State === 'disabled' ? (
            <ActionButton onClick={() => enable.mutate({ ImageId })}>{text.enable}</ActionButton>
          ) : (
            <ActionButton onClick={() => setAsked('disable')}>{text.disable}</ActionButton>
          )}
          <ActionButton onClick={() => setAsked('protect')}>
            {hasProtection ? text.unprotect : text.protect}
          </ActionButton>
          <ActionButton
            kind="danger"
            because={hasProtection && text.isProtected}
            onClick={() => setAsked('deregister')}
          >
            {text.deregister}
          </ActionButton>
        </>
      )}
      {asked === 'copy' && <CopyDialog {...props} />}
      {asked === 'send' && <SendDialog id={ImageId} onClose={close} />}
      {asked === 'leave' && <LeaveDialog {...props} />}
      {asked === 'deprecate' && <DeprecateDialog {...props} />}
      {asked === 'disable' && <DisableDialog {...props} />}
      {asked === 'protect' && <ProtectDialog {...props} />}
      {asked === 'deregister' && <DeregisterDialog {...props} />}
    </div>
  );
}

function DeprecateDialog({ image: { ImageId = '', DeprecationTime }, close }: DialogProps) {
  const [day, setDay] = useState(DeprecationTime?.slice(0, 10) ?? '');
  const deprecate = useChange('ec2', 'EnableImageDeprecation');
  const cancel = useChange('ec2', 'DisableImageDeprecation');
  const run = (): Promise<unknown> =>
    day
      ? deprecate.mutateAsync({ ImageId, DeprecateAt: `${day}T00:00:00Z` })
      : cancel.mutateAsync({ ImageId });
  return (
    <ActionDialog title={text.deprecate} action={text.save} run={run} onClose={close}>
      <p>{text.deprecateMeans}</p>
      <Field label={text.day} hint={text.dayHint} type="date" value={day} onText={setDay} />
    </ActionDialog>
  );
}

function DisableDialog({ image: { ImageId = '' }, close }: DialogProps) {
  const disable = useChange('ec2', 'DisableImage');
  return (
    <ActionDialog
      title={text.disable}
      action={text.disable}
      isDangerous
      run={() => disable.mutateAsync({ ImageId })}
      onClose={close}
    >
      <p>{text.disableMeans}</p>
    </ActionDialog>
  );
}

function ProtectDialog({ image, close }: DialogProps) {
  const { ImageId = '' } = image;
  const hasProtection = isProtected(image);
  const [WithCooldown, setWithCooldown] = useState(false);
  const protect = useChange('ec2', 'EnableImageDeregistrationProtection');
  const unprotect = useChange('ec2', 'DisableImageDeregistrationProtection');
  const run = (): Promise<unknown> =>
    hasProtection
      ? unprotect.mutateAsync({ ImageId })
      : protect.mutateAsync({ ImageId, WithCooldown });
  const action = hasProtection ? text.unprotect : text.protect;
  return (
    <ActionDialog title={action} action={action} run={run} onClose={close}>
      <p>{hasProtection ? meaningOf(image) : text.protectMeans}</p>
      {!hasProtection && (
        <Check label={text.cooldown} checked={WithCooldown} onCheck={setWithCooldown} />
      )}
    </ActionDialog>
  );
}

const dayMs = 24 * 60 * 60_000;

/** Of taking its protection away. Once that is done only a refusal tells when the cooldown ends. */
function meaningOf({ DeregistrationProtection: protection }: DialogProps['image']): string {
  if (protection !== 'enabled-with-cooldown') return text.unprotectMeans;
  return text.unprotectMeansLater(new Date(Date.now() + dayMs).toLocaleString());
}

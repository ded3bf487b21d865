/** The end of an image: for all, or only for the account that it was shared with. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check } from '../../parts/field.tsx';
import { go, href } from '../../route.ts';
import { actionsText as text } from '../../text/image.ts';
import type { DialogProps } from './kinds.ts';
import { useKeptDays } from './use-kept-days.ts';

export function DeregisterDialog({ image, close }: DialogProps) {
  const { ImageId = '' } = image;
  const [DeleteAssociatedSnapshots, setDelete] = useState(false);
  const deregister = useChange('ec2', 'DeregisterImage');
  const { isKnown, days } = useKeptDays(image);
  const run = async () => {
    await deregister.mutateAsync({ ImageId, DeleteAssociatedSnapshots });
    go(href(['images'], { tab: 'mine' }));
  };
  return (
    <ActionDialog
      title={text.deregister}
      action={text.deregister}
      isDangerous
      run={run}
      onClose={close}
    >
      <p>{text.deregisterMeans}</p>
      {isKnown && <p role="status">{days === undefined ? text.notKept : text.kept(days)}</p>}
      <Check label={text.withSnapshots} checked={DeleteAssociatedSnapshots} onCheck={setDelete} />
    </ActionDialog>
  );
}

export function LeaveDialog({ image: { ImageId = '', OwnerId = '' }, close }: DialogProps) {
  const cancel = useChange('ec2', 'CancelImageLaunchPermission');
  const run = async () => {
    await cancel.mutateAsync({ ImageId });
    go(href(['images'], { tab: 'shared' }));
  };
  return (
    <ActionDialog title={text.leave} action={text.leaveNow} isDangerous run={run} onClose={close}>
      <p>{text.leaveMeans(OwnerId)}</p>
    </ActionDialog>
  );
}

/** What is done to one backup: it is deleted. */
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { backupDialogsText as text } from '../../text/backups.ts';
import type { Backup } from './backup.ts';

interface Props {
  backup: Backup;
  onClose(): void;
}

export function DeleteDialog({ backup: { BackupId, Kind }, onClose }: Props) {
  const deregister = useChange('ec2', 'DeregisterImage');
  const remove = useChange('ec2', 'DeleteSnapshot');
  const image = { ImageId: BackupId, DeleteAssociatedSnapshots: true };
  const snapshot = { SnapshotId: BackupId };
  const isImage = Kind === 'image';
  return (
    <ActionDialog
      title={text.deleteTitle(BackupId)}
      action={text.delete}
      isDangerous
      command={
        isImage
          ? awsCli('ec2', 'DeregisterImage', image)
          : awsCli('ec2', 'DeleteSnapshot', snapshot)
      }
      run={() => (isImage ? deregister.mutateAsync(image) : remove.mutateAsync(snapshot))}
      onClose={onClose}
    >
      <p>{isImage ? text.deleteImage : text.deleteSnapshot}</p>
    </ActionDialog>
  );
}

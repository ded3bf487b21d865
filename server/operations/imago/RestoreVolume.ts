import type { RestoreVolumeRequest, RestoreVolumeResult } from '../../../api/imago-restores.ts';
import { restoreVolumeTo } from '../../domain/backups/restore-volume.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { idempotently } from '../../domain/client-tokens.ts';
import { requiredVolume } from '../../domain/volumes.ts';
import type { Operation } from '../operation.ts';
import { namedBackup } from '../requests/named-backup.ts';

export const restoreVolume: Operation<RestoreVolumeRequest, RestoreVolumeResult> = {
  accepts: ['BackupId', 'SourceId', 'At', 'DeviceName', 'InstanceId', 'AttachAs', 'ClientToken'],
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { InstanceId: instanceId, DeviceName: deviceName, AttachAs: attachAs } = input;
    const { BackupId, SourceId: sourceId, At, ClientToken: token } = input;
    checkDiskRoom(await host.measure(), caller.region);
    const now = clock.now();
    const call = { ...caller, action: 'RestoreVolume', token, parameters: input, now };
    return catalog.write(async (transaction) => {
      const [backupId = '', made = ''] = await idempotently(transaction, call, async () => {
        const backup = await namedBackup(transaction, caller, { BackupId, sourceId, At }, now);
        const volumeId = sourceId?.startsWith('vol-') ? sourceId : undefined;
        const order = { backup, deviceName, volumeId, instanceId, attachAs };
        const place = { clock, ids, masterKey, site };
        const { id } = await restoreVolumeTo(transaction, caller, order, place);
        return [backup.id, id];
      });
      const volume = await requiredVolume(transaction, caller, made);
      return {
        BackupId: backupId,
        SnapshotId: volume.snapshotId ?? '',
        VolumeId: volume.id,
        InstanceId: instanceId,
        AttachedAs: volume.attachment?.deviceName ?? '',
      };
    });
  },
};

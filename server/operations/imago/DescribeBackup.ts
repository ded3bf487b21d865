import type { DescribeBackupRequest, DescribeBackupResult } from '../../../api/imago-backups.ts';
import { isImage, requiredBackup } from '../../domain/backups/backups.ts';
import { recordedMachine } from '../../domain/backups/recorded-machine.ts';
import type { Operation } from '../operation.ts';
import {
  backupMachineShape,
  backupShape,
  backupVolumes,
  exclusiveBytes,
} from '../shapes/backup.ts';

export const describeBackup: Operation<DescribeBackupRequest, DescribeBackupResult> = {
  accepts: ['BackupId'],
  async run({ BackupId: id }, { catalog, caller, storage }) {
    const row = await catalog.read((reader) => requiredBackup(reader, caller, id));
    const machine = isImage(row) ? recordedMachine(row, caller) : undefined;
    return {
      Backup: backupShape(row, exclusiveBytes(storage)),
      Machine: machine && backupMachineShape(machine),
      Volumes: backupVolumes(row),
    };
  },
};

import type { DescribeBackupRequest, DescribeBackupResult } from '../../../api/imago-backups.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { requiredBackup } from '../../domain/backups/backups.ts';
import { recordedMachine } from '../../domain/backups/recorded-machine.ts';
import { machineImageOf } from '../../domain/backups/snapshot-sets.ts';
import type { Operation } from '../operation.ts';
import {
  backupMachineShape,
  backupShape,
  exclusiveBytes,
  volumeOfSnapshot,
  volumesOfMachine,
} from '../shapes/backup.ts';

export const describeBackup: Operation<DescribeBackupRequest, DescribeBackupResult> = {
  accepts: ['BackupId'],
  async run({ BackupId: id }, { catalog, caller, storage }) {
    const { row, image } = await catalog.read(async (reader) => {
      const found = await requiredBackup(reader, caller, id);
      return { row: found, image: await machineImageOf(reader, found) };
    });
    const machine = image && recordedMachine(image, caller);
    return {
      Backup: backupShape(row, exclusiveBytes(storage)),
      Machine: machine && backupMachineShape(machine),
      Volumes: image ? volumesOfMachine(image) : [volumeOfSnapshot(row as SnapshotRow)],
    };
  },
};

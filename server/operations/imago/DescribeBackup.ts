import type { DescribeBackupRequest, DescribeBackupResult } from '../../../api/imago-backups.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { recordedMachine } from '../../domain/backups/recorded-machine.ts';
import { machineImageOf } from '../../domain/backups/snapshot-sets.ts';
import type { Operation } from '../operation.ts';
import { namedBackup } from '../requests/named-backup.ts';
import {
  backupMachineShape,
  backupShape,
  exclusiveBytes,
  volumeOfSnapshot,
  volumesOfMachine,
} from '../shapes/backup.ts';

const sourceForm = /^(i|vol)-/;

export const describeBackup: Operation<DescribeBackupRequest, DescribeBackupResult> = {
  accepts: ['BackupId', 'At'],
  async run({ BackupId: id, At }, { catalog, caller, clock, storage }) {
    const named = { At, ...(sourceForm.test(id) ? { sourceId: id } : { BackupId: id }) };
    const { row, image } = await catalog.read(async (reader) => {
      const found = await namedBackup(reader, caller, named, clock.now());
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

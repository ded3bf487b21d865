import type { PutBackupRecordRequest } from '../../../api/imago-backup-records.ts';
import { readRecord, withFirstRecord } from '../../domain/backups/backup-record.ts';
import { isImage, requiredBackup } from '../../domain/backups/backups.ts';
import type { Operation } from '../operation.ts';

/** By another Imago that has sent the backup. */
export const putBackupRecord: Operation<PutBackupRecordRequest, Record<string, never>> = {
  accepts: ['BackupId', 'Record'],
  async run({ BackupId: id, Record: text }, { catalog, caller }) {
    const record = readRecord(text, id.startsWith('ami-') ? 'ami' : 'snap');
    await catalog.write(async (transaction) => {
      const row = await requiredBackup(transaction, caller, id);
      const told = withFirstRecord(row, record);
      if (told === row) return;
      if (isImage(told)) await transaction.images.update(told);
      else await transaction.snapshots.update(told);
    });
    return {};
  },
};

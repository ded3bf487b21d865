import type {
  GetBackupRecordRequest,
  GetBackupRecordResult,
} from '../../../api/imago-backup-records.ts';
import { recordOf } from '../../domain/backups/backup-record.ts';
import { requiredBackup } from '../../domain/backups/backups.ts';
import { isSet, partsOfSet } from '../../domain/backups/snapshot-sets.ts';
import type { Operation } from '../operation.ts';

/** For another Imago that fetches the backup. */
export const getBackupRecord: Operation<GetBackupRecordRequest, GetBackupRecordResult> = {
  accepts: ['BackupId'],
  async run({ BackupId: id }, { catalog, caller }) {
    const { row, parts } = await catalog.read(async (reader) => {
      const found = await requiredBackup(reader, caller, id);
      const set = isSet(found) ? await partsOfSet(reader, found) : [];
      return { row: found, parts: set.flatMap(({ snapshot }) => snapshot ?? []) };
    });
    const others = parts.filter((each) => each.id !== id && each.state === 'completed');
    const ids = parts.length > 0 ? [id, ...others.map((each) => each.id)] : [];
    return { Record: JSON.stringify(recordOf(row)), SnapshotIds: ids };
  },
};

import type {
  StopBackupJobInput,
  StopBackupJobResult,
} from '../../../../api/generated/backup-types.ts';
import { stopJob } from '../../../domain/backups/remove-points.ts';
import type { Operation } from '../../operation.ts';

/** Nothing is left of what it was making. */
export const stopBackupJob: Operation<StopBackupJobInput, StopBackupJobResult> = {
  accepts: ['BackupJobId'],
  async run({ BackupJobId: id }, { catalog, caller, clock }) {
    await catalog.write((transaction) => stopJob(transaction, caller, id, clock.now()));
    return {};
  },
};

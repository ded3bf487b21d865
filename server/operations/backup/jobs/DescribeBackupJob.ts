import type {
  DescribeBackupJobInput,
  DescribeBackupJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredJob } from '../../../domain/backups/jobs.ts';
import type { Operation } from '../../operation.ts';
import { jobShape } from '../../shapes/backup-vaults.ts';

export const describeBackupJob: Operation<DescribeBackupJobInput, DescribeBackupJobOutput> = {
  accepts: ['BackupJobId'],
  async run({ BackupJobId: id }, { catalog, caller }) {
    return catalog.read(async (reader) => jobShape(reader, await requiredJob(reader, caller, id)));
  },
};

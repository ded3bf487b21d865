import type {
  DescribeRestoreJobInput,
  DescribeRestoreJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { currentRestore, requiredRestore } from '../../../domain/backups/restore-jobs.ts';
import type { Operation } from '../../operation.ts';
import { restoreShape } from '../../shapes/restore-jobs.ts';

export const describeRestoreJob: Operation<DescribeRestoreJobInput, DescribeRestoreJobOutput> = {
  accepts: ['RestoreJobId'],
  async run({ RestoreJobId: id }, { catalog, caller, clock }) {
    return catalog.read(async (reader) => {
      const row = await requiredRestore(reader, caller, id);
      return restoreShape(await currentRestore(reader, row, clock.now()));
    });
  },
};

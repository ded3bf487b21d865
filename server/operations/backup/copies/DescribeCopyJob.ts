import type {
  DescribeCopyJobInput,
  DescribeCopyJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredCopyJob } from '../../../domain/backups/copy-jobs.ts';
import type { Operation } from '../../operation.ts';
import { copyJobShape } from '../../shapes/backup-vaults.ts';

/** In the region of the original. */
export const describeCopyJob: Operation<DescribeCopyJobInput, DescribeCopyJobOutput> = {
  accepts: ['CopyJobId'],
  async run({ CopyJobId: id }, { catalog, caller }) {
    const row = await catalog.read((reader) => requiredCopyJob(reader, caller, id));
    return { CopyJob: copyJobShape(row) };
  },
};

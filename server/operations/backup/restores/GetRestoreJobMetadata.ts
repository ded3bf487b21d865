import type {
  GetRestoreJobMetadataInput,
  GetRestoreJobMetadataOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredRestore } from '../../../domain/backups/restore-jobs.ts';
import type { Operation } from '../../operation.ts';

export const getRestoreJobMetadata: Operation<
  GetRestoreJobMetadataInput,
  GetRestoreJobMetadataOutput
> = {
  accepts: ['RestoreJobId'],
  async run({ RestoreJobId: id }, { catalog, caller }) {
    const { metadata } = await catalog.read((reader) => requiredRestore(reader, caller, id));
    return { RestoreJobId: id, Metadata: metadata };
  },
};

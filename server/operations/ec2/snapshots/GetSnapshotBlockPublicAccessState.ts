import type {
  GetSnapshotBlockPublicAccessStateRequest,
  GetSnapshotBlockPublicAccessStateResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

export const getSnapshotBlockPublicAccessState: Operation<
  GetSnapshotBlockPublicAccessStateRequest,
  GetSnapshotBlockPublicAccessStateResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const settings = await catalog.read((reader) => settingsOf(reader, caller));
    return { State: settings.snapshotBlockPublicAccess ?? 'unblocked', ManagedBy: 'account' };
  },
};

import type {
  DisableSnapshotBlockPublicAccessRequest,
  DisableSnapshotBlockPublicAccessResult,
} from '../../../../api/generated/ec2-types.ts';
import { blockPublicAccess } from '../../../domain/snapshot-permissions.ts';
import type { Operation } from '../../operation.ts';

/** Snapshots that were public before are so again. */
export const disableSnapshotBlockPublicAccess: Operation<
  DisableSnapshotBlockPublicAccessRequest,
  DisableSnapshotBlockPublicAccessResult
> = {
  accepts: [],
  async run(_input, context) {
    const { catalog, caller } = context;
    const State = 'unblocked';
    await catalog.write((transaction) => blockPublicAccess(transaction, caller, State, context));
    return { State };
  },
};

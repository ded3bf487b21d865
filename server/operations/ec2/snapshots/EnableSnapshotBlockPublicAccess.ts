import type {
  EnableSnapshotBlockPublicAccessRequest,
  EnableSnapshotBlockPublicAccessResult,
} from '../../../../api/generated/ec2-types.ts';
import { blockPublicAccess } from '../../../domain/snapshot-permissions.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { required } from '../../requests/permissions.ts';

export const enableSnapshotBlockPublicAccess: Operation<
  EnableSnapshotBlockPublicAccessRequest,
  EnableSnapshotBlockPublicAccessResult
> = {
  accepts: ['State'],
  async run(input, context) {
    const { catalog, caller } = context;
    const states = ['block-all-sharing', 'block-new-sharing'] as const;
    const State = required('State', oneOf('State', input.State, states));
    await catalog.write((transaction) => blockPublicAccess(transaction, caller, State, context));
    return { State };
  },
};

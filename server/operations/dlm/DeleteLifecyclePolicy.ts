import type {
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse,
} from '../../../api/generated/dlm-types.ts';
import { deletePolicy, requiredPolicy } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';

/** What it has made stays, unless a default policy says that it is to go in its time. */
export const deleteLifecyclePolicy: Operation<
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse
> = {
  accepts: ['PolicyId'],
  async run({ PolicyId: id }, { catalog, caller, clock }) {
    await catalog.write(async (transaction) => {
      const row = await requiredPolicy(transaction, caller, id);
      await deletePolicy(transaction, row, clock.now());
    });
    return {};
  },
};

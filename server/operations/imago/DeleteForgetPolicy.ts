import type {
  DeleteForgetPolicyRequest,
  DeleteForgetPolicyResult,
} from '../../../api/imago-forget-policies.ts';
import { requiredForgetPolicy } from '../../domain/backups/forget-policies.ts';
import type { Operation } from '../operation.ts';

export const deleteForgetPolicy: Operation<DeleteForgetPolicyRequest, DeleteForgetPolicyResult> = {
  accepts: ['PolicyName'],
  async run({ PolicyName: name }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const { id } = await requiredForgetPolicy(transaction, caller, name);
      await transaction.forgetPolicies.delete(id);
    });
    return {};
  },
};

import type {
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
} from '../../../api/generated/dlm-types.ts';
import { requiredPolicy, statusMessageOf } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';
import { policyShape } from '../shapes/backup-policies.ts';

export const getLifecyclePolicy: Operation<GetLifecyclePolicyRequest, GetLifecyclePolicyResponse> =
  {
    accepts: ['PolicyId'],
    async run({ PolicyId: id }, { catalog, caller }) {
      return catalog.read(async (reader) => {
        const row = await requiredPolicy(reader, caller, id);
        return { Policy: policyShape(row, await statusMessageOf(reader, row)) };
      });
    },
  };

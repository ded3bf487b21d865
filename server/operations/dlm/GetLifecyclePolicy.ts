import type {
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
} from '../../../api/generated/dlm-types.ts';
import { requiredPolicy } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';
import { policyShape } from '../shapes/backup-policies.ts';

export const getLifecyclePolicy: Operation<GetLifecyclePolicyRequest, GetLifecyclePolicyResponse> =
  {
    accepts: ['PolicyId'],
    async run({ PolicyId: id }, { catalog, caller }) {
      const row = await catalog.read((reader) => requiredPolicy(reader, caller, id));
      return { Policy: policyShape(row) };
    },
  };

import type {
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { policyShape } from '../../shapes/lifecycle-policies.ts';

export const getLifecyclePolicy: Operation<GetLifecyclePolicyRequest, GetLifecyclePolicyResponse> =
  {
    accepts: ['lifecyclePolicyArn'],
    async run({ lifecyclePolicyArn: arn }, { catalog, caller }) {
      parsedArn(arn, 'lifecyclePolicyArn', 'lifecycle-policy', 'none');
      const row = await catalog.read((reader) =>
        requiredByArn(reader, caller, 'lifecycle-policy', arn),
      );
      return { lifecyclePolicy: policyShape(row) };
    },
  };

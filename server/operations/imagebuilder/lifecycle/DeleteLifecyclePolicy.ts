import type {
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteNamed } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';

/** What it has done stays. */
export const deleteLifecyclePolicy: Operation<
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse
> = {
  accepts: ['lifecyclePolicyArn'],
  async run({ lifecyclePolicyArn: arn }, { catalog, caller }) {
    parsedArn(arn, 'lifecyclePolicyArn', 'lifecycle-policy', 'none');
    await catalog.write((transaction) => deleteNamed(transaction, caller, 'lifecycle-policy', arn));
    return { lifecyclePolicyArn: arn };
  },
};

import type {
  UpdateLifecyclePolicyRequest,
  UpdateLifecyclePolicyResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { changeNamed, inItsErrors } from '../../../domain/imagebuilder/configurations.ts';
import { withNextRun } from '../../../domain/imagebuilder/lifecycle.ts';
import { checkedRegions } from '../../../domain/site.ts';
import type { Operation } from '../../operation.ts';
import { made } from '../../requests/image-builder.ts';
import { policyOf, regionsOf } from '../../requests/lifecycle-policy.ts';

/** What is left out is as in a new one. */
export const updateLifecyclePolicy: Operation<
  UpdateLifecyclePolicyRequest,
  UpdateLifecyclePolicyResponse
> = {
  accepts: [
    'lifecyclePolicyArn',
    'description',
    'status',
    'executionRole',
    'resourceType',
    'policyDetails.action.type',
    'policyDetails.action.includeResources.amis',
    'policyDetails.action.includeResources.snapshots',
    'policyDetails.filter',
    'policyDetails.exclusionRules',
    'resourceSelection',
    'clientToken',
  ],
  fixed: { 'policyDetails.action.includeResources.containers': false },
  async run(input, context) {
    const { caller, catalog, clock, site } = context;
    const { lifecyclePolicyArn: arn } = input;
    const { slug } = parsedArn(arn, 'lifecyclePolicyArn', 'lifecycle-policy', 'none');
    const { name: _, ...said } = policyOf(input, slug);
    await inItsErrors(async () => void checkedRegions(site, regionsOf(said)));
    const now = clock.now();
    const change = { ...said, updatedAt: now.toISOString() };
    await catalog.write((transaction) =>
      made(transaction, context, 'UpdateLifecyclePolicy', input, () =>
        changeNamed(transaction, caller, 'lifecycle-policy', arn, async (row) =>
          withNextRun({ ...row, ...change }, now),
        ),
      ),
    );
    return { lifecyclePolicyArn: arn };
  },
};

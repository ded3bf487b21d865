import type {
  CreateLifecyclePolicyRequest,
  CreateLifecyclePolicyResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { inItsErrors, insertNamed } from '../../../domain/imagebuilder/configurations.ts';
import { withNextRun } from '../../../domain/imagebuilder/lifecycle.ts';
import { checkedRegions } from '../../../domain/site.ts';
import type { Operation } from '../../operation.ts';
import { builderTags, made, ownedBy } from '../../requests/image-builder.ts';
import { policyOf, regionsOf } from '../../requests/lifecycle-policy.ts';

/** It is carried out for the first time at the next round. */
export const createLifecyclePolicy: Operation<
  CreateLifecyclePolicyRequest,
  CreateLifecyclePolicyResponse
> = {
  accepts: [
    'name',
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
    'tags',
    'clientToken',
  ],
  fixed: { 'policyDetails.action.includeResources.containers': false },
  async run(input, context) {
    const { catalog, clock, site } = context;
    const said = policyOf(input, input.name);
    await inItsErrors(async () => void checkedRegions(site, regionsOf(said)));
    const about = { ...ownedBy(context), tags: builderTags(input.tags) };
    const row = withNextRun({ id: '', ...said, ...about }, clock.now());
    const lifecyclePolicyArn = await catalog.write((transaction) =>
      made(transaction, context, 'CreateLifecyclePolicy', input, () =>
        insertNamed(transaction, 'lifecycle-policy', row),
      ),
    );
    return { clientToken: input.clientToken, lifecyclePolicyArn };
  },
};

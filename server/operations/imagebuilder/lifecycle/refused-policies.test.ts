/** Lifecycle policies that are refused, and what is made once for one token. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { makeLifecyclePolicy } from '../../test-image-builder.ts';
import { createLifecyclePolicy } from './CreateLifecyclePolicy.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const rule = (type: string, filter: object, more: object = {}) => ({
  action: { type, includeResources: { amis: true } },
  filter,
  ...more,
});
const days = (value: number) => ({ type: 'AGE', value, unit: 'DAYS' });

test('what is wrong with a policy is told at once', async () => {
  const policyDetails = (each: object) => ({ policyDetails: [each] });
  for (const change of [
    { status: 'PAUSED' },
    { executionRole: 'no role' },
    { resourceType: 'CONTAINER_IMAGE' },
    { policyDetails: [] },
    { policyDetails: [rule('DISABLE', days(1)), rule('DISABLE', days(2))] },
    policyDetails(rule('FORGET', days(1))),
    policyDetails(rule('DELETE', { type: 'AGE', value: 1 })),
    policyDetails(rule('DELETE', { type: 'AGE', value: 1, unit: 'HOURS' })),
    policyDetails(rule('DELETE', days(0))),
    policyDetails(rule('DELETE', { ...days(1), retainAtLeast: 11 })),
    policyDetails(rule('DISABLE', { ...days(1), retainAtLeast: 1 })),
    policyDetails(rule('DELETE', { type: 'SIZE', value: 1 })),
    policyDetails(rule('DELETE', { type: 'COUNT', value: 1, unit: 'DAYS' })),
    policyDetails(rule('DELETE', { type: 'COUNT', value: 1, retainAtLeast: 1 })),
    policyDetails({
      action: { type: 'DISABLE', includeResources: { amis: true, snapshots: true } },
      filter: days(1),
    }),
    policyDetails(rule('DELETE', days(1), { exclusionRules: { amis: { regions: ['moon'] } } })),
    policyDetails(
      rule('DELETE', days(1), { exclusionRules: { amis: { sharedAccounts: ['me'] } } }),
    ),
    { resourceSelection: {} },
    {
      resourceSelection: {
        recipes: [{ name: 'Web', semanticVersion: '1.0.0' }],
        tagMap: { a: 'b' },
      },
    },
  ]) {
    await assert.rejects(
      makeLifecyclePolicy(context, change),
      { code: 'InvalidParameterValueException' },
      JSON.stringify(change),
    );
  }
  const asked = {
    ...{ name: 'Counted', executionRole: 'lifecycle', resourceType: 'AMI_IMAGE' },
    policyDetails: [{ action: { type: 'DELETE' }, filter: { type: 'COUNT', value: 3 } }],
    resourceSelection: { tagMap: { stage: 'test' } },
    clientToken: 'a',
  };
  const create = () => createLifecyclePolicy.run(asked, context);
  assert.deepEqual(await create(), await create());
  const again = makeLifecyclePolicy(context, { name: 'counted' });
  await assert.rejects(again, { code: 'ResourceAlreadyExistsException' });
});

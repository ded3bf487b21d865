import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { describeAddresses } from './DescribeAddresses.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('an instance’s public address is none of the account’s own', async () => {
  const { id, publicIp = '' } = await insertRunningInstance(context, await insertImage(context));
  const of = { Filters: [{ Name: 'instance-id', Values: [id] }] };
  assert.deepEqual(await describeAddresses.run(of, context), { Addresses: [] });
  assert.deepEqual(await describeAddresses.run({}, context), { Addresses: [] });
  await assert.rejects(describeAddresses.run({ PublicIps: [publicIp] }, context), {
    code: 'InvalidAddress.NotFound',
  });
  await assert.rejects(describeAddresses.run({ AllocationIds: ['eipalloc-1'] }, context), {
    code: 'InvalidAllocationID.NotFound',
  });
});

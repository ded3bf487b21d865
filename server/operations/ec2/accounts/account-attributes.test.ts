import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { describeAccountAttributes } from './DescribeAccountAttributes.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('all attributes of an account, or those that are named', async () => {
  const attributes = async (...AttributeNames: string[]) => {
    const { AccountAttributes = [] } = await describeAccountAttributes.run(
      { AttributeNames },
      context,
    );
    const entries = AccountAttributes.map((each) => [
      each.AttributeName,
      each.AttributeValues?.map((value) => value.AttributeValue).join(),
    ]);
    return Object.fromEntries(entries);
  };
  const [vpc] = await context.catalog.read(({ vpcs }) => vpcs.list());
  assert.deepEqual(await attributes('supported-platforms'), { 'supported-platforms': 'VPC' });
  const all = await attributes();
  assert.equal(all['default-vpc'], vpc?.id);
  assert.equal(all['vpc-max-security-groups-per-interface'], '16');
  assert.equal(Object.keys(all).length, 6);
  await assert.rejects(attributes('colour'), { code: 'InvalidParameterValue' });
});

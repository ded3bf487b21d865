import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '../test-context.ts';
import { getCallerIdentity } from './GetCallerIdentity.ts';

test('GetCallerIdentity is the account', async () => {
  await using context = await createTestContext();
  const { account } = context.caller;
  assert.deepEqual(await getCallerIdentity.run({}, context), {
    Account: account,
    UserId: account,
    Arn: `arn:aws:iam::${account}:root`,
  });
});

/** Access keys: whose they are, how many, and how one replaces another. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { findCredential, whileAllowed } from '../../domain/access-keys.ts';
import { providerAccount } from '../../domain/accounts.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { createAccessKey } from './CreateAccessKey.ts';
import { deleteAccessKey } from './DeleteAccessKey.ts';
import { listAccessKeys } from './ListAccessKeys.ts';
import { updateAccessKey } from './UpdateAccessKey.ts';

let context: TestContext;
let own: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  own = await context.asNewAccount({ name: 'ci' });
});
afterEach(() => context[Symbol.asyncDispose]());

const create = async (as: OperationContext, Account?: string) =>
  (await createAccessKey.run({ Account }, as)).AccessKey;
const list = async (as: OperationContext, Account?: string) =>
  (await listAccessKeys.run({ Account }, as)).AccessKeys;
const update = (as: OperationContext, AccessKeyId: string, Status: string) =>
  updateAccessKey.run({ AccessKeyId, Status }, as);
const remove = (as: OperationContext, AccessKeyId: string) =>
  deleteAccessKey.run({ AccessKeyId }, as);
const isGood = async (id: string) =>
  (await findCredential(context.catalog, id, context.clock)) !== undefined;

test('an account replaces its key by itself: a new one, then the old one inactive and gone', async () => {
  const old = own.caller.accessKeyId;
  const made = await create(own);
  assert.equal(made.AccountId, own.caller.account);
  assert.match(made.SecretAccessKey ?? '', /^[A-Za-z0-9+/]{40}$/);
  assert.equal(made.Status, 'Active');
  const both = [old, made.AccessKeyId].sort();
  assert.deepEqual((await list(own)).map(({ AccessKeyId }) => AccessKeyId).sort(), both);
  assert.ok(
    (await list(own)).every((key) => !('SecretAccessKey' in key)),
    'told once',
  );
  const withNew = context.as({ ...own.caller, accessKeyId: made.AccessKeyId });
  const { AccessKey: inactive } = await update(withNew, old, 'Inactive');
  assert.equal(inactive.Status, 'Inactive');
  assert.equal(await isGood(old), false);
  await update(withNew, old, 'Active');
  assert.equal(await isGood(old), true);
  await remove(withNew, old);
  assert.equal(await isGood(old), false);
  assert.deepEqual(await list(withNew), [
    { ...(await list(withNew))[0], AccessKeyId: made.AccessKeyId },
  ]);
});

test('there are two at most, inactive ones counted', async () => {
  await update(own, (await create(own)).AccessKeyId, 'Inactive');
  await assert.rejects(create(own), { code: 'LimitExceeded' });
  await assert.rejects(create(context, 'ci'), { code: 'LimitExceeded' });
});

test('the key that signs can be neither disabled nor deleted with itself', async () => {
  for (const as of [own, context]) {
    const { accessKeyId } = as.caller;
    await create(as);
    const code = 'OperationNotPermitted';
    await assert.rejects(update(as, accessKeyId, 'Inactive'), { code });
    await assert.rejects(remove(as, accessKeyId), { code });
    await update(as, accessKeyId, 'Active');
    assert.ok(await isGood(accessKeyId));
  }
});

test('an operator has all keys in hand, other accounts their own', async () => {
  const other = await context.asNewAccount({ name: 'other' });
  const { accessKeyId } = own.caller;
  assert.deepEqual(
    (await list(context, 'ci')).map((key) => key.AccessKeyId),
    [accessKeyId],
  );
  const byOperator = await create(context, own.caller.account);
  assert.equal(byOperator.AccountId, own.caller.account);
  for (const named of ['ci', own.caller.account, 'nobody']) {
    await assert.rejects(list(other, named), { code: 'AccessDeniedException' });
    await assert.rejects(create(other, named), { code: 'AccessDeniedException' });
  }
  const missing = (id: string) => ({
    code: 'NoSuchEntity',
    message: `The access key '${id}' does not exist.`,
  });
  for (const id of [accessKeyId, 'AKIANOBODY', context.caller.accessKeyId]) {
    await assert.rejects(update(other, id, 'Inactive'), missing(id));
    await assert.rejects(remove(other, id), missing(id));
  }
  await update(context, accessKeyId, 'Inactive');
  await remove(context, byOperator.AccessKeyId);
  assert.deepEqual(
    (await list(context, 'ci')).map((key) => key.Status),
    ['Inactive'],
  );
  await assert.rejects(list(context, 'nobody'), { code: 'NoSuchEntity' });
});

test('a key that was disabled meanwhile makes no other', async () => {
  await update(context, own.caller.accessKeyId, 'Inactive');
  const late = { ...own, catalog: whileAllowed(own.catalog, own.caller, own.clock) };
  await assert.rejects(create(late), { code: 'AuthFailure' });
});

test('the provider has no keys, and a status is one of two', async () => {
  await assert.rejects(create(context, providerAccount.id), { code: 'OperationNotPermitted' });
  await assert.rejects(update(context, own.caller.accessKeyId, 'active'), {
    code: 'InvalidParameterValue',
  });
});

/** Accounts as their operators make, change and end them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { tableNames } from '../../catalog/tables.ts';
import { findCredential, whileAllowed } from '../../domain/access-keys.ts';
import { providerAccount } from '../../domain/accounts.ts';
import { newTask } from '../../domain/tasks.ts';
import { cancelLegalHold } from '../backup/holds/CancelLegalHold.ts';
import { createLegalHold } from '../backup/holds/CreateLegalHold.ts';
import { createKeyPair } from '../ec2/key-pairs/CreateKeyPair.ts';
import { createSecurityGroup } from '../ec2/security-groups/CreateSecurityGroup.ts';
import { lockSnapshot } from '../ec2/snapshots/LockSnapshot.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../test-images.ts';
import { insertRunningInstance, moveInstance } from '../test-instances.ts';
import { createAccount } from './CreateAccount.ts';
import { deleteAccount } from './DeleteAccount.ts';
import { describeAccount } from './DescribeAccount.ts';
import { disableAccount } from './DisableAccount.ts';
import { enableAccount } from './EnableAccount.ts';
import { listAccounts } from './ListAccounts.ts';
import { updateAccount } from './UpdateAccount.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const path = 'o-abcdefghij/r-1a2b/ou-1a2b-00000001';
const create = (Name: string, input = {}) => createAccount.run({ Name, ...input }, context);
/** What its key may do, as the check of signatures is told. */
const known = (accessKeyId: string) => findCredential(context.catalog, accessKeyId, context.clock);

/** As the holder of this account's first key. */
async function asCreated(name: string, input = {}): Promise<OperationContext> {
  const { Account: account, AccessKey: key } = await create(name, input);
  const { AccountId, Operator: operator } = account;
  return context.as({ account: AccountId, accessKeyId: key.AccessKeyId, operator });
}

/** As the context of a request is: what it writes, it writes as one who still may. */
const asAsked = (as: OperationContext): OperationContext => ({
  ...as,
  catalog: whileAllowed(as.catalog, as.caller, as.clock),
});

describe('CreateAccount', () => {
  test('answers the account and its first key, which is good at once', async () => {
    const { Account: account, AccessKey: key } = await create('ci', { OrganizationPath: path });
    assert.match(account.AccountId, /^[1-9]\d{11}$/);
    assert.deepEqual(account, {
      AccountId: account.AccountId,
      Name: 'ci',
      Alias: undefined,
      Operator: false,
      Status: 'Active',
      OrganizationPath: path,
      CreateDate: context.now,
    });
    const credential = await known(key.AccessKeyId);
    assert.equal(credential?.secretAccessKey, key.SecretAccessKey);
    assert.equal(credential?.account, account.AccountId);
    assert.equal(credential?.operator, false);
    assert.deepEqual(credential?.groups, ['o-abcdefghij', 'o-abcdefghij/ou-1a2b-00000001']);
    const { AccessKey: other } = await create('chief', { Operator: true });
    assert.equal((await known(other.AccessKeyId))?.operator, true);
  });

  test('makes default networks in every region', async () => {
    const { Account: account } = await create('ci');
    const vpcs = await context.catalog.read((reader) =>
      reader.vpcs.list({ where: { account: account.AccountId } }),
    );
    assert.deepEqual(vpcs.map(({ region }) => region).sort(), [...context.site.regions].sort());
  });

  test('refuses names and places that cannot be, and a name that is taken', async () => {
    await create('ci');
    const code = 'InvalidParameterValue';
    for (const name of ['', '-x', 'a b', '../x', '123456789012', 'x'.repeat(51)]) {
      await assert.rejects(create(name), { code }, name);
    }
    await assert.rejects(create('x', { OrganizationPath: 'o-1' }), { code });
    await assert.rejects(create('ci'), { code: 'EntityAlreadyExists' });
    await assert.rejects(create('provider'), { code: 'EntityAlreadyExists' });
  });
});

test('ListAccounts goes through all of them in pages', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await listAccounts.run({ MaxResults: 5, NextToken }, context);
    names.push(...page.Accounts.map(({ Name }) => Name));
    assert.ok(page.Accounts.length <= 5);
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(names.sort(), ['a', 'b', 'c', 'd', 'default', 'e', 'provider']);
});

test('DescribeAccount: an operator any, by id or name; others their own and no other', async () => {
  const ci = await asCreated('ci');
  const { account } = ci.caller;
  const described = async (Account?: string, as: OperationContext = context) =>
    (await describeAccount.run({ Account }, as)).Account.AccountId;
  assert.equal(await described(), context.caller.account);
  assert.equal(await described('ci'), account);
  assert.equal(await described(account), account);
  await assert.rejects(described('nobody'), { code: 'NoSuchEntity' });
  await assert.rejects(described('999999999999'), { code: 'NoSuchEntity' });
  assert.equal(await described(undefined, ci), account);
  assert.equal(await described('ci', ci), account);
  for (const other of ['default', context.caller.account, 'nobody', '999999999999']) {
    await assert.rejects(described(other, ci), { code: 'AccessDeniedException' });
  }
});

describe('UpdateAccount', () => {
  test('changes what it is given and nothing else', async () => {
    const ci = await asCreated('ci', { OrganizationPath: path });
    const { accessKeyId } = ci.caller;
    const update = async (input: object) =>
      (await updateAccount.run({ Account: ci.caller.account, ...input }, context)).Account;
    assert.deepEqual(await update({}), (await describeAccount.run({}, ci)).Account);
    assert.equal((await update({ Name: 'build' })).Name, 'build');
    assert.equal((await update({ Name: 'build' })).Name, 'build', 'its own name is not taken');
    assert.equal((await update({ Operator: true })).OrganizationPath, path);
    assert.equal((await known(accessKeyId))?.operator, true);
    assert.equal((await update({ Operator: false })).Name, 'build');
    assert.equal((await known(accessKeyId))?.operator, false);
    assert.equal((await update({ OrganizationPath: 'o-klmnopqrst/r-1a2b' })).Operator, false);
    assert.deepEqual((await known(accessKeyId))?.groups, ['o-klmnopqrst']);
    assert.equal((await update({ OrganizationPath: '' })).OrganizationPath, undefined);
    assert.deepEqual((await known(accessKeyId))?.groups, []);
    await assert.rejects(update({ Name: 'default' }), { code: 'EntityAlreadyExists' });
    await assert.rejects(update({ OrganizationPath: 'x' }), { code: 'InvalidParameterValue' });
  });
});

test('a disabled account’s key is told so, until the account is enabled', async () => {
  const ci = await asCreated('ci');
  const { accessKeyId, account } = ci.caller;
  const disabled = await disableAccount.run({ Account: 'ci' }, context);
  assert.equal(disabled.Account.Status, 'Disabled');
  assert.equal((await known(accessKeyId))?.blocked, true);
  const enabled = await enableAccount.run({ Account: account }, context);
  assert.equal(enabled.Account.Status, 'Active');
  assert.equal((await known(accessKeyId))?.blocked, false);
});

describe('nobody locks himself out', () => {
  const code = 'OperationNotPermitted';

  test('an operator neither disables, deletes nor demotes itself', async () => {
    const Account = context.caller.account;
    await assert.rejects(disableAccount.run({ Account }, context), { code });
    await assert.rejects(deleteAccount.run({ Account: 'default' }, context), { code });
    await assert.rejects(updateAccount.run({ Account, Operator: false }, context), { code });
    assert.equal(
      (await updateAccount.run({ Account, Name: 'chief' }, context)).Account.Name,
      'chief',
    );
  });

  test('of operators who disable each other at once one is left', async () => {
    const second = asAsked(await asCreated('second', { Operator: true }));
    const all = await Promise.allSettled([
      disableAccount.run({ Account: 'second' }, asAsked(context)),
      disableAccount.run({ Account: 'default' }, second),
      deleteAccount.run({ Account: 'default' }, second),
      updateAccount.run({ Account: 'default', Operator: false }, second),
    ]);
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const each of all) {
      if (each.status === 'rejected') assert.equal(each.reason.code, 'Blocked');
    }
  });

  test('rights that were taken meanwhile are gone', async () => {
    const second = asAsked(await asCreated('second', { Operator: true }));
    await updateAccount.run({ Account: 'second', Operator: false }, context);
    await assert.rejects(createAccount.run({ Name: 'x' }, second), {
      code: 'AccessDeniedException',
    });
  });

  test('the provider’s account stays as it is', async () => {
    const { id: Account } = providerAccount;
    await assert.rejects(disableAccount.run({ Account }, context), { code });
    await assert.rejects(deleteAccount.run({ Account }, context), { code });
    await assert.rejects(updateAccount.run({ Account, Name: 'x' }, context), { code });
  });
});

describe('DeleteAccount', () => {
  test('leaves nothing of an account that has nothing', async () => {
    const ci = await asCreated('ci');
    const { account, region } = ci.caller;
    const order = { kind: 'k', subject: 's', account, region, input: {} };
    await context.catalog.write(async (transaction) => {
      await transaction.tasks.insert({ ...newTask(order, context), state: 'succeeded' });
      await transaction.accountSettings.insert({ id: `${account}/${region}`, account, region });
    });
    const { id } = await insertRunningInstance(ci, await insertProviderImage(context));
    await moveInstance(ci, id, { state: 'terminated' });
    await context.catalog.write(async ({ volumes }) => {
      for (const volume of await volumes.list()) await volumes.delete(volume.id);
    });
    await deleteAccount.run({ Account: 'ci' }, context);
    assert.equal(await known(ci.caller.accessKeyId), undefined);
    const left = await context.catalog.read(async (reader) => {
      const names: string[] = [];
      for (const name of tableNames) {
        const rows = await reader[name].list();
        if (JSON.stringify(rows).includes(account)) names.push(name);
      }
      return names;
    });
    assert.deepEqual(left, []);
    await assert.rejects(deleteAccount.run({ Account: 'ci' }, context), { code: 'NoSuchEntity' });
  });

  test('leaves nothing that a request would still have made', async () => {
    const ci = asAsked(await asCreated('ci'));
    await deleteAccount.run({ Account: 'ci' }, context);
    await assert.rejects(createKeyPair.run({ KeyName: 'late' }, ci), { code: 'AuthFailure' });
    assert.equal(await context.catalog.read(({ keyPairs }) => keyPairs.count()), 0);
  });

  test('is refused while something of it is held or locked, and says how that ends', async () => {
    const ci = await asCreated('ci');
    const { LegalHoldId = '' } = await createLegalHold.run({ Title: 'a', Description: 'b' }, ci);
    const refused = (message: RegExp) =>
      assert.rejects(deleteAccount.run({ Account: 'ci' }, context), {
        code: 'DeleteConflict',
        message,
      });
    await refused(/has 1 legal holds: .*, once its legal holds are cancelled\.$/);
    await cancelLegalHold.run({ LegalHoldId, CancelDescription: 'c' }, ci);
    const { id: SnapshotId } = await insertSnapshot(ci);
    await refused(/has 1 snapshots: terminate, deregister and delete them first\.$/);
    await lockSnapshot.run({ SnapshotId, LockMode: 'governance', LockDuration: 1 }, ci);
    await refused(/has 1 snapshots: .*, once its snapshots are unlocked\.$/);
  });

  test('is refused while it has something, and says what', async () => {
    const ci = await asCreated('ci');
    const { account, region } = ci.caller;
    const refused = (message: RegExp) =>
      assert.rejects(deleteAccount.run({ Account: 'ci' }, context), {
        code: 'DeleteConflict',
        message,
      });
    const task = newTask({ kind: 'k', subject: 's', account, region, input: {} }, context);
    await context.catalog.write(({ tasks }) => tasks.insert(task));
    await refused(/has 1 tasks/);
    await context.catalog.write(({ tasks }) => tasks.delete(task.id));
    await createSecurityGroup.run({ GroupName: 'web', Description: 'web' }, ci);
    await refused(/has 1 security groups:/);
    await insertImage(ci);
    await insertRunningInstance(ci, await insertImage(ci));
    await refused(/2 images, 2 snapshots, 2 volumes, 1 instances, 1 security groups/);
    assert.ok(await known(ci.caller.accessKeyId), 'its keys are still there');
  });
});

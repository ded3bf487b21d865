/** Backup vaults: how they are made, listed and deleted, and whose they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJob, makeVault } from '../../test-backups.ts';
import { createTestContext } from '../../test-context.ts';
import { createBackupVault } from './CreateBackupVault.ts';
import { deleteBackupVault } from './DeleteBackupVault.ts';
import { describeBackupVault } from './DescribeBackupVault.ts';
import { listBackupVaults } from './ListBackupVaults.ts';

test('a vault is there with its ARN until it is deleted', async () => {
  await using context = await createTestContext();
  const BackupVaultName = 'nightly_1';
  const made = await createBackupVault.run({ BackupVaultName }, context);
  const { account } = context.caller;
  const BackupVaultArn = `arn:aws:backup:us-east-1:${account}:backup-vault:nightly_1`;
  assert.deepEqual(made, { BackupVaultName, BackupVaultArn, CreationDate: context.now });
  const told = await describeBackupVault.run({ BackupVaultName }, context);
  assert.equal(told.BackupVaultArn, BackupVaultArn);
  assert.equal(told.NumberOfRecoveryPoints, 0);
  await deleteBackupVault.run({ BackupVaultName }, context);
  await assert.rejects(describeBackupVault.run({ BackupVaultName }, context), {
    code: 'ResourceNotFoundException',
  });
});

test('a name is of one vault, and the same request answers the same one', async () => {
  await using context = await createTestContext();
  const asked = { BackupVaultName: 'once', CreatorRequestId: 'first' };
  const made = await createBackupVault.run(asked, context);
  context.now = new Date(context.now.getTime() + 1000);
  assert.deepEqual(await createBackupVault.run(asked, context), made);
  for (const CreatorRequestId of ['second', undefined]) {
    const again = createBackupVault.run({ ...asked, CreatorRequestId }, context);
    await assert.rejects(again, { code: 'AlreadyExistsException' });
  }
  for (const BackupVaultName of ['a', 'a b', 'x'.repeat(51)]) {
    const wrong = createBackupVault.run({ BackupVaultName }, context);
    await assert.rejects(wrong, { code: 'InvalidParameterValueException' });
  }
  const wrong = { BackupVaultName: 'other', CreatorRequestId: 'a b' };
  await assert.rejects(createBackupVault.run(wrong, context), {
    code: 'InvalidParameterValueException',
  });
});

test('every account has a default vault in every region, which stays', async () => {
  await using context = await createTestContext();
  const other = await context.asNewAccount();
  for (const as of [context, other, context.as({ region: 'eu-west-1' })]) {
    const { BackupVaultList: [only] = [] } = await listBackupVaults.run({}, as);
    const { account, region } = as.caller;
    assert.equal(only?.BackupVaultArn, `arn:aws:backup:${region}:${account}:backup-vault:Default`);
  }
  const BackupVaultName = 'Default';
  await assert.rejects(deleteBackupVault.run({ BackupVaultName }, context), {
    code: 'InvalidRequestException',
  });
  await assert.rejects(createBackupVault.run({ BackupVaultName }, context), {
    code: 'AlreadyExistsException',
  });
});

test('vaults come page by page, each once, the default one in its place', async () => {
  await using context = await createTestContext();
  for (const name of ['Alpha', 'Berta', 'nightly', 'weekly']) await makeVault(context, name);
  const names: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await listBackupVaults.run({ MaxResults: 2, NextToken }, context);
    assert.ok((page.BackupVaultList?.length ?? 0) <= 2);
    names.push(...(page.BackupVaultList ?? []).map((vault) => vault.BackupVaultName));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  assert.deepEqual(names, ['Alpha', 'Berta', 'Default', 'nightly', 'weekly']);
});

test('a vault with recovery points is not deleted', async () => {
  await using context = await createTestContext();
  const BackupVaultName = await makeVault(context, 'full');
  await makeJob(context, { BackupVaultName });
  const told = await describeBackupVault.run({ BackupVaultName }, context);
  assert.equal(told.NumberOfRecoveryPoints, 1);
  await assert.rejects(deleteBackupVault.run({ BackupVaultName }, context), {
    code: 'InvalidRequestException',
  });
});

test('a vault is its account’s alone, in its region', async () => {
  await using context = await createTestContext();
  const BackupVaultName = await makeVault(context, 'mine');
  const other = await context.asNewAccount();
  const BackupVaultAccountId = context.caller.account;
  for (const as of [other, context.as({ region: 'eu-west-1' })]) {
    await assert.rejects(describeBackupVault.run({ BackupVaultName }, as), {
      code: 'ResourceNotFoundException',
    });
  }
  const named = { BackupVaultName, BackupVaultAccountId };
  await describeBackupVault.run(named, context);
  await assert.rejects(describeBackupVault.run(named, other), {
    code: 'ResourceNotFoundException',
  });
});

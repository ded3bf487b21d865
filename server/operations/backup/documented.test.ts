/** What AWS documents of requests that come twice, of windows and of errors. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { iamRoleArn, makeHold, makeJob, makePlan, makeVault } from '../test-backups.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { cancelLegalHold } from './holds/CancelLegalHold.ts';
import { createBackupPlan } from './plans/CreateBackupPlan.ts';
import { createBackupSelection } from './plans/CreateBackupSelection.ts';
import { deleteBackupPlan } from './plans/DeleteBackupPlan.ts';
import { listBackupPlans } from './plans/ListBackupPlans.ts';
import { listBackupSelections } from './plans/ListBackupSelections.ts';
import { deleteRecoveryPoint } from './points/DeleteRecoveryPoint.ts';
import { deleteBackupVault } from './vaults/DeleteBackupVault.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('a plan that is asked for twice by one CreatorRequestId is one', async () => {
  const TargetBackupVaultName = await makeVault(context);
  const Rules = [{ RuleName: 'daily', TargetBackupVaultName }];
  const asked = { BackupPlan: { BackupPlanName: 'one', Rules }, CreatorRequestId: 'once' };
  const create = (change: object = {}) => createBackupPlan.run({ ...asked, ...change }, context);
  const first = await create();
  await deleteBackupVault.run({ BackupVaultName: TargetBackupVaultName }, context);
  context.now = new Date(context.now.getTime() + 60_000);
  assert.deepEqual(await create(), first);
  const { BackupPlansList = [] } = await listBackupPlans.run({}, context);
  assert.equal(BackupPlansList.length, 1);
  const other = { BackupPlan: { BackupPlanName: 'other', Rules } };
  await assert.rejects(create(other), { code: 'IdempotentParameterMismatch' });
  const invalid = { code: 'InvalidParameterValueException' };
  await assert.rejects(create({ CreatorRequestId: 'a b' }), invalid);
  await deleteBackupPlan.run({ BackupPlanId: first.BackupPlanId ?? '' }, context);
  await assert.rejects(create(), { code: 'AlreadyExistsException' });
});

test('a selection that is asked for twice by one CreatorRequestId is one', async () => {
  const BackupPlanId = await makePlan(context);
  const BackupSelection = { SelectionName: 'all', IamRoleArn: iamRoleArn };
  const asked = { BackupPlanId, BackupSelection, CreatorRequestId: 'once' };
  const first = await createBackupSelection.run(asked, context);
  assert.deepEqual(await createBackupSelection.run(asked, context), first);
  const others = await createBackupSelection.run({ ...asked, CreatorRequestId: 'more' }, context);
  assert.notEqual(others.SelectionId, first.SelectionId);
  const { BackupSelectionsList } = await listBackupSelections.run({ BackupPlanId }, context);
  assert.equal(BackupSelectionsList?.length, 2);
});

test('what is not in the state for it is refused as such', async () => {
  const state = { code: 'InvalidResourceStateException' };
  const LegalHoldId = await makeHold(context);
  const cancel = () =>
    cancelLegalHold.run({ LegalHoldId, CancelDescription: 'It is over.' }, context);
  await cancel();
  await assert.rejects(cancel(), state);
  const { RecoveryPointArn } = await makeJob(context);
  const asked = { BackupVaultName: 'Default', RecoveryPointArn };
  await assert.rejects(deleteRecoveryPoint.run(asked, context), state);
});

/** What AWS documents of requests that come twice, of windows and of errors. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import {
  iamRoleArn,
  makeHold,
  makeJob,
  makePlan,
  makePoint,
  makeSelection,
  makeVault,
} from '../test-backups.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { listCopyJobs } from './copies/ListCopyJobs.ts';
import { startCopyJob } from './copies/StartCopyJob.ts';
import { cancelLegalHold } from './holds/CancelLegalHold.ts';
import { listBackupJobs } from './jobs/ListBackupJobs.ts';
import { createBackupPlan } from './plans/CreateBackupPlan.ts';
import { createBackupSelection } from './plans/CreateBackupSelection.ts';
import { deleteBackupPlan } from './plans/DeleteBackupPlan.ts';
import { listBackupPlans } from './plans/ListBackupPlans.ts';
import { listBackupSelections } from './plans/ListBackupSelections.ts';
import { deleteRecoveryPoint } from './points/DeleteRecoveryPoint.ts';
import { listRestoreJobs } from './restores/ListRestoreJobs.ts';
import { startRestoreJob } from './restores/StartRestoreJob.ts';
import { createRestoreTestingPlan } from './testing/CreateRestoreTestingPlan.ts';
import { createRestoreTestingSelection } from './testing/CreateRestoreTestingSelection.ts';
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

test('what asks for what there cannot be is refused', async () => {
  const { RecoveryPointArn } = await makePoint(context);
  const point = { RecoveryPointArn, Metadata: {}, SourceBackupVaultName: 'Default' };
  const RestoreTestingPlanName = await makeTestingPlan({});
  const tested = { ProtectedResourceType: 'EC2', ProtectedResourceArns: ['*'] };
  const role = { IamRoleArn: 'me' };
  const { account, region } = context.caller;
  const to = {
    DestinationBackupVaultArn: `arn:aws:backup:${region}:${account}:backup-vault:Default`,
  };
  for (const [what, run] of [
    ['backup', () => makeJob(context, role)],
    ['copy', () => startCopyJob.run({ ...point, ...to, ...role }, context)],
    ['restore', () => startRestoreJob.run({ ...point, ...role }, context)],
    ['selection', () => makeSelection(context, role)],
    [
      'tested',
      () => {
        const RestoreTestingSelectionName = 'all';
        const RestoreTestingSelection = { RestoreTestingSelectionName, ...tested, ...role };
        const asked = { RestoreTestingPlanName, RestoreTestingSelection };
        return createRestoreTestingSelection.run(asked, context);
      },
    ],
    ['own vault', () => makePlan(context, { CopyActions: [to] })],
    ['jobs', () => listBackupJobs.run({ ByState: 'DONE' }, context)],
    ['copies', () => listCopyJobs.run({ ByState: 'DONE' }, context)],
    ['restores', () => listRestoreJobs.run({ ByStatus: 'DONE' }, context)],
    ['vaults', () => makeTestingPlan({ IncludeVaults: ['Default'] })],
    ['types', () => makeTestingPlan({ RecoveryPointTypes: ['SNAPSHOT', 'TAPE'] })],
  ] as [string, () => Promise<unknown>][]) {
    await assert.rejects(run(), { code: 'InvalidParameterValueException' }, what);
  }
});

async function makeTestingPlan(change: object): Promise<string> {
  const RestoreTestingPlanName = 'monthly';
  const usual = { Algorithm: 'LATEST_WITHIN_WINDOW', RecoveryPointTypes: ['SNAPSHOT'] };
  const RestoreTestingPlan = {
    ...{ RestoreTestingPlanName, ScheduleExpression: 'cron(0 5 1 * ? *)' },
    RecoveryPointSelection: { ...usual, IncludeVaults: ['*'], ...change },
  };
  await createRestoreTestingPlan.run({ RestoreTestingPlan }, context);
  return RestoreTestingPlanName;
}

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

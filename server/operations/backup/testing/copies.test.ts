/**
 * Restore testing where only copies are, as in the region, or account, that is kept for the worst
 * day.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesWithPoints } from '../../../domain/backups/recovery-points.ts';
import { concludeDrill } from '../../../domain/drills/drills.ts';
import { silentLog } from '../../../foundations/log.ts';
import { lookAtVaults } from '../../../vault-rounds.ts';
import type { OperationContext } from '../../operation.ts';
import {
  finishBackup,
  iamRoleArn,
  makeMachine,
  makePlan,
  makePoint,
  makeVault,
} from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { listCopyJobs } from '../copies/ListCopyJobs.ts';
import { createBackupSelection } from '../plans/CreateBackupSelection.ts';
import { deleteRecoveryPoint } from '../points/DeleteRecoveryPoint.ts';
import { listRecoveryPointsByBackupVault } from '../points/ListRecoveryPointsByBackupVault.ts';
import { describeRestoreJob } from '../restores/DescribeRestoreJob.ts';
import { listRestoreJobs } from '../restores/ListRestoreJobs.ts';
import { createRestoreTestingPlan } from './CreateRestoreTestingPlan.ts';
import { createRestoreTestingSelection } from './CreateRestoreTestingSelection.ts';

const hourMs = 60 * 60_000;
const RestoreTestingPlanName = 'elsewhere';

async function pass(context: TestContext, hours: number): Promise<void> {
  context.now = new Date(context.now.getTime() + hours * hourMs);
  await lookAtVaults({ ...context, orders: context.catalog, log: silentLog });
}

/** Each day, of what is in the vault `far`. */
async function testEachDay(
  there: OperationContext,
  ProtectedResourceArns: string[],
): Promise<void> {
  const RestoreTestingPlan = {
    RestoreTestingPlanName,
    ScheduleExpression: 'cron(0 5 ? * * *)',
    RecoveryPointSelection: {
      Algorithm: 'LATEST_WITHIN_WINDOW' as const,
      IncludeVaults: ['*:backup-vault:far'],
      RecoveryPointTypes: ['SNAPSHOT' as const],
    },
  };
  await createRestoreTestingPlan.run({ RestoreTestingPlan }, there);
  const RestoreTestingSelection = {
    ...{ RestoreTestingSelectionName: 'machines', IamRoleArn: iamRoleArn },
    ...{ ProtectedResourceType: 'EC2', ProtectedResourceArns },
  };
  const asked = { RestoreTestingPlanName, RestoreTestingSelection };
  await createRestoreTestingSelection.run(asked, there);
}

async function pointsIn(context: OperationContext, BackupVaultName: string) {
  const asked = { BackupVaultName };
  const { RecoveryPoints = [] } = await listRecoveryPointsByBackupVault.run(asked, context);
  return RecoveryPoints.map(({ RecoveryPointArn = '' }) => RecoveryPointArn);
}

async function endDrills({ catalog, clock }: OperationContext): Promise<void> {
  await catalog.write(async (transaction) => {
    for (const { id } of await transaction.drills.list({ where: { state: 'running' } })) {
      const endedAt = clock.now().toISOString();
      await concludeDrill(transaction, id, { state: 'passed', endedAt });
    }
  });
}

for (const by of ['any', 'its ARN'] as const) {
  test(`a plan where the copies of a rule go tests them, also when no point is left at home: by ${by}`, async () => {
    await using context = await createTestContext();
    const there = context.as({ region: 'eu-west-1' });
    await makeVault(there, 'far');
    const { account } = context.caller;
    const to = `arn:aws:backup:eu-west-1:${account}:backup-vault:far`;
    const BackupPlanId = await makePlan(context, {
      CopyActions: [{ DestinationBackupVaultArn: to }],
    });
    const machine = await makeMachine(context);
    const BackupSelection = { SelectionName: 'one', IamRoleArn: iamRoleArn, Resources: [machine] };
    await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
    await pass(context, 24);
    await pass(context, 1);
    const [original = ''] = await pointsIn(context, 'Default');
    await finishBackup(context, original);
    await pass(context, 1);
    const { CopyJobs: [copied] = [] } = await listCopyJobs.run({}, context);
    await testEachDay(there, [by === 'any' ? '*' : machine]);
    await pass(context, 24);
    assert.deepEqual((await listRestoreJobs.run({}, there)).RestoreJobs, [], 'it is not there yet');

    const copy = copied?.DestinationRecoveryPointArn ?? '';
    await finishBackup(context, copy);
    await pass(context, 24);
    const { RestoreJobs: [job, ...more] = [] } = await listRestoreJobs.run({}, there);
    assert.deepEqual([job?.RecoveryPointArn, more], [copy, []]);
    assert.deepEqual((await listRestoreJobs.run({}, context)).RestoreJobs, []);
    const asked = { RestoreJobId: job?.RestoreJobId ?? '' };
    await endDrills(there);
    assert.equal((await describeRestoreJob.run(asked, there)).ValidationStatus, 'SUCCESSFUL');

    for (const RecoveryPointArn of await pointsIn(context, 'Default')) {
      await finishBackup(context, RecoveryPointArn);
      await deleteRecoveryPoint.run({ BackupVaultName: 'Default', RecoveryPointArn }, context);
    }
    await pass(context, 24);
    const after = (await listRestoreJobs.run({}, there)).RestoreJobs ?? [];
    assert.equal(after.length, 2);
    assert.ok(after.every(({ RecoveryPointArn }) => RecoveryPointArn === copy));
  });
}

test('of what there are points is found however many each has, in its own region alone', async () => {
  await using context = await createTestContext();
  const found: string[] = [];
  for (const count of [1, 45, 2]) {
    const ResourceArn = await makeMachine(context);
    found.push(ResourceArn);
    await makePoint(context, { ResourceArn });
    await context.catalog.write(async ({ recoveryPoints }) => {
      const [row] = await recoveryPoints.list({ where: { resourceArn: ResourceArn } });
      assert.ok(row);
      for (let n = 1; n < count; n++) await recoveryPoints.insert({ ...row, id: `${row.id}${n}` });
      const not = { status: 'CREATING' as const, resourceArn: ResourceArn.replace('/', '/x') };
      await recoveryPoints.insert({ ...row, ...not, id: `${row.id}-not` });
    });
  }
  const of = (region: string) =>
    context.catalog.read((reader) => resourcesWithPoints(reader, { ...context.caller, region }));
  assert.deepEqual(await of('us-east-1'), found.sort());
  assert.deepEqual(await of('us-east-2'), []);
});

/**
 * Vault locks by clocks that are set back, and by such as are ahead for a while. Between any two
 * looks Imago may have been started anew: all that is known is in the catalog.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { removeExpired } from '../../../expiry-rounds.ts';
import { silentLog } from '../../../foundations/log.ts';
import { makePoint, makeVault, makeVolumeArn } from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { deleteRecoveryPoint } from '../points/DeleteRecoveryPoint.ts';
import { describeRecoveryPoint } from '../points/DescribeRecoveryPoint.ts';
import { deleteBackupVaultLockConfiguration } from './DeleteBackupVaultLockConfiguration.ts';
import { putBackupVaultLockConfiguration } from './PutBackupVaultLockConfiguration.ts';

const hourMs = 60 * 60_000;
const BackupVaultName = 'nightly';
const lock = { BackupVaultName, MinRetentionDays: 7, ChangeableForDays: 3 };
const refused = { code: 'InvalidRequestException' };

let context: TestContext;
let start: Date;
beforeEach(async () => {
  context = await createTestContext();
  start = context.now;
  await makeVault(context, BackupVaultName);
});
afterEach(() => context[Symbol.asyncDispose]());

/** The rounds look at that time, so long after the start. */
async function lookAt(days: number, hours = 0): Promise<void> {
  context.now = new Date(start.getTime() + (days * 24 + hours) * hourMs);
  await removeExpired({ ...context, log: silentLog });
}

const change = () =>
  putBackupVaultLockConfiguration.run({ BackupVaultName, MinRetentionDays: 1 }, context);
const unlock = () => deleteBackupVaultLockConfiguration.run({ BackupVaultName }, context);

test('a lock whose date has passed stays when the clock is set back', async () => {
  await putBackupVaultLockConfiguration.run(lock, context);
  const ResourceArn = await makeVolumeArn(context);
  const point = await makePoint(context, { ResourceArn, BackupVaultName });
  await lookAt(3);
  await lookAt(4);
  await lookAt(0, 1);
  await assert.rejects(change(), refused);
  await assert.rejects(unlock(), refused);
  const named = { BackupVaultName, RecoveryPointArn: point.RecoveryPointArn };
  await assert.rejects(deleteRecoveryPoint.run(named, context), refused);
  await lookAt(10);
  await assert.rejects(unlock(), refused);
});

test('nobody changes it from its date on, whether a round has looked or not', async () => {
  await putBackupVaultLockConfiguration.run(lock, context);
  context.now = new Date(start.getTime() + 3 * 24 * hourMs);
  await assert.rejects(change(), refused);
  await lookAt(3);
  await assert.rejects(unlock(), refused);
});

test('a clock that is ahead for less than a day makes no lock final', async () => {
  await putBackupVaultLockConfiguration.run(lock, context);
  for (const hours of [0, 10, 23]) await lookAt(3000, hours);
  await assert.rejects(unlock(), refused);
  await lookAt(1);
  await change();
  // And again, to the same time: what was seen then does not count.
  await putBackupVaultLockConfiguration.run(lock, context);
  await lookAt(3000);
  await lookAt(2);
  await lookAt(3002);
  await lookAt(2, 1);
  await unlock();
});

test('a lock that is put anew has its own date', async () => {
  await putBackupVaultLockConfiguration.run(lock, context);
  await lookAt(3000);
  await lookAt(1);
  await putBackupVaultLockConfiguration.run(lock, context);
  await lookAt(3, 12);
  await unlock();
});

test('a clock that is ahead for less than a day ends nothing in a locked vault', async () => {
  await putBackupVaultLockConfiguration.run(lock, context);
  const ResourceArn = await makeVolumeArn(context);
  const of = { ResourceArn, BackupVaultName, Lifecycle: { DeleteAfterDays: 7 } };
  const old = await makePoint(context, of);
  await lookAt(1);
  const young = await makePoint(context, of);
  const status = async ({ RecoveryPointArn }: { RecoveryPointArn: string }) =>
    (await describeRecoveryPoint.run({ BackupVaultName, RecoveryPointArn }, context)).Status;
  for (const hours of [0, 12, 23]) await lookAt(3000, hours);
  assert.equal(await status(old), 'EXPIRED');
  await lookAt(2);
  assert.equal(await status(old), 'AVAILABLE');
  assert.equal(await status(young), 'AVAILABLE');
  // At its time it goes as ever, a day after it was seen.
  await lookAt(7);
  assert.equal(await status(old), 'EXPIRED');
  await lookAt(8);
  await assert.rejects(status(old), { code: 'ResourceNotFoundException' });
  assert.equal(await status(young), 'EXPIRED', 'the last good one');
});

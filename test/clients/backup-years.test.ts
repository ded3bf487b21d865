/** A month of backups by both of Debian's clients; years of them are backup-years.soak.ts's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCli, Boto3 } from '../support/aws-clients.ts';
import { ClockedImago } from '../support/clocked-imago.ts';
import { tellYears } from './backup-years.ts';

test('what the policies of aws-cli and the plans of boto3 keep is there, day after day', async () => {
  await using clocked = await ClockedImago.start();
  await using boto3 = new Boto3(clocked);
  const policies = awsCli(clocked);
  // Past the next first of a month.
  const told = await tellYears(clocked, { policies, plans: boto3.call, days: 32, lookEvery: 16 });
  assert.deepEqual([told.looks, told.restored, told.archived], [3, 3, 1]);
  assert.ok(told.tested >= 4, `${told.tested} tests`);
});

/**
 * Two years of backups by aws-cli and boto3: the one makes policies and the other plans, and the
 * other way round. `--points` is in how many days, where it is not all of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCli, Boto3 } from '../support/aws-clients.ts';
import { ClockedImago } from '../support/clocked-imago.ts';
import { tellYears } from './backup-years.ts';

const days = Number(process.env.IMAGO_SOAK_POINTS ?? 2 * 365);

for (const byPolicies of ['aws-cli', 'boto3']) {
  test(`policies of ${byPolicies} and plans of the other, over ${days} days`, async (context) => {
    await using clocked = await ClockedImago.start();
    await using boto3 = new Boto3(clocked);
    const calls = [awsCli(clocked), boto3.call] as const;
    const [policies, plans] = byPolicies === 'aws-cli' ? calls : ([calls[1], calls[0]] as const);
    const told = await tellYears(clocked, { policies, plans, days, lookEvery: 10 });
    context.diagnostic(JSON.stringify(told));
    assert.equal(told.restored, told.looks);
  });
}

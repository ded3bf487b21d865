/**
 * What goes next, when and why, in the console: held against what is gone when that time has come,
 * by a clock that the test sets.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { CreateLifecyclePolicyCommand, DLMClient } from '@aws-sdk/client-dlm';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { dayText, goesNextText } from '../../console/src/text/backups.ts';
import { ClockedImago } from '../support/clocked-imago.ts';
import { clientOf, openBrowser, openSignedIn } from './browser.ts';

const consoleFolder = path.join(import.meta.dirname, '../../console/dist');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const Tags = [{ Key: 'backup', Value: 'hourly' }];

async function machineUnderPolicy({ endpoint, credentials, imago }: ClockedImago, minute: number) {
  const about = { endpoint, credentials, region: 'us-east-1' };
  const ec2 = new EC2Client(about);
  const { id: ImageId } = await imago.image();
  const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
  const asked = { ImageId, MinCount: 1, MaxCount: 1, TagSpecifications };
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(asked));
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const dlm = new DLMClient(about);
  await dlm.send(
    new CreateLifecyclePolicyCommand({
      ...{ Description: 'Every hour', State: 'ENABLED' },
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/none',
      PolicyDetails: {
        ...{ PolicyType: 'IMAGE_MANAGEMENT', ResourceTypes: ['INSTANCE'], TargetTags: Tags },
        Schedules: [
          {
            ...{ Name: 'Hourly', RetainRule: { Count: 2 } },
            CreateRule: { CronExpression: `cron(${minute} * * * ? *)` },
          },
          {
            ...{ Name: 'Rarely', RetainRule: { Count: 9 } },
            CreateRule: { CronExpression: 'cron(0 0 1 1 ? *)' },
          },
        ],
      },
    }),
  );
  for (const client of [ec2, dlm]) client.destroy();
  return id;
}

test('the one that it says goes next is gone when its time has come', async () => {
  await using clocked = await ClockedImago.start({ consoleFolder });
  // Half an hour from now, so that none is due while somebody signs in, by the clock of the host.
  const dueMs = Math.floor(Date.now() / minuteMs) * minuteMs + 30 * minuteMs;
  const due = new Date(dueMs);
  clocked.imago.stepWallClock(-3 * hourMs);
  const machine = await machineUnderPolicy(clocked, due.getUTCMinutes());
  const backups = async () =>
    (await clientOf(clocked).imago('ListBackups', { SourceId: machine })).Backups;
  for (const behind of [2, 1]) await clocked.passTo(new Date(dueMs - behind * hourMs + minuteMs));
  await clocked.passTo(new Date());
  const [newest, oldest] = await backups();
  const browser = await openBrowser();
  try {
    const { page, complaints } = await openSignedIn(browser, clocked, {
      route: `#/backups/${machine}?day=${new Date(newest?.CreateTime ?? 0).toISOString().slice(0, 10)}`,
    });
    const table = page.getByRole('table', { name: goesNextText.title });
    const row = table.getByRole('row', { name: oldest?.BackupId });
    await row.getByText(goesNextText.byCount('Hourly', 2)).waitFor();
    await row.locator(`time[datetime="${due.toISOString()}"]`).waitFor();
    assert.equal(await table.getByRole('row').count(), 2, 'its head and the one');
    const kept = page.getByRole('row', { name: newest?.BackupId });
    await kept.getByText(dayText.untilMore('Hourly', 2)).waitFor();
    await kept.getByText(dayText.holds.newest).waitFor();

    await clocked.passTo(new Date(dueMs + minuteMs));
    const left = (await backups()).map(({ BackupId }) => BackupId);
    assert.equal(left.length, 2);
    assert.ok(!left.includes(oldest?.BackupId ?? ''), 'it is gone');
    // A policy that forgets acts earlier: what goes first is told.
    await clientOf(clocked).imago('PutForgetPolicy', {
      ...{ PolicyName: 'thin', TargetTags: Tags, KeepLast: 1, Schedule: 'rate(1 minute)' },
    });
    const next = table.getByRole('row', { name: newest?.BackupId });
    await next.getByText(goesNextText.byForget('thin')).waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
});

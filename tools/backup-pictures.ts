/**
 * Takes the pictures of the console that the guide of backups shows: of an Imago whose machines are
 * simulated and whose clock is set back, so that weeks of backups and drills pass while one waits.
 *
 *   tools/node24 tools/backup-pictures.ts [FOLDER]      docs/pictures, unless another is given
 */
import path from 'node:path';
import {
  BackupClient,
  CreateBackupVaultCommand,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
  StartBackupJobCommand,
} from '@aws-sdk/client-backup';
import { CreateLifecyclePolicyCommand, DLMClient } from '@aws-sdk/client-dlm';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { policyText } from '../console/src/text/policies.ts';
import { clientOf, openBrowser } from '../test/console/browser.ts';
import { ClockedImago } from '../test/support/clocked-imago.ts';
import { picturesFolder, takePicture, type View } from './console-picture.ts';

const days = 40;
const dayMs = 24 * 3600_000;
const drillEveryDays = 3;
/** Which of the drills find something wrong. */
const failing = 5;

async function machineUnderPolicy(clocked: ClockedImago): Promise<string> {
  const { endpoint, credentials, imago } = clocked;
  const about = { endpoint, credentials, region: 'us-east-1' };
  const ec2 = new EC2Client(about);
  const { id: ImageId } = await imago.image();
  const Tags = [
    { Key: 'Name', Value: 'shop' },
    { Key: 'backup', Value: 'nightly' },
  ];
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.small' },
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const dlm = new DLMClient(about);
  await dlm.send(
    new CreateLifecyclePolicyCommand({
      ...{ Description: 'Every night', State: 'ENABLED' },
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/none',
      PolicyDetails: {
        ...{ PolicyType: 'IMAGE_MANAGEMENT', ResourceTypes: ['INSTANCE'] },
        TargetTags: [{ Key: 'backup', Value: 'nightly' }],
        Schedules: [
          {
            ...{ Name: 'Nightly', RetainRule: { Count: 14 }, CopyTags: true },
            CreateRule: { CronExpression: 'cron(0 3 * * ? *)' },
          },
          {
            ...{ Name: 'Weekly', RetainRule: { Count: 8 }, CopyTags: true },
            CreateRule: { CronExpression: 'cron(0 4 ? * SUN *)' },
          },
        ],
      },
    }),
  );
  for (const client of [ec2, dlm]) client.destroy();
  return id;
}

/** The newest backup is drilled now and then; what each of them looks at is said of the machine. */
async function passWeeks(clocked: ClockedImago, machine: string): Promise<void> {
  const client = clientOf(clocked);
  const Checks = [{ Name: 'there is room', Command: 'df /srv' }, { Port: 5432 }];
  await client.imago('PutDrillChecks', { SourceId: machine, Checks });
  const firstMs = clocked.now.getTime();
  for (let day = 1; day <= days - testedDays; day++) {
    await clocked.passTo(new Date(firstMs + day * dayMs));
    if (day % drillEveryDays !== 0) continue;
    const { Backups } = await client.imago('ListBackups', { SourceId: machine });
    const isFailing = day / drillEveryDays === failing;
    const { DrillId } = await client.imago('StartDrill', {
      ImageId: Backups[0]?.BackupId,
      ...(isFailing && { Checks: [{ Name: 'orders', Command: 'cat', Equals: 't' }] }),
    });
    await clocked.settle();
    await passBoot(clocked, DrillId, day);
  }
}

const vault = { BackupVaultName: 'shops' };
const tested = 'nightly';
const testedDays = 5;

/** A machine that a restore testing plan drills each night, out of a vault. */
async function passTestedNights(clocked: ClockedImago): Promise<void> {
  const { endpoint, credentials, imago } = clocked;
  const about = { endpoint, credentials, region: 'us-east-1' };
  const ec2 = new EC2Client(about);
  const { id: ImageId } = await imago.image();
  const launch = { ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.small' } as const;
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(launch));
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const { Account } = await clientOf(clocked).imago('DescribeAccount', {});
  const ResourceArn = `arn:aws:ec2:us-east-1:${Account.AccountId}:instance/${id}`;
  const IamRoleArn = 'arn:aws:iam::123456789012:role/none';
  const backup = new BackupClient(about);
  await backup.send(new CreateBackupVaultCommand(vault));
  await letTest(backup, IamRoleArn);
  const firstMs = clocked.now.getTime();
  const seen = new Set<string>();
  const passTo = async (time: Date, day: number) => {
    await clocked.passTo(time);
    const { Drills } = await clientOf(clocked).imago('DescribeDrills', { SourceIds: [id] });
    for (const { DrillId } of Drills.filter((each) => !seen.has(each.DrillId))) {
      seen.add(DrillId);
      await passBoot(clocked, DrillId, day);
    }
  };
  for (let day = 1; day <= testedDays; day++) {
    await backup.send(new StartBackupJobCommand({ ...vault, ResourceArn, IamRoleArn }));
    await passTo(new Date(firstMs + day * dayMs), day);
  }
  // Who signs in is asked by the clock of the host.
  await passTo(new Date(), testedDays + 1);
  for (const client of [ec2, backup]) client.destroy();
}

async function letTest(backup: BackupClient, IamRoleArn: string): Promise<void> {
  const RestoreTestingPlan = {
    ...{ RestoreTestingPlanName: tested, ScheduleExpression: 'cron(0 5 * * ? *)' },
    RecoveryPointSelection: {
      Algorithm: 'LATEST_WITHIN_WINDOW' as const,
      IncludeVaults: ['*'],
      RecoveryPointTypes: ['SNAPSHOT' as const],
    },
  };
  await backup.send(new CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
  const RestoreTestingSelection = {
    ...{ RestoreTestingSelectionName: 'machines', ProtectedResourceType: 'EC2', IamRoleArn },
    ...{ ProtectedResourceArns: ['*'] },
    RestoreMetadataOverrides: { 'imago:checks': '[{"Port":443}]' },
  };
  const asked = { RestoreTestingPlanName: tested, RestoreTestingSelection };
  await backup.send(new CreateRestoreTestingSelectionCommand(asked));
}

/** A simulated machine boots in no time: shown is about what a small one takes without KVM. */
async function passBoot({ imago }: ClockedImago, drillId: string, day: number): Promise<void> {
  const bootMs = 12_000 + 4000 * Math.abs(Math.sin(day));
  await imago.catalog.write(async ({ drills }) => {
    const row = await drills.get(drillId);
    if (!row) return;
    const after = (ms: number) => new Date(Date.parse(row.createdAt) + ms).toISOString();
    await drills.update({
      ...row,
      runningAt: after(bootMs / 20),
      readyAt: after(bootMs),
      sshAt: after(bootMs + 900),
      checkedAt: after(bootMs + 2500),
    });
  });
}

async function viewsOf(clocked: ClockedImago, machine: string): Promise<View[]> {
  const { Backups } = await clientOf(clocked).imago('ListBackups', { SourceId: machine });
  const [newest] = Backups;
  const drilled = Backups.find(({ LastDrill }) => LastDrill);
  const day = new Date(drilled?.CreateTime ?? 0).toISOString().slice(0, 10);
  return [
    { name: 'calendar', route: `#/backups/${machine}?day=${day}` },
    {
      name: 'restore',
      route: `#/backups/restore?backup=${newest?.BackupId}&what=machine&type=t3.medium`,
      prepare: (page) => page.getByRole('table').scrollIntoViewIfNeeded(),
    },
    {
      name: 'simulator',
      route: '#/policies/new',
      async prepare(page) {
        await page.getByLabel(policyText.description).fill('Every night');
        await page.getByLabel(policyText.targets).fill('backup=nightly');
        await page.getByRole('grid').scrollIntoViewIfNeeded();
      },
    },
    { name: 'drills', route: `#/drills/${machine}` },
    { name: 'testing-plan', route: `#/drills/plans/${tested}` },
  ];
}

const [folder = picturesFolder] = process.argv.slice(2);
const consoleFolder = path.join(import.meta.dirname, '../console/dist');
const clocked = await ClockedImago.start({ consoleFolder });
const browser = await openBrowser();
try {
  clocked.imago.stepWallClock(-(days + 1) * dayMs);
  const machine = await machineUnderPolicy(clocked);
  await passWeeks(clocked, machine);
  await passTestedNights(clocked);
  for (const view of await viewsOf(clocked, machine)) {
    await takePicture(browser, clocked, folder, view);
  }
} finally {
  await browser.close();
  await clocked[Symbol.asyncDispose]();
}

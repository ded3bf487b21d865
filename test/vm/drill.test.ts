/**
 * Drills of `micro`: by a restore testing plan, whose time comes, of a recovery point of a machine that
 * is gone; what was said once of that machine holds, though its guest tries to reach somebody. And
 * by the command line: one check fails, and a file is not what it is in the image; console and screen
 * are kept. No machine is left of either.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  BackupClient,
  CreateBackupVaultCommand,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
  DeleteRestoreTestingSelectionCommand,
  DescribeBackupJobCommand,
  DescribeRestoreJobCommand,
  ListRestoreJobsCommand,
  StartBackupJobCommand,
} from '@aws-sdk/client-backup';
import {
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Drill } from '../../api/imago-drills.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';

let imago: ImagoProcess;
let ami: string;
let backups: BackupClient;
let terminated: string;
const BackupVaultName = 'nightly';
const IamRoleArn = 'arn:aws:iam::123456789012:role/backup';

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  const { endpoint, credentials } = imago;
  backups = new BackupClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  ami = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

interface Ended {
  code: unknown;
  document: Drill & { ConsoleOutput?: string };
}

function drill(words: string[]): Promise<Ended> {
  const argv = ['drill', ...words, '--home', imago.home, '--json'];
  return new Promise((resolve) => {
    execFile(launcher, argv, (error, stdout) =>
      resolve({ code: error?.code ?? 0, document: JSON.parse(stdout || '{}') }),
    );
  });
}

function file(text: string): string {
  const name = path.join(imago.home, 'drill.yaml');
  writeFileSync(name, text);
  return name;
}

/** Of a machine of `micro` that was halted as soon as it ran, and is gone. */
async function recoveryPoint(): Promise<{ machine: string; ResourceArn: string }> {
  const ec2 = imago.ec2();
  const order = { ImageId: ami, InstanceType: 't3.nano' as const, MinCount: 1, MaxCount: 1 };
  const { Instances: [made] = [] } = await ec2.send(new RunInstancesCommand(order));
  const machine = made?.InstanceId ?? '';
  await waitForState(ec2, machine, 'running');
  await ec2.send(new StopInstancesCommand({ InstanceIds: [machine], Force: true }));
  await waitForState(ec2, machine, 'stopped');
  const ResourceArn = `arn:aws:ec2:us-east-1:${made?.NetworkInterfaces?.[0]?.OwnerId}:instance/${machine}`;
  await backups.send(new CreateBackupVaultCommand({ BackupVaultName }));
  const { BackupJobId } = await backups.send(
    new StartBackupJobCommand({ BackupVaultName, ResourceArn, IamRoleArn }),
  );
  await until('the recovery point is there', async () => {
    const job = await backups.send(new DescribeBackupJobCommand({ BackupJobId }));
    assert.notEqual(job.State, 'FAILED', job.StatusMessage);
    return job.State === 'COMPLETED';
  });
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine] }));
  return { machine, ResourceArn };
}

/** Its time comes within a minute. */
async function testByPlan(ResourceArn: string): Promise<void> {
  const RestoreTestingPlanName = 'each_minute';
  await backups.send(
    new CreateRestoreTestingPlanCommand({
      RestoreTestingPlan: {
        RestoreTestingPlanName,
        ScheduleExpression: 'cron(* * ? * * *)',
        RecoveryPointSelection: {
          Algorithm: 'LATEST_WITHIN_WINDOW',
          IncludeVaults: ['*'],
          RecoveryPointTypes: ['SNAPSHOT'],
        },
      },
    }),
  );
  await backups.send(
    new CreateRestoreTestingSelectionCommand({
      RestoreTestingPlanName,
      RestoreTestingSelection: {
        RestoreTestingSelectionName: 'machines',
        IamRoleArn,
        ProtectedResourceType: 'EC2',
        ProtectedResourceArns: [ResourceArn],
      },
    }),
  );
}

const checks = `type: t3.nano
checks:
  - name: metadata of its own
    command: /usr/lib/imago/imds meta-data/instance-id
    contains: i-
    within: 90
  - name: no way out
    command: >-
      for target in 172.31.0.1 172.31.0.2 1.1.1.1; do
      timeout 3 nc $target 53 < /dev/null && echo $target answers; done; exit 0
    equals: ""
  - name: no names
    command: timeout 10 nslookup example.com 172.31.0.2 > /dev/null && echo it has one; exit 0
    equals: ""
    timeout: 30
  - port: 22
  - file: /etc/os-release
  - service: dropbear
compare:
  - /bin/busybox
  - /etc/os-release
`;

test('micro: a testing plan’s drill of a machine that is gone passes without a way out', async () => {
  const { machine, ResourceArn } = await recoveryPoint();
  terminated = machine;
  assert.equal((await drill(['checks', 'put', machine, file(checks)])).code, 0);
  await testByPlan(ResourceArn);

  const begun = async () => (await backups.send(new ListRestoreJobsCommand({}))).RestoreJobs?.[0];
  await until('the test has begun', async () => (await begun()) !== undefined);
  // Another is not to begin.
  await backups.send(
    new DeleteRestoreTestingSelectionCommand({
      RestoreTestingPlanName: 'each_minute',
      RestoreTestingSelectionName: 'machines',
    }),
  );
  const asked = { RestoreJobId: (await begun())?.RestoreJobId };
  let done = await backups.send(new DescribeRestoreJobCommand(asked));
  await until('the test is over', async () => {
    done = await backups.send(new DescribeRestoreJobCommand(asked));
    return done.Status !== 'RUNNING';
  });
  const [told] = (await drill(['list', machine])).document as unknown as Drill[];
  assert.deepEqual(
    told?.Results.map(({ Name, Passed, Reason }) => [Name, Passed, Reason]),
    [
      ['metadata of its own', true, undefined],
      ['no way out', true, undefined],
      ['no names', true, undefined],
      ['port 22', true, undefined],
      ['file /etc/os-release', true, undefined],
      ['service dropbear', true, undefined],
      ['compare /bin/busybox', true, undefined],
      ['compare /etc/os-release', true, undefined],
    ],
  );
  assert.equal(told.State, 'passed');
  const { MillisecondsToRunning: running = 0, MillisecondsToSsh: ssh = 0 } = told;
  assert.ok(running > 0 && ssh > running, `running ${running}, SSH ${ssh}`);
  assert.ok((told.MillisecondsToChecked ?? 0) > running);
  assert.deepEqual(
    [done.Status, done.ValidationStatus, done.DeletionStatus],
    ['COMPLETED', 'SUCCESSFUL', 'SUCCESSFUL'],
    done.StatusMessage,
  );
  assert.match(done.CreatedResourceArn ?? '', /:instance\/i-/);
  assertNothingLeft();
});

test('micro: of a drill of which a check fails what was seen is kept', async () => {
  const failing = `type: t3.nano
console: "END SSH HOST KEY KEYS"
checks:
  - file: /etc/os-release
    sha256: "${'0'.repeat(64)}"
compare:
  - /etc/os-release
  - /etc/hostname
`;
  const failed = await drill([ami, '--checks', file(failing)]);
  assert.deepEqual([failed.code, failed.document.State], [1, 'failed']);
  const [named, same, another] = failed.document.Results;
  assert.match(named?.Reason ?? '', /^its SHA-256 is [0-9a-f]{64}$/);
  assert.deepEqual([same?.Name, same?.Passed], ['compare /etc/os-release', true]);
  // A machine of another name writes that file anew when it boots.
  assert.deepEqual([another?.Name, another?.Passed], ['compare /etc/hostname', false]);
  assert.match(another?.Reason ?? '', /^its SHA-256 is [0-9a-f]{64}; machines write it anew/);
  const id = failed.document.DrillId;
  const screen = path.join(imago.home, 'screen.jpg');
  const shown = await drill(['show', id, '--screen', screen, '--console']);
  assert.match(shown.document.ConsoleOutput ?? '', /END SSH HOST KEY KEYS/);
  assert.deepEqual([...readFileSync(screen).subarray(0, 2)], [0xff, 0xd8]);

  assertNothingLeft();
});

/** But of the machine that was terminated, which is shown for an hour. */
function assertNothingLeft(): void {
  const left = readdirSync(path.join(imago.home, 'instances'));
  assert.deepEqual(
    left.filter((id) => id !== terminated),
    [],
  );
  const volumes = path.join(imago.home, 'volumes');
  assert.deepEqual(existsSync(volumes) ? readdirSync(volumes) : [], []);
}

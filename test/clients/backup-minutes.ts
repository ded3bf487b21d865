/**
 * Backups by the real clock, each minute, as one of Debian's clients sees them in a running Imago: a
 * policy and a plan of its own take them, copy them to another region and thin them out; one of each
 * is restored and drilled. (A lifecycle of a plan is of days: what that removes is backup-years.ts's.)
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type AwsCall, awsCli, Boto3 } from '../support/aws-clients.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

const near = 'us-east-1';
const far = 'eu-west-1';
const role = 'arn:aws:iam::123456789012:role/backup';
const everyMinute = 'cron(* * * * ? *)';
/** By the policy. */
const kept = 2;
const lookEveryMs = 3000;
/** Only ends a test that fails anyway. */
const limitMs = 10 * 60_000;

interface Image {
  ImageId: string;
  Name: string;
}

interface Point {
  RecoveryPointArn: string;
  Status: string;
}

interface Minutes {
  imago: ImagoProcess;
  /** Of the client, for what it makes. */
  name: string;
  call: AwsCall;
  imageId: string;
  /** Backups of each of the two that are waited for; from more than are kept the first goes. */
  generations: number;
}

/** aws-cli and boto3, each with a machine of its own in the same Imago. */
export async function tellMinutesOfBoth({ generations }: Pick<Minutes, 'generations'>) {
  const home = await homeWith('micro');
  const imago = await ImagoProcess.start({ hypervisor: 'simulated', home, regions: [near, far] });
  try {
    await using boto3 = new Boto3(imago);
    const { ImageId: imageId = '' } = await providerImage(imago.ec2(), 'imago-micro-*');
    const calls = { 'aws-cli': awsCli(imago), boto3: boto3.call };
    await Promise.all(
      Object.entries(calls).map(([name, call]) =>
        tellMinutes({ imago, name, call, imageId, generations }),
      ),
    );
  } finally {
    await imago.dispose();
  }
}

async function tellMinutes(minutes: Minutes): Promise<void> {
  const { call, name, generations } = minutes;
  const machine = await launch(minutes);
  const PolicyId = await makePolicy(minutes);
  const BackupPlanId = await makePlan(minutes, machine);

  const seen = new Set<string>();
  const images = async (region = near): Promise<string[]> => {
    const Filters = [
      { Name: 'tag:aws:dlm:lifecycle-policy-id', Values: [PolicyId] },
      { Name: 'state', Values: ['available'] },
    ];
    const asked = { Owners: ['self'], Filters };
    const { Images } = await call<{ Images: Image[] }>('ec2', 'DescribeImages', asked, region);
    for (const { Name } of Images) assert.ok(Name.startsWith(`${PolicyId}_${machine}_`), Name);
    return Images.map(({ ImageId }) => ImageId);
  };
  await untilSeen(`${generations} backups by the policy of ${name}`, async () => {
    for (const id of await images()) seen.add(id);
    return seen.size >= generations;
  });
  await untilSeen('a copy', async () => (await images(far)).length > 0);
  const newest = (await images()).filter((id) => id === [...seen].at(-1));
  await restoreAndDrill(minutes, newest[0] ?? '');
  if (generations > kept) {
    const [first = ''] = seen;
    await untilSeen('the first one goes', async () => !(await images()).includes(first));
    await untilSeen('as many as are kept are left', async () => (await images()).length <= kept);
  }
  await lookAtPlan(minutes, BackupPlanId);
  await endPolicy(minutes, PolicyId);
}

/** With what else there is to do with one. */
async function endPolicy({ call, name }: Minutes, PolicyId: string): Promise<void> {
  const one = { PolicyId };
  const told = async () => {
    const { Policy } = await call<{ Policy: { State: string; PolicyArn: string } }>(
      ...['dlm', 'GetLifecyclePolicy', one],
    );
    return Policy;
  };
  const { State, PolicyArn: ResourceArn } = await told();
  assert.equal(State, 'ENABLED');
  await call('dlm', 'TagResource', { ResourceArn, Tags: { by: name, x: '1' } });
  await call('dlm', 'UntagResource', { ResourceArn, TagKeys: ['x'] });
  const { Tags } = await call<{ Tags: object }>('dlm', 'ListTagsForResource', { ResourceArn });
  assert.deepEqual(Tags, { by: name });
  await call('dlm', 'UpdateLifecyclePolicy', { ...one, State: 'DISABLED' });
  assert.equal((await told()).State, 'DISABLED');
  await call('dlm', 'DeleteLifecyclePolicy', one);
  await assert.rejects(told(), /ResourceNotFoundException/);
}

async function launch({ call, name, imageId: ImageId }: Minutes): Promise<string> {
  const Tags = [{ Key: 'by', Value: name }];
  const { Instances } = await call<{ Instances: { InstanceId: string }[] }>('ec2', 'RunInstances', {
    ...{ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' },
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  });
  const id = Instances[0]?.InstanceId ?? '';
  await untilRunning(call, id);
  return id;
}

async function untilRunning(call: AwsCall, id: string): Promise<void> {
  await untilSeen(`${id} runs`, async () => {
    const { Reservations } = await call<{
      Reservations: { Instances: { State: { Name: string } }[] }[];
    }>('ec2', 'DescribeInstances', { InstanceIds: [id] });
    return Reservations[0]?.Instances[0]?.State.Name === 'running';
  });
}

async function makePolicy({ call, name }: Minutes): Promise<string> {
  const copies = { Interval: 1, IntervalUnit: 'DAYS' };
  const PolicyDetails = {
    PolicyType: 'IMAGE_MANAGEMENT',
    ResourceTypes: ['INSTANCE'],
    TargetTags: [{ Key: 'by', Value: name }],
    Schedules: [
      {
        Name: 'Minutes',
        CreateRule: { CronExpression: everyMinute },
        RetainRule: { Count: kept },
        CrossRegionCopyRules: [{ TargetRegion: far, Encrypted: false, RetainRule: copies }],
      },
    ],
  };
  const about = { ExecutionRoleArn: role, Description: `Minutes of ${name}`, State: 'ENABLED' };
  const asked = { ...about, PolicyDetails };
  return (await call<{ PolicyId: string }>('dlm', 'CreateLifecyclePolicy', asked)).PolicyId;
}

async function makePlan({ call, name }: Minutes, machine: string): Promise<string> {
  const vault = { BackupVaultName: name };
  const { BackupVaultArn: nearArn } = await call<{ BackupVaultArn: string }>(
    ...['backup', 'CreateBackupVault', vault],
  );
  const { BackupVaultArn } = await call<{ BackupVaultArn: string }>(
    ...['backup', 'CreateBackupVault', vault, far],
  );
  const rule = {
    ...{ RuleName: 'minutes', TargetBackupVaultName: name, ScheduleExpression: everyMinute },
    Lifecycle: { DeleteAfterDays: 1 },
    CopyActions: [{ DestinationBackupVaultArn: BackupVaultArn }],
  };
  const BackupPlan = { BackupPlanName: name, Rules: [rule] };
  const asked = { BackupPlan };
  const { BackupPlanId } = await call<{ BackupPlanId: string }>(
    ...['backup', 'CreateBackupPlan', asked],
  );
  const account = nearArn.split(':')[4];
  const Resources = [`arn:aws:ec2:${near}:${account}:instance/${machine}`];
  const BackupSelection = { SelectionName: 'machine', IamRoleArn: role, Resources };
  await call('backup', 'CreateBackupSelection', { BackupPlanId, BackupSelection });
  return BackupPlanId;
}

/** By a launch, and by Imago's own command line. */
async function restoreAndDrill({ call, imago }: Minutes, ImageId: string): Promise<void> {
  const asked = { ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' };
  const { Instances } = await call<{ Instances: { InstanceId: string }[] }>(
    ...['ec2', 'RunInstances', asked],
  );
  await untilRunning(call, Instances[0]?.InstanceId ?? '');
  const words = ['drill', ImageId, '--home', imago.home, '--json'];
  const { stdout } = await promisify(execFile)(launcher, words);
  assert.equal(JSON.parse(stdout).State, 'passed');
}

async function lookAtPlan({ call, name, generations }: Minutes, BackupPlanId: string) {
  const points = async (region: string): Promise<Point[]> => {
    const asked = { BackupVaultName: name };
    const action = 'ListRecoveryPointsByBackupVault';
    const found = await call<{ RecoveryPoints: Point[] }>('backup', action, asked, region);
    return found.RecoveryPoints.filter(({ Status }) => Status === 'AVAILABLE');
  };
  await untilSeen(
    `${generations} backups by the plan of ${name}, and their copies`,
    async () =>
      (await points(near)).length >= generations && (await points(far)).length >= generations,
  );
  const [{ RecoveryPointArn } = { RecoveryPointArn: '' }] = await points(near);
  const { RestoreMetadata: Metadata } = await call<{ RestoreMetadata: object }>(
    ...['backup', 'GetRecoveryPointRestoreMetadata'],
    { BackupVaultName: name, RecoveryPointArn },
  );
  const order = { RecoveryPointArn, Metadata, IamRoleArn: role };
  const job = await call<{ RestoreJobId: string }>('backup', 'StartRestoreJob', order);
  await untilSeen('it is restored', async () => {
    const { RestoreJobId } = job;
    const { Status } = await call<{ Status: string }>(...['backup', 'DescribeRestoreJob'], {
      RestoreJobId,
    });
    assert.ok(['PENDING', 'RUNNING', 'COMPLETED'].includes(Status), Status);
    return Status === 'COMPLETED';
  });
  const { BackupSelectionsList: all } = await call<{
    BackupSelectionsList: { SelectionId: string }[];
  }>('backup', 'ListBackupSelections', { BackupPlanId });
  for (const { SelectionId } of all) {
    await call('backup', 'DeleteBackupSelection', { BackupPlanId, SelectionId });
  }
  await call('backup', 'DeleteBackupPlan', { BackupPlanId });
}

async function untilSeen(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const started = Date.now();
  while (!(await isSo())) {
    if (Date.now() - started > limitMs) throw new Error(`it never came to: ${what}`);
    await sleep(lookEveryMs);
  }
}

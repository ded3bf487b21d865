/**
 * Backups by policies and plans over years, as their owner sees them by aws-cli or boto3: each day at
 * 03:00 the machine is written to and its backups are due. On some days it is looked, by the same
 * clients, whether what is there is what the rules say of that day: of each kind the days that it
 * is of, in which region and tier, with whom it is shared, and what is deprecated. Now and then one
 * is restored, and one is tested twice a week.
 */
import assert from 'node:assert/strict';
import {
  BackupClient,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
} from '@aws-sdk/client-backup';
import type { AwsCall } from '../support/aws-clients.ts';
import type { ClockedImago } from '../support/clocked-imago.ts';
import { until } from '../support/until.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * 60_000;
const near = 'us-east-1';
const far = 'eu-west-1';
const friend = '222222222222';
const role = 'arn:aws:iam::123456789012:role/backup';
const byPolicy = 'aws:dlm:lifecycle-policy-id';
/** In days, or as many. */
const kept = { images: 5, deprecated: 2, copies: 10, sets: 28, shared: 10, archived: 4 };
const keptPoints = { near: 7, far: 21 };

export interface YearsOfBackups {
  /** Who makes policies and asks for what they made, and who does so with plans. */
  policies: AwsCall;
  plans: AwsCall;
  days: number;
  /** Days from one look to the next. */
  lookEvery: number;
}

export interface Told {
  looks: number;
  restored: number;
  tested: number;
  archived: number;
}

interface Image {
  ImageId: string;
  State: string;
  CreationDate: string;
  DeprecationTime?: string;
  Tags?: { Key: string; Value: string }[];
  BlockDeviceMappings: { Ebs: { SnapshotId: string } }[];
}

interface Snapshot {
  SnapshotId: string;
  StartTime: string;
  State: string;
  StorageTier?: string;
}

interface Dated {
  CreationDate?: string;
  StartTime?: string;
}

interface Job {
  RestoreJobId: string;
  CreationDate: string;
  Status: string;
}

interface Day {
  age: number;
  date: Date;
}

type IsKept = (day: Day) => boolean;

interface Point {
  RecoveryPointArn: string;
  CreationDate: string;
  Status: string;
}

export async function tellYears(clocked: ClockedImago, options: YearsOfBackups): Promise<Told> {
  const years = new Years(clocked, options);
  await years.begin();
  for (let day = 0; day < options.days; day++) {
    await years.pass(day);
    if (day % options.lookEvery === 0 || day === options.days - 1) await years.look(day);
  }
  return years.told;
}

class Years {
  readonly told: Told = { looks: 0, restored: 0, tested: 0, archived: 0 };
  readonly #clocked: ClockedImago;
  readonly #policies: AwsCall;
  readonly #plans: AwsCall;
  /** The first of a month. */
  readonly #firstMs: number;
  readonly #restores = new Set<string>();
  #machine = '';
  #root = '';
  #ids = { images: '', sets: '', monthly: '' };

  constructor(clocked: ClockedImago, { policies, plans }: YearsOfBackups) {
    this.#clocked = clocked;
    this.#policies = policies;
    this.#plans = plans;
    const { now } = clocked;
    this.#firstMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1, 3);
  }

  async begin(): Promise<void> {
    const { imago } = this.#clocked;
    await this.#clocked.passTo(new Date(this.#firstMs - dayMs / 24));
    const { id: ImageId } = await imago.image();
    const Tags = [{ Key: 'backup', Value: 'daily' }];
    const { Instances } = await this.#policies<{ Instances: { InstanceId: string }[] }>(
      ...['ec2', 'RunInstances'],
      {
        ...{ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' },
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      },
    );
    this.#machine = Instances[0]?.InstanceId ?? '';
    await imago.untilState(this.#machine, 'running');
    const [root = ''] = await imago.volumeIds(this.#machine);
    this.#root = root;
    const monthly = [{ Key: 'backup', Value: 'monthly' }];
    await this.#policies('ec2', 'CreateTags', { Resources: [root], Tags: monthly });
    await this.#makePolicies();
    await this.#makePlan();
  }

  async #makePolicies(): Promise<void> {
    const machines = {
      ResourceTypes: ['INSTANCE'],
      TargetTags: [{ Key: 'backup', Value: 'daily' }],
    };
    const volumes = {
      ResourceTypes: ['VOLUME'],
      TargetTags: [{ Key: 'backup', Value: 'monthly' }],
    };
    const copies = { Interval: kept.copies, IntervalUnit: 'DAYS' };
    const shares = { UnshareInterval: kept.shared, UnshareIntervalUnit: 'DAYS' };
    this.#ids.images = await this.#policy('IMAGE_MANAGEMENT', machines, {
      CreateRule: { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] },
      RetainRule: { Count: kept.images },
      DeprecateRule: { Count: kept.deprecated },
      CrossRegionCopyRules: [{ TargetRegion: far, Encrypted: false, RetainRule: copies }],
      CopyTags: true,
    });
    this.#ids.sets = await this.#policy('EBS_SNAPSHOT_MANAGEMENT', machines, {
      CreateRule: { CronExpression: 'cron(0 3 ? * SUN *)' },
      RetainRule: { Interval: kept.sets / 7, IntervalUnit: 'WEEKS' },
      ShareRules: [{ TargetAccounts: [friend], ...shares }],
    });
    this.#ids.monthly = await this.#policy('EBS_SNAPSHOT_MANAGEMENT', volumes, {
      CreateRule: { CronExpression: 'cron(0 3 1 * ? *)' },
      RetainRule: { Count: 1 },
      ArchiveRule: { RetainRule: { RetentionArchiveTier: { Count: kept.archived } } },
    });
  }

  async #policy(PolicyType: string, targets: object, schedule: object): Promise<string> {
    const PolicyDetails = { PolicyType, ...targets, Schedules: [{ Name: 'Only', ...schedule }] };
    const about = { ExecutionRoleArn: role, Description: 'Years', State: 'ENABLED' };
    const asked = { ...about, PolicyDetails };
    const made = await this.#policies<{ PolicyId: string }>('dlm', 'CreateLifecyclePolicy', asked);
    return made.PolicyId;
  }

  async #makePlan(): Promise<void> {
    const { account } = this.#clocked.imago.caller;
    await this.#plans('backup', 'CreateBackupVault', { BackupVaultName: 'near' });
    const there = await this.#plans<{ BackupVaultArn: string }>(
      ...['backup', 'CreateBackupVault'],
      { BackupVaultName: 'far' },
      far,
    );
    const copy = { DestinationBackupVaultArn: there.BackupVaultArn };
    const rule = {
      ...{ RuleName: 'daily', TargetBackupVaultName: 'near' },
      ScheduleExpression: 'cron(0 3 * * ? *)',
      Lifecycle: { DeleteAfterDays: keptPoints.near },
      CopyActions: [{ ...copy, Lifecycle: { DeleteAfterDays: keptPoints.far } }],
    };
    const BackupPlan = { BackupPlanName: 'years', Rules: [rule] };
    const { BackupPlanId } = await this.#plans<{ BackupPlanId: string }>(
      ...['backup', 'CreateBackupPlan'],
      { BackupPlan },
    );
    const Resources = [`arn:aws:ec2:${near}:${account}:instance/${this.#machine}`];
    const BackupSelection = { SelectionName: 'machine', IamRoleArn: role, Resources };
    await this.#plans('backup', 'CreateBackupSelection', { BackupPlanId, BackupSelection });
    await this.#makeTests(Resources);
  }

  /** By the SDK: Debian's clients are from before there were any. */
  async #makeTests(ProtectedResourceArns: string[]): Promise<void> {
    const { endpoint, credentials } = this.#clocked;
    const client = new BackupClient({ endpoint, credentials, region: near, maxAttempts: 1 });
    const RestoreTestingPlan = {
      RestoreTestingPlanName: 'often',
      // So often that the last one that passed is no older than what the plan keeps anyway.
      ScheduleExpression: 'cron(0 3 ? * SUN,WED *)',
      RecoveryPointSelection: {
        Algorithm: 'LATEST_WITHIN_WINDOW' as const,
        IncludeVaults: ['*'],
        RecoveryPointTypes: ['SNAPSHOT' as const],
      },
    };
    await client.send(new CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
    const selection = { RestoreTestingSelectionName: 'machine', IamRoleArn: role };
    const of = { ProtectedResourceType: 'EC2', ProtectedResourceArns };
    const asked = { RestoreTestingSelection: { ...selection, ...of } };
    await client.send(
      new CreateRestoreTestingSelectionCommand({ ...asked, RestoreTestingPlanName: 'often' }),
    );
    client.destroy();
  }

  async pass(day: number): Promise<void> {
    await this.#clocked.imago.write(this.#root, 0, 4096, markOf(day));
    await this.#clocked.passTo(new Date(this.#timeOf(day) + 5000));
  }

  async look(day: number): Promise<void> {
    this.told.looks += 1;
    await this.#lookAtImages(day);
    await this.#lookAtSets(day);
    await this.#lookAtMonths(day);
    await this.#lookAtPoints(day);
    await this.#lookAtTests(day);
  }

  async #lookAtImages(day: number): Promise<void> {
    const here = await this.#images(near);
    this.#checkDays(here, day, ({ age }) => age < kept.images);
    const fresh = here.filter(({ DeprecationTime: time }) => time === undefined);
    this.#checkDays(fresh, day, ({ age }) => age < kept.images - kept.deprecated);
    // As EC2 does, by the minute.
    const soon = new Date(this.#clocked.now.getTime() + minuteMs).toISOString();
    for (const { State, CreationDate, DeprecationTime, Tags = [], BlockDeviceMappings } of here) {
      assert.equal(State, 'available');
      assert.ok((DeprecationTime ?? '') <= soon, DeprecationTime);
      assert.ok(Tags.some(({ Key, Value }) => Key === 'backup' && Value === 'daily'));
      const [root] = BlockDeviceMappings;
      const mark = await this.#clocked.imago.readSnapshot(root?.Ebs.SnapshotId ?? '', 0);
      assert.equal(mark, markOf(this.#dayOf(CreationDate)));
    }
    const copies = await this.#images(far);
    this.#checkDays(copies, day, ({ age }) => age < kept.copies);
    assert.deepEqual(new Set(copies.map(({ State }) => State)), new Set(['available']));
  }

  async #images(region: string): Promise<Image[]> {
    const Filters = [{ Name: `tag:${byPolicy}`, Values: [this.#ids.images] }];
    const asked = { Owners: ['self'], IncludeDeprecated: true, Filters };
    return (await this.#policies<{ Images: Image[] }>('ec2', 'DescribeImages', asked, region))
      .Images;
  }

  async #snapshots(policyId: string): Promise<Snapshot[]> {
    const Filters = [{ Name: `tag:${byPolicy}`, Values: [policyId] }];
    const found = await this.#policies<{ Snapshots: Snapshot[] }>(...['ec2', 'DescribeSnapshots'], {
      OwnerIds: ['self'],
      Filters,
    });
    return found.Snapshots;
  }

  /** Of both volumes, each week. */
  async #lookAtSets(day: number): Promise<void> {
    const all = await this.#snapshots(this.#ids.sets);
    const due = this.#days(day, ({ age, date }) => date.getUTCDay() === 0 && age < kept.sets);
    assert.deepEqual(
      this.#daysOf(all),
      due.flatMap((each) => [each, each]),
    );
    for (const { SnapshotId, StartTime, State } of all) {
      assert.equal(State, 'completed');
      const { CreateVolumePermissions: shared = [] } = await this.#policies<{
        CreateVolumePermissions?: { UserId: string }[];
      }>('ec2', 'DescribeSnapshotAttribute', { SnapshotId, Attribute: 'createVolumePermission' });
      const isShared = day - this.#dayOf(StartTime) < kept.shared;
      assert.deepEqual(shared, isShared ? [{ UserId: friend }] : [], `day ${day}: ${StartTime}`);
    }
  }

  /** The newest is at hand, those before it are in the archive. */
  async #lookAtMonths(day: number): Promise<void> {
    const all = await this.#snapshots(this.#ids.monthly);
    const due = this.#days(day, ({ date }) => date.getUTCDate() === 1);
    const tier = (name: string) =>
      this.#daysOf(all.filter(({ StorageTier = 'standard' }) => StorageTier === name));
    assert.deepEqual(tier('standard'), due.slice(-1));
    assert.deepEqual(tier('archive'), due.slice(0, -1).slice(-kept.archived));
    this.told.archived = Math.max(this.told.archived, tier('archive').length);
  }

  async #lookAtPoints(day: number): Promise<void> {
    const here = await this.#points('near', near);
    this.#checkDays(here, day, ({ age }) => age < keptPoints.near);
    const copies = await this.#points('far', far);
    this.#checkDays(copies, day, ({ age }) => age < keptPoints.far);
    const states = [...here, ...copies].map(({ Status }) => Status);
    assert.deepEqual(new Set(states), new Set(['AVAILABLE']));
    const [oldest] = here.sort((one, other) => one.CreationDate.localeCompare(other.CreationDate));
    await this.#restore(oldest?.RecoveryPointArn ?? '');
  }

  async #points(BackupVaultName: string, region: string): Promise<Point[]> {
    const action = 'ListRecoveryPointsByBackupVault';
    const asked = { BackupVaultName };
    return (await this.#plans<{ RecoveryPoints: Point[] }>('backup', action, asked, region))
      .RecoveryPoints;
  }

  async #restore(RecoveryPointArn: string): Promise<void> {
    const asked = { RecoveryPointArn, BackupVaultName: 'near' };
    const { RestoreMetadata: Metadata } = await this.#plans<{ RestoreMetadata: object }>(
      ...['backup', 'GetRecoveryPointRestoreMetadata'],
      asked,
    );
    const order = { RecoveryPointArn, Metadata, IamRoleArn: role };
    const { RestoreJobId } = await this.#plans<{ RestoreJobId: string }>(
      ...['backup', 'StartRestoreJob'],
      order,
    );
    this.#restores.add(RestoreJobId);
    const job = await this.#ended(RestoreJobId);
    assert.equal(job.Status, 'COMPLETED');
    const InstanceIds = [job.CreatedResourceArn.slice(job.CreatedResourceArn.lastIndexOf('/') + 1)];
    await this.#policies('ec2', 'TerminateInstances', { InstanceIds });
    this.told.restored += 1;
  }

  async #ended(RestoreJobId: string) {
    let job = { Status: 'RUNNING', CreatedResourceArn: '' };
    await until('the restore ends', async () => {
      await this.#clocked.settle();
      job = await this.#plans('backup', 'DescribeRestoreJob', { RestoreJobId });
      return job.Status !== 'RUNNING' && job.Status !== 'PENDING';
    });
    return job;
  }

  /** On the first day there was nothing yet that could be tested. Jobs are told for 30 days. */
  async #lookAtTests(day: number): Promise<void> {
    const { RestoreJobs } = await this.#plans<{ RestoreJobs: Job[] }>(
      ...['backup', 'ListRestoreJobs'],
    );
    assert.ok(RestoreJobs.every(({ Status }) => Status === 'COMPLETED'));
    const tests = RestoreJobs.filter(({ RestoreJobId: id }) => !this.#restores.has(id)).filter(
      ({ CreationDate }) => day - this.#dayOf(CreationDate) < 30,
    );
    const isDue = ({ age, date }: Day) =>
      age < Math.min(30, day) && [0, 3].includes(date.getUTCDay());
    this.#checkDays(tests, day, isDue);
    this.told.tested += tests.length;
  }

  #timeOf(day: number): number {
    return this.#firstMs + day * dayMs;
  }

  #dayOf(time: string): number {
    return Math.floor((Date.parse(time) - this.#firstMs) / dayMs);
  }

  #daysOf(all: readonly Dated[]): number[] {
    return all
      .map(({ CreationDate, StartTime }) => this.#dayOf(CreationDate ?? StartTime ?? ''))
      .sort((one, other) => one - other);
  }

  #checkDays(all: readonly Dated[], today: number, isKept: IsKept): void {
    assert.deepEqual(this.#daysOf(all), this.#days(today, isKept), `day ${today}`);
  }

  /** Of which there is a backup that day, by the rule. */
  #days(today: number, isKept: IsKept): number[] {
    const all = Array.from({ length: today + 1 }, (_, day) => day);
    return all.filter((day) => isKept({ age: today - day, date: new Date(this.#timeOf(day)) }));
  }
}

/** What is written before the backup of a day. */
function markOf(day: number): number {
  return (day % 250) + 2;
}

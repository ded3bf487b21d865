/**
 * The policies of backup-years.ts, as one of Debian's clients makes them and asks for what they
 * made: images by two schedules with encrypted copies, sets that leave out a volume, monthly
 * snapshots for the archive. The default policy is made by the SDK: Debian's clients are from
 * before there were any.
 */
import assert from 'node:assert/strict';
import { CreateLifecyclePolicyCommand, DLMClient } from '@aws-sdk/client-dlm';
import type { AwsCall } from '../support/aws-clients.ts';
import type { ClockedImago } from '../support/clocked-imago.ts';
import { type Calendar, markOf } from './backup-years-calendar.ts';

const minuteMs = 60_000;
const near = 'us-east-1';
const far = 'eu-west-1';
const zone = 'us-east-1a';
const friend = '222222222222';
const role = 'arn:aws:iam::123456789012:role/backup';
const byPolicy = 'aws:dlm:lifecycle-policy-id';
/** In days, or as many. */
const kept = {
  ...{ images: 5, weeks: 3, deprecated: 2, copies: 10 },
  ...{ sets: 28, shared: 10, fast: 8, archived: 4, rest: 8 },
};
/** By the default policy. */
const restEvery = 5;
/** What of the machine has it is in no set. */
const scratch = { Key: 'scratch', Value: 'yes' };
/** Left out of the default policy. */
export const dataType = 'standard';

export interface YearsMachine {
  id: string;
  root: string;
  data: string;
  /** A volume of no machine. */
  loose: string;
}

interface Tagged {
  Tags?: { Key: string; Value: string }[];
}

interface Image extends Tagged {
  ImageId: string;
  State: string;
  CreationDate: string;
  DeprecationTime?: string;
  BlockDeviceMappings: { Ebs: { SnapshotId: string; Encrypted: boolean } }[];
}

interface Snapshot extends Tagged {
  SnapshotId: string;
  VolumeId: string;
  StartTime: string;
  State: string;
  StorageTier?: string;
  KmsKeyId?: string;
}

interface FastRestore {
  SnapshotId: string;
  State: string;
}

export class YearsPolicies {
  /** At most at a time. */
  archived = 0;
  readonly #clocked: ClockedImago;
  readonly #call: AwsCall;
  readonly #calendar: Calendar;
  readonly #machine: YearsMachine;
  #ids = { images: '', sets: '', monthly: '', rest: '' };
  #keyArn = '';
  #inSetsFrom = Number.POSITIVE_INFINITY;

  constructor(
    clocked: ClockedImago,
    call: AwsCall,
    { calendar, machine }: { calendar: Calendar; machine: YearsMachine },
  ) {
    this.#clocked = clocked;
    this.#call = call;
    this.#calendar = calendar;
    this.#machine = machine;
  }

  async make(): Promise<void> {
    const { root, data } = this.#machine;
    const monthly = [{ Key: 'backup', Value: 'monthly' }];
    await this.#call('ec2', 'CreateTags', { Resources: [root], Tags: monthly });
    await this.#call('ec2', 'CreateTags', { Resources: [data], Tags: [scratch] });
    await this.#makeOfImages();
    await this.#makeOfSnapshots();
    await this.#makeDefault();
  }

  async #makeOfImages(): Promise<void> {
    const { KeyMetadata } = await this.#call<{ KeyMetadata: { Arn: string } }>(
      ...['kms', 'CreateKey'],
      {},
      far,
    );
    this.#keyArn = KeyMetadata.Arn;
    const copy = {
      ...{ TargetRegion: far, Encrypted: true, CmkArn: this.#keyArn, CopyTags: true },
      RetainRule: { Interval: kept.copies, IntervalUnit: 'DAYS' },
    };
    const daily = {
      ...{ Name: 'Daily', CopyTags: true },
      CreateRule: { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] },
      RetainRule: { Count: kept.images },
      DeprecateRule: { Count: kept.deprecated },
      CrossRegionCopyRules: [copy],
      TagsToAdd: [{ Key: 'kind', Value: 'daily' }],
      VariableTags: [
        { Key: 'of', Value: '$(instance-id)' },
        { Key: 'at', Value: '$(timestamp)' },
      ],
    };
    const weekly = {
      Name: 'Weekly',
      CreateRule: { CronExpression: 'cron(0 3 ? * SUN *)' },
      RetainRule: { Count: kept.weeks },
      TagsToAdd: [{ Key: 'week', Value: 'yes' }],
    };
    this.#ids.images = await this.#policy('IMAGE_MANAGEMENT', 'INSTANCE', 'daily', {
      Schedules: [daily, weekly],
    });
  }

  async #makeOfSnapshots(): Promise<void> {
    const shares = { UnshareInterval: kept.shared, UnshareIntervalUnit: 'DAYS' };
    const sets = {
      Name: 'Only',
      CreateRule: { CronExpression: 'cron(0 3 ? * SUN *)' },
      RetainRule: { Interval: kept.sets / 7, IntervalUnit: 'WEEKS' },
      ShareRules: [{ TargetAccounts: [friend], ...shares }],
      FastRestoreRule: { Interval: kept.fast, IntervalUnit: 'DAYS', AvailabilityZones: [zone] },
    };
    const type = 'EBS_SNAPSHOT_MANAGEMENT';
    this.#ids.sets = await this.#policy(type, 'INSTANCE', 'daily', {
      Schedules: [sets],
      Parameters: { ExcludeDataVolumeTags: [scratch] },
    });
    const monthly = {
      Name: 'Only',
      CreateRule: { CronExpression: 'cron(0 3 1 * ? *)' },
      RetainRule: { Count: 1 },
      ArchiveRule: { RetainRule: { RetentionArchiveTier: { Count: kept.archived } } },
    };
    this.#ids.monthly = await this.#policy(type, 'VOLUME', 'monthly', { Schedules: [monthly] });
  }

  async #policy(PolicyType: string, type: string, Value: string, more: object): Promise<string> {
    const targets = { ResourceTypes: [type], TargetTags: [{ Key: 'backup', Value }] };
    const PolicyDetails = { PolicyType, ...targets, ...more };
    const about = { ExecutionRoleArn: role, Description: 'Years', State: 'ENABLED' };
    const asked = { ...about, PolicyDetails };
    return (await this.#call<{ PolicyId: string }>('dlm', 'CreateLifecyclePolicy', asked)).PolicyId;
  }

  /** Of all volumes that are neither to boot from nor of the type of the machine's other one. */
  async #makeDefault(): Promise<void> {
    const { endpoint, credentials } = this.#clocked;
    const client = new DLMClient({ endpoint, credentials, region: near, maxAttempts: 1 });
    const { PolicyId = '' } = await client.send(
      new CreateLifecyclePolicyCommand({
        ...{ ExecutionRoleArn: role, Description: 'All the rest', State: 'ENABLED' },
        ...{ DefaultPolicy: 'VOLUME', CreateInterval: restEvery, RetainInterval: kept.rest },
        CopyTags: true,
        CrossRegionCopyTargets: [{ TargetRegion: far }],
        Exclusions: { ExcludeBootVolumes: true, ExcludeVolumeTypes: [dataType] },
      }),
    );
    client.destroy();
    this.#ids.rest = PolicyId;
  }

  /** From this day on the machine's other volume is in its sets. */
  async takeAll(day: number): Promise<void> {
    const asked = { Resources: [this.#machine.data], Tags: [scratch] };
    await this.#call('ec2', 'DeleteTags', asked);
    this.#inSetsFrom = day;
  }

  async look(day: number): Promise<void> {
    await this.#lookAtImages(day);
    await this.#lookAtCopies(day);
    await this.#lookAtSets(day);
    await this.#lookAtMonths(day);
    await this.#lookAtRest(day);
  }

  async #lookAtImages(today: number): Promise<void> {
    const calendar = this.#calendar;
    const here = await this.#images(near);
    const sundays = calendar.days(today, ({ day }) => calendar.isSunday(day)).slice(-kept.weeks);
    const isWeekly = (day: number) => sundays.includes(day);
    calendar.checkDays(here, today, ({ age, day }) => age < kept.images || isWeekly(day));
    const fresh = here.filter(({ DeprecationTime: time }) => time === undefined);
    const freshDays = kept.images - kept.deprecated;
    calendar.checkDays(fresh, today, ({ age, day }) => age < freshDays || isWeekly(day));
    // As EC2 does, by the minute.
    const soon = new Date(this.#clocked.now.getTime() + minuteMs).toISOString();
    for (const image of here) {
      assert.equal(image.State, 'available');
      assert.ok((image.DeprecationTime ?? '') <= soon, image.DeprecationTime);
      this.#checkTags(image);
      const [root] = image.BlockDeviceMappings;
      const mark = await this.#clocked.imago.readSnapshot(root?.Ebs.SnapshotId ?? '', 0);
      assert.equal(mark, markOf(calendar.dayOf(image.CreationDate)));
    }
  }

  /** Those of its machine, and of the schedules whose time it was. */
  #checkTags(image: Image): void {
    const { backup, kind, of, at, week } = tagsOf(image);
    const day = this.#calendar.dayOf(image.CreationDate);
    const due = this.#calendar.isSunday(day) ? 'yes' : undefined;
    assert.deepEqual(
      [backup, kind, of, week, this.#calendar.dayOf(at ?? '')],
      ['daily', 'daily', this.#machine.id, due, day],
    );
  }

  /** In the other region, all under the key that the rule names. */
  async #lookAtCopies(day: number): Promise<void> {
    const calendar = this.#calendar;
    const copies = await this.#images(far);
    calendar.checkDays(copies, day, ({ age }) => age < kept.copies);
    assert.deepEqual(new Set(copies.map(({ State }) => State)), new Set(['available']));
    const disks = copies.flatMap(({ BlockDeviceMappings }) => BlockDeviceMappings);
    assert.deepEqual(new Set(disks.map(({ Ebs }) => Ebs.Encrypted)), new Set([true]));
    const SnapshotIds = disks.map(({ Ebs }) => Ebs.SnapshotId);
    const { Snapshots } = await this.#call<{ Snapshots: Snapshot[] }>(
      ...['ec2', 'DescribeSnapshots'],
      { SnapshotIds },
      far,
    );
    assert.equal(Snapshots.length, copies.length * 2);
    const keys = Snapshots.map(({ KmsKeyId }) => KmsKeyId);
    assert.deepEqual(new Set(keys), new Set([this.#keyArn]));
    for (const image of copies) {
      assert.equal(tagsOf(image).kind, 'daily');
      const [root] = image.BlockDeviceMappings;
      const mark = await this.#clocked.imago.readSnapshot(root?.Ebs.SnapshotId ?? '', 0);
      assert.equal(mark, markOf(calendar.dayOf(image.CreationDate)));
    }
  }

  async #images(region: string): Promise<Image[]> {
    const Filters = [{ Name: `tag:${byPolicy}`, Values: [this.#ids.images] }];
    const asked = { Owners: ['self'], IncludeDeprecated: true, Filters };
    return (await this.#call<{ Images: Image[] }>('ec2', 'DescribeImages', asked, region)).Images;
  }

  async #snapshots(policyId: string, region = near): Promise<Snapshot[]> {
    const Filters = [{ Name: `tag:${byPolicy}`, Values: [policyId] }];
    const found = await this.#call<{ Snapshots: Snapshot[] }>(
      ...['ec2', 'DescribeSnapshots'],
      { OwnerIds: ['self'], Filters },
      region,
    );
    return found.Snapshots;
  }

  /** Of both volumes, each week; for a while without the one that is tagged. */
  async #lookAtSets(today: number): Promise<void> {
    const calendar = this.#calendar;
    const { root, data } = this.#machine;
    const all = await this.#snapshots(this.#ids.sets);
    const isDue = (day: number) => calendar.isSunday(day) && today - day < kept.sets;
    const of = (volumeId: string) => all.filter(({ VolumeId }) => VolumeId === volumeId);
    calendar.checkDays(of(root), today, ({ day }) => isDue(day));
    calendar.checkDays(of(data), today, ({ day }) => isDue(day) && day >= this.#inSetsFrom);
    assert.equal(of(root).length + of(data).length, all.length);
    for (const { SnapshotId, StartTime, State } of all) {
      assert.equal(State, 'completed');
      const { CreateVolumePermissions: shared = [] } = await this.#call<{
        CreateVolumePermissions?: { UserId: string }[];
      }>('ec2', 'DescribeSnapshotAttribute', { SnapshotId, Attribute: 'createVolumePermission' });
      const isShared = today - calendar.dayOf(StartTime) < kept.shared;
      assert.deepEqual(shared, isShared ? [{ UserId: friend }] : [], `day ${today}: ${StartTime}`);
    }
    const { FastSnapshotRestores } = await this.#call<{ FastSnapshotRestores: FastRestore[] }>(
      ...['ec2', 'DescribeFastSnapshotRestores'],
      { Filters: [{ Name: 'state', Values: ['enabled'] }] },
    );
    const fast = all.filter(({ StartTime }) => today - calendar.dayOf(StartTime) < kept.fast);
    assert.deepEqual(
      FastSnapshotRestores.map(({ SnapshotId }) => SnapshotId).sort(),
      fast.map(({ SnapshotId }) => SnapshotId).sort(),
      `day ${today}`,
    );
  }

  /** The newest is at hand, those before it are in the archive. */
  async #lookAtMonths(day: number): Promise<void> {
    const all = await this.#snapshots(this.#ids.monthly);
    const due = this.#calendar.days(day, ({ date }) => date.getUTCDate() === 1);
    const tier = (name: string) =>
      this.#calendar.daysOf(all.filter(({ StorageTier = 'standard' }) => StorageTier === name));
    assert.deepEqual(tier('standard'), due.slice(-1));
    assert.deepEqual(tier('archive'), due.slice(0, -1).slice(-kept.archived));
    this.archived = Math.max(this.archived, tier('archive').length);
  }

  /** By the default policy: of the volume that it does not leave out, each fifth day, twice. */
  async #lookAtRest(today: number): Promise<void> {
    for (const region of [near, far]) {
      const all = await this.#snapshots(this.#ids.rest, region);
      this.#calendar.checkDays(
        all,
        today,
        ({ age, day }) => day % restEvery === 0 && age < kept.rest,
      );
      assert.deepEqual(new Set(all.map((each) => tagsOf(each).of)), new Set(['nothing']));
      if (region === far) continue;
      assert.deepEqual(new Set(all.map((each) => each.VolumeId)), new Set([this.#machine.loose]));
    }
  }
}

function tagsOf({ Tags = [] }: Tagged): Record<string, string | undefined> {
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
}

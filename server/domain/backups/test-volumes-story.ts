/**
 * Volumes of no machine that come and go, for the story of policies (test-policy-story.ts): one
 * policy archives their snapshots, and the default policy of all volumes goes on with what it made
 * when it is at rest or deleted, or when the volume is gone, where it says so.
 */
import type { Random } from '../../../test/fuzz/random.ts';
import { deleteLifecyclePolicy } from '../../operations/dlm/DeleteLifecyclePolicy.ts';
import { updateLifecyclePolicy } from '../../operations/dlm/UpdateLifecyclePolicy.ts';
import { createVolume } from '../../operations/ec2/volumes/CreateVolume.ts';
import { makePolicy, policyDetails } from '../../operations/test-backup-policies.ts';
import type { TestContext } from '../../operations/test-context.ts';
import { becomeArchived, isUnderWay, tieringFailed } from '../snapshot-tiers.ts';

const volumesMax = 2;
const far = [{ TargetRegion: 'eu-west-1' }];

export class VolumesStory {
  readonly #context: TestContext;
  readonly #random: Random;
  readonly #volumeIds: string[] = [];
  /** Each fails once at most: it is tried once a day. */
  readonly #failed = new Set<string>();
  #archiving = '';
  #everything = '';

  constructor(context: TestContext, random: Random) {
    this.#context = context;
    this.#random = random;
  }

  async begin(): Promise<void> {
    for (let count = 0; count < volumesMax; count++) await this.#newVolume();
    this.#archiving = await makePolicy(this.#context, this.#details());
    await this.#makeDefault();
  }

  async somebody(): Promise<void> {
    const random = this.#random;
    const context = this.#context;
    if (random.chance(0.04)) {
      const gone = this.#volumeIds.shift() ?? '';
      await context.catalog.write(({ volumes }) => volumes.delete(gone));
      await this.#newVolume();
    }
    if (random.chance(0.04)) {
      const PolicyDetails = this.#details();
      await updateLifecyclePolicy.run({ PolicyId: this.#archiving, PolicyDetails }, context);
    }
    if (random.chance(0.02)) {
      await deleteLifecyclePolicy.run({ PolicyId: this.#everything }, context);
      await this.#makeDefault();
    }
    if (random.chance(0.15)) {
      const State = random.pick(['ENABLED', 'ENABLED', 'DISABLED']);
      const asked = { PolicyId: this.#everything, State, ExtendDeletion: random.chance(0.5) };
      await updateLifecyclePolicy.run(asked, context);
    }
  }

  async #newVolume(): Promise<void> {
    const { VolumeId = '' } = await createVolume.run(
      {
        ...{ Size: 1, AvailabilityZone: 'us-east-1a' },
        TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'archive', Value: 'yes' }] }],
      },
      this.#context,
    );
    await this.#context.catalog.write(async ({ volumes }) => {
      const row = await volumes.get(VolumeId);
      if (row) await volumes.update({ ...row, state: 'available' });
    });
    this.#volumeIds.push(VolumeId);
  }

  async #makeDefault(): Promise<void> {
    const CreateInterval = 1 + this.#random.below(3);
    this.#everything = await makePolicy(this.#context, undefined, {
      ...{ PolicyDetails: undefined, DefaultPolicy: 'VOLUME', CrossRegionCopyTargets: far },
      ...{ CreateInterval, RetainInterval: CreateInterval + 1 + this.#random.below(5) },
      ExtendDeletion: this.#random.chance(0.5),
    });
  }

  /** One schedule that archives, now and then, and one beside it. */
  #details() {
    const random = this.#random;
    const isCounted = random.chance(0.5);
    const retain = (most: number, least = 1) =>
      isCounted
        ? { Count: least + random.below(most) }
        : { Interval: least + random.below(12), IntervalUnit: 'DAYS' };
    const RetentionArchiveTier = isCounted
      ? { Count: 4 }
      : { Interval: 90 + random.below(30), IntervalUnit: 'DAYS' };
    const archives = random.chance(0.8);
    const Schedules = [
      {
        Name: 'Months',
        CreateRule: { CronExpression: `cron(0 3 ${1 + random.below(28)} * ? *)` },
        RetainRule: archives ? retain(2, 0) : retain(2),
        ...(archives && { ArchiveRule: { RetainRule: { RetentionArchiveTier } } }),
      },
      {
        Name: 'Days',
        CreateRule: { CronExpression: 'cron(0 3 1/4 * ? *)' },
        RetainRule: retain(3),
      },
    ];
    const TargetTags = [{ Key: 'archive', Value: 'yes' }];
    const type = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };
    return policyDetails({}, { ...type, TargetTags, Schedules });
  }

  /** What tasks do: most come into the archive, some fail, some go on. */
  async endArchivals(): Promise<void> {
    const random = this.#random;
    const now = this.#context.now;
    const { account } = this.#context.caller;
    await this.#context.catalog.write(async (transaction) => {
      for (const row of await transaction.snapshots.list({ where: { account } })) {
        const { tiering, root = '' } = row;
        if (!tiering || !isUnderWay(row, tiering) || random.chance(0.1)) continue;
        if (random.chance(0.15) && !this.#failed.has(row.id)) {
          this.#failed.add(row.id);
          await transaction.snapshots.update(tieringFailed(row, 'no room'));
          continue;
        }
        const archive = { map: root, host: this.#context.site.hostId, sizeBytes: 1 };
        await becomeArchived(transaction, row, archive, now);
      }
    });
  }
}

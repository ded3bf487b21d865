/**
 * Days of policies for tests, over a real catalog, simulated host and the rounds as the clock makes
 * them: captures that fail or hang, calls that throw before or after they have done their work, a
 * process that is killed between any two transactions, a clock that is set back and forth, a full
 * disk, policies that are changed or at rest, and others that forget the same backups
 * (test-forget-story.ts). What goes and what is left is held against the plain
 * account of the rules in test-retention.ts.
 */
import assert from 'node:assert/strict';
import { Random } from '../../../test/fuzz/random.ts';
import { sourceIdOf } from '../../catalog/rows/backup.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import type { ForgetPolicyRow } from '../../catalog/rows/forget-policy.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { flaky, killed } from '../../catalog/test-faulty-catalog.ts';
import { updateLifecyclePolicy } from '../../operations/dlm/UpdateLifecyclePolicy.ts';
import { createImage } from '../../operations/ec2/images/CreateImage.ts';
import { makePolicy, policyDetails, round } from '../../operations/test-backup-policies.ts';
import { createTestContext, type TestContext } from '../../operations/test-context.ts';
import { insertImage } from '../../operations/test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../operations/test-instances.ts';
import type { Generation, RetentionRule } from './retention.ts';
import { ForgettingStory } from './test-forget-story.ts';
import { isLastOf, keeps } from './test-retention.ts';

const dayMs = 24 * 60 * 60_000;
/** A source is looked at once a day at least, and what could not be done is tried again. */
const leftMaxMs = 3 * dayMs;

type Row = ImageRow | SnapshotRow;

interface Policies {
  making: ReadonlyMap<string, BackupPolicyRow>;
  forgetting: readonly ForgetPolicyRow[];
}

interface Seen {
  row: Row;
  generation: Generation;
  sourceId: string;
  /** Of its source, in its region. */
  place: string;
}

export interface PolicyStory {
  days: number;
  rounds: number;
  killed: number;
  made: number;
  removed: number;
  /** Of these, what its own policy would have kept. */
  forgotten: number;
}

/** Throws where something is wrong. */
export async function tellPolicyStory(seed: number, days: number): Promise<PolicyStory> {
  await using context = await createTestContext();
  const world = new World(context, new Random(seed));
  await world.begin();
  for (let day = 0; day < days; day++) await world.day();
  return { days, ...world.told };
}

class World {
  readonly told = { rounds: 0, killed: 0, made: 0, removed: 0, forgotten: 0 };
  readonly #context: TestContext;
  readonly #random: Random;
  readonly #policyIds: string[] = [];
  readonly #machineIds: string[] = [];
  #forgetting: ForgettingStory | undefined;
  /** Since when nothing keeps what is left. */
  #leftSince = new Map<string, number>();
  /** By what and when it is for: the one that was made for it. */
  #madeFor = new Map<string, string>();
  readonly #known = new Set<string>();
  readonly #roomy;

  constructor(context: TestContext, random: Random) {
    this.#context = context;
    this.#random = random;
    this.#roomy = context.measures;
  }

  async begin(): Promise<void> {
    const context = this.#context;
    const Tags = [{ Key: 'backup', Value: 'yes' }];
    const image = await insertImage(context);
    for (let machine = 0; machine < 2; machine++) {
      const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
      const row = await insertRunningInstance(context, image, { TagSpecifications });
      this.#machineIds.push(row.id);
    }
    const [first = ''] = this.#machineIds;
    const volumeIds = await attachedVolumeIds(context, first);
    this.#forgetting = new ForgettingStory(context, this.#random, volumeIds);
    await this.#forgetting.begin();
    this.#policyIds.push(await makePolicy(context, this.#details('IMAGE_MANAGEMENT')));
    this.#policyIds.push(await makePolicy(context, this.#details('EBS_SNAPSHOT_MANAGEMENT')));
  }

  /** Two schedules, both by count or both by age; copies of the first in another region. */
  #details(PolicyType: string) {
    const random = this.#random;
    const isCounted = random.chance(0.5);
    const retain = () =>
      isCounted
        ? { Count: 1 + random.below(6) }
        : { Interval: 1 + random.below(12), IntervalUnit: random.pick(['DAYS', 'WEEKS']) };
    const copy = {
      ...(PolicyType === 'IMAGE_MANAGEMENT'
        ? { TargetRegion: 'eu-west-1' }
        : { Target: 'eu-west-1' }),
      Encrypted: false,
      RetainRule: { Interval: 1 + random.below(9), IntervalUnit: 'DAYS' },
    };
    const daily = { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] };
    const Schedules = [
      { Name: 'Daily', CreateRule: daily, RetainRule: retain(), CrossRegionCopyRules: [copy] },
      {
        Name: 'Often',
        CreateRule: { ...daily, Interval: random.pick([6, 12]) },
        RetainRule: retain(),
      },
    ];
    return policyDetails({}, { PolicyType, Schedules });
  }

  async day(): Promise<void> {
    const random = this.#random;
    const context = this.#context;
    const isSet = random.chance(0.04);
    // To no moment that has been: names of images tell it.
    const jumpMs = isSet ? (random.below(60) - 30) * dayMs + 1 + random.below(dayMs / 24) : 0;
    context.now = new Date(context.now.getTime() + dayMs + jumpMs);
    if (isSet) {
      this.#leftSince = new Map();
      this.#madeFor = new Map();
    }
    await this.#somebody();
    context.measures = random.chance(0.05) ? { ...this.#roomy, freeDiskBytes: 0 } : this.#roomy;
    for (let faulty = random.below(3); faulty >= 0; faulty--) await this.#round(true);
    await this.#endCaptures();
    await this.#round(true);
    context.measures = this.#roomy;
    context.now = new Date(context.now.getTime() + dayMs / 2);
    await this.#round(false);
    await this.#endCaptures();
    // Orders are looked at soon, not at once.
    context.now = new Date(context.now.getTime() + 60_000);
    await this.#round(false);
    context.now = new Date(context.now.getTime() - dayMs / 2 - 60_000);
    this.#checkLeft(await this.#seen(), await this.#policies());
  }

  /** What people do. */
  async #somebody(): Promise<void> {
    const random = this.#random;
    const context = this.#context;
    const PolicyId = random.pick(this.#policyIds);
    if (random.chance(0.05)) {
      const { makes } = (await this.#policies()).making.get(PolicyId) ?? {};
      const type = makes === 'images' ? 'IMAGE_MANAGEMENT' : 'EBS_SNAPSHOT_MANAGEMENT';
      const asked = { PolicyId, PolicyDetails: this.#details(type) };
      await updateLifecyclePolicy.run(asked, context);
    }
    if (random.chance(0.05)) {
      const State = random.pick(['ENABLED', 'DISABLED']);
      await updateLifecyclePolicy.run({ PolicyId, State }, context);
    } else if (random.chance(0.3)) {
      await updateLifecyclePolicy.run({ PolicyId, State: 'ENABLED' }, context);
    }
    if (random.chance(0.03)) {
      const InstanceId = random.pick(this.#machineIds);
      const Name = `by hand ${context.ids.uuid()}`;
      await createImage.run({ InstanceId, Name, NoReboot: true }, context);
    }
    if (random.chance(0.1)) await this.#drill();
    await this.#forgetting?.somebody();
  }

  async #drill(): Promise<void> {
    const whole = (await this.#seen()).filter(({ generation }) => generation.isWhole);
    const images = whole.filter(({ row }) => row.id.startsWith('ami-'));
    if (images.length === 0) return;
    const { id } = this.#random.pick(images).row;
    const verdict = this.#random.pick(['passed', 'failed'] as const);
    const endedAt = this.#context.now.toISOString();
    await this.#context.catalog.write(async (transaction) => {
      const row = await transaction.images.get(id);
      const lastDrill = { drillId: 'drill-1', endedAt, verdict };
      if (row) await transaction.images.update({ ...row, lastDrill });
    });
  }

  /** What captures and copies come to: most are whole, some fail, some go on. */
  async #endCaptures(): Promise<void> {
    const random = this.#random;
    const completedAt = this.#context.now.toISOString();
    await this.#context.catalog.write(async ({ images, snapshots, tasks }) => {
      for (const row of await images.list({ where: { account: this.#account } })) {
        if (row.state !== 'pending' || random.chance(0.1)) continue;
        await images.update({ ...row, state: random.chance(0.15) ? 'failed' : 'available' });
      }
      for (const row of await snapshots.list({ where: { account: this.#account } })) {
        if (row.state !== 'pending' || random.chance(0.1)) continue;
        const made = { state: 'completed' as const, root: 'a'.repeat(64), completedAt };
        const isGood = !random.chance(0.15);
        await snapshots.update({ ...row, ...(isGood ? made : { state: 'error' as const }) });
      }
      for (const { id } of await tasks.list()) await tasks.delete(id);
    });
  }

  get #account(): string {
    return this.#context.caller.account;
  }

  async #round(isFaulty: boolean): Promise<void> {
    const before = await this.#seen();
    const policies = await this.#policies();
    const random = this.#random;
    const context = this.#context;
    let { catalog, host } = context;
    if (isFaulty) {
      const isKilled = random.chance(0.5);
      catalog = isKilled ? killed(catalog, random) : flaky(catalog, random);
      if (random.chance(0.1)) {
        const measure = () => Promise.reject(new Error('no answer'));
        host = Object.assign(Object.create(host), { measure });
      }
    }
    this.told.rounds += 1;
    await round({ ...context, catalog, host }).catch((error) => {
      if (!isFaulty) throw error;
      this.told.killed += 1;
    });
    const after = await this.#seen();
    this.#checkRemoved(before, after, policies);
    this.#checkOnce(after);
  }

  async #policies(): Promise<Policies> {
    const rows = await this.#context.catalog.read(({ backupPolicies }) => backupPolicies.list());
    const forgetting = (await this.#forgetting?.rows()) ?? [];
    return { making: new Map(rows.map((row) => [row.id, row])), forgetting };
  }

  async #seen(): Promise<Seen[]> {
    const where = { account: this.#account };
    const rows: Row[] = await this.#context.catalog.read(async ({ images, snapshots }) => [
      ...(await images.list({ where })),
      ...(await snapshots.list({ where })),
    ]);
    return rows.flatMap((row) => {
      const sourceId = sourceIdOf(row);
      if (sourceId === undefined) return [];
      const { id, backup, state, lastDrill, region } = row;
      const createdAt = backup?.takenAt ?? row.createdAt;
      const names = backup?.policyId ? [backup.schedule ?? '', ...(backup.alsoFor ?? [])] : [];
      const generation: Generation = {
        id,
        createdAt,
        isPending: state === 'pending',
        isWhole: state === 'available' || state === 'completed',
        schedules: names,
        ...(lastDrill && { drill: lastDrill.verdict }),
      };
      return [{ row, generation, sourceId, place: `${region} ${sourceId}` }];
    });
  }

  /** What a rule keeps, the last good ones and what is somebody's are there still. */
  #checkRemoved(before: readonly Seen[], after: readonly Seen[], policies: Policies): void {
    const left = new Set(after.map(({ row }) => row.id));
    for (const each of before.filter(({ row }) => !left.has(row.id))) {
      this.told.removed += 1;
      if (this.#whyPolicyKeeps(each, before, policies) !== undefined) this.told.forgotten += 1;
      const why = this.#whyKept(each, before, policies);
      assert.equal(why, undefined, `${each.row.id} is gone: ${why}`);
    }
  }

  /** Nothing is left for long that nothing keeps. */
  #checkLeft(seen: readonly Seen[], policies: Policies): void {
    const nowMs = this.#context.now.getTime();
    const since = new Map<string, number>();
    for (const each of seen) {
      if (this.#whyKept(each, seen, policies) !== undefined) continue;
      const { id } = each.row;
      const first = this.#leftSince.get(id) ?? nowMs;
      assert.ok(nowMs - first < leftMaxMs, `${id} is kept by nothing since ${new Date(first)}`);
      since.set(id, first);
    }
    this.#leftSince = since;
  }

  /** For each time of a schedule one backup of a source. */
  #checkOnce(seen: readonly Seen[]): void {
    for (const { row, place } of seen) {
      const { policyId, dueAt } = row.backup ?? {};
      if (policyId === undefined || this.#known.has(row.id)) continue;
      this.#known.add(row.id);
      this.told.made += 1;
      // A copy is one of its original: of those that a clock that was set back made twice, each has one.
      if (row.region !== this.#context.caller.region) continue;
      const key = `${place} ${policyId} ${dueAt}`;
      const other = this.#madeFor.get(key) ?? row.id;
      assert.equal(other, row.id, `two backups for ${key}`);
      this.#madeFor.set(key, row.id);
    }
  }

  /** By the plain account, at this time, where nobody forgets it; undefined: by nothing. */
  #whyKept(one: Seen, all: readonly Seen[], policies: Policies): string | undefined {
    const { row, generation, sourceId, place } = one;
    const others = all.filter((each) => each.place === place).map((each) => each.generation);
    const source = { id: sourceId, region: row.region };
    const rows = policies.forgetting;
    const isKept = this.#forgetting?.whyKept(generation, source, others, rows);
    const byPolicy = this.#whyPolicyKeeps(one, all, policies);
    if (isKept === undefined || byPolicy === undefined) return undefined;
    return `${byPolicy}, and ${isKept}`;
  }

  #whyPolicyKeeps(
    { row, generation, place }: Seen,
    all: readonly Seen[],
    { making }: Policies,
  ): string | undefined {
    const policy = making.get(row.backup?.policyId ?? '');
    if (!policy) return 'it is no policy’s';
    if (policy.state !== 'ENABLED') return 'its policy is at rest';
    const nowMs = this.#context.now.getTime();
    const others = all.filter((each) => each.place === place).map((each) => each.generation);
    if (others.some(({ createdAt }) => Date.parse(createdAt) > nowMs)) return 'the clock is back';
    if (generation.isPending) return 'it is pending';
    const whole = others.filter(({ isWhole }) => isWhole);
    if (!generation.isWhole) {
      const hasNewer = whole.some((other) => isNewer(other, generation));
      return hasNewer ? undefined : 'there is none newer';
    }
    if (isLastOf(generation, whole)) return 'it is a last good one';
    const ofPolicy = (each: Generation) =>
      all.some(({ row: other }) => other.id === each.id && other.backup?.policyId === policy.id);
    const own = whole.filter(ofPolicy);
    const rules = rulesOf(policy, row.region).filter(({ schedule }) =>
      generation.schedules.includes(schedule),
    );
    if (row.region !== policy.region && rules.length === 0) return undefined;
    return rules.some((rule) => keeps(rule, generation, own, nowMs)) ? 'a rule' : undefined;
  }
}

function rulesOf(policy: BackupPolicyRow, region: string): RetentionRule[] {
  return policy.schedules.flatMap(({ name: schedule, retain, copies }) => {
    if (region === policy.region) return [{ schedule, retain }];
    const copy = copies.find((each) => each.region === region);
    return copy?.retain ? [{ schedule, retain: { age: copy.retain } }] : [];
  });
}

function isNewer(one: Generation, other: Generation): boolean {
  return `${one.createdAt} ${one.id}` > `${other.createdAt} ${other.id}`;
}

/**
 * Days of policies for tests, over a real catalog, simulated host and the rounds as the clock makes
 * them: captures that fail or hang, of a set some snapshots alone, calls that throw before or after
 * they have done their work, a process that is killed between any two transactions, a clock that is
 * set back and forth, a full disk, policies that are changed or at rest, and others that forget the
 * same backups (test-forget-story.ts). What goes and what is left is held against the plain account
 * of the rules in test-why-kept.ts.
 */
import assert from 'node:assert/strict';
import { Random } from '../../../test/fuzz/random.ts';
import type { ForgetPolicyRow } from '../../catalog/rows/forget-policy.ts';
import { flaky, killed } from '../../catalog/test-faulty-catalog.ts';
import { updateLifecyclePolicy } from '../../operations/dlm/UpdateLifecyclePolicy.ts';
import { createImage } from '../../operations/ec2/images/CreateImage.ts';
import { createSnapshot } from '../../operations/ec2/snapshots/CreateSnapshot.ts';
import { deleteSnapshot } from '../../operations/ec2/snapshots/DeleteSnapshot.ts';
import { makePolicy, round } from '../../operations/test-backup-policies.ts';
import { createTestContext, type TestContext } from '../../operations/test-context.ts';
import { insertImage } from '../../operations/test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../operations/test-instances.ts';
import { isFailed } from './backups.ts';
import { ForgettingStory } from './test-forget-story.ts';
import { isLastOf } from './test-retention.ts';
import { SharedForATime } from './test-shared-for-a-time.ts';
import { detailsOf } from './test-story-details.ts';
import { VolumesStory } from './test-volumes-story.ts';
import {
  isForArchive,
  type Keeping,
  type Row,
  type Seen,
  seenOf,
  whyKept,
} from './test-why-kept.ts';

const dayMs = 24 * 60 * 60_000;
/** A source is looked at once a day at least, and what could not be done is tried again. */
const leftMaxMs = 3 * dayMs;

interface Policies extends Keeping {
  forgetting: readonly ForgetPolicyRow[];
}

export interface PolicyStory {
  days: number;
  rounds: number;
  killed: number;
  made: number;
  removed: number;
  /** Of these, what its own policy would have kept. */
  forgotten: number;
  /** Of volumes that are there or gone. */
  archived: number;
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
  readonly told = { rounds: 0, killed: 0, made: 0, removed: 0, forgotten: 0, archived: 0 };
  readonly #context: TestContext;
  readonly #random: Random;
  readonly #policyIds: string[] = [];
  readonly #machineIds: string[] = [];
  #forgetting: ForgettingStory | undefined;
  readonly #shared = new SharedForATime();
  readonly #volumes;
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
    this.#volumes = new VolumesStory(context, random);
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
    this.#policyIds.push(await makePolicy(context, detailsOf(this.#random, 'IMAGE_MANAGEMENT')));
    this.#policyIds.push(
      await makePolicy(context, detailsOf(this.#random, 'EBS_SNAPSHOT_MANAGEMENT')),
    );
    await this.#volumes.begin();
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
      this.#shared.reset();
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
    const seen = await this.#seen();
    const policies = await this.#policies();
    this.#checkLeft(seen, policies);
    const at = { nowMs: context.now.getTime(), lateMs: leftMaxMs };
    this.#shared.check(seen, policies.policies, at);
  }

  /** What people do. */
  async #somebody(): Promise<void> {
    const random = this.#random;
    const context = this.#context;
    const PolicyId = random.pick(this.#policyIds);
    if (random.chance(0.05)) {
      const { makes } = (await this.#policies()).policies.get(PolicyId) ?? {};
      const type = makes === 'images' ? 'IMAGE_MANAGEMENT' : 'EBS_SNAPSHOT_MANAGEMENT';
      const asked = { PolicyId, PolicyDetails: detailsOf(this.#random, type) };
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
    if (random.chance(0.05)) await this.#onSnapshot();
    if (random.chance(0.1)) await this.#drill();
    await this.#forgetting?.somebody();
    await this.#volumes.somebody();
  }

  /** One of a volume by itself is made, or deleted, be it one of a set. */
  async #onSnapshot(): Promise<void> {
    const random = this.#random;
    const context = this.#context;
    if (random.chance(0.5)) {
      const { region } = context.caller;
      const own = (await this.#seen()).filter(({ row }) => row.region === region);
      const snapshots = own.filter(({ row }) => row.id.startsWith('snap-') && !isPending(row));
      if (snapshots.length === 0) return;
      const SnapshotId = random.pick(snapshots).row.id;
      await deleteSnapshot.run({ SnapshotId }, context);
      return;
    }
    const volumes = await attachedVolumeIds(context, random.pick(this.#machineIds));
    await createSnapshot.run({ VolumeId: random.pick(volumes) }, context);
  }

  async #drill(): Promise<void> {
    const whole = (await this.#seen()).filter(({ generation }) => generation.isWhole);
    const machines = whole.filter(({ row }) => row.id.startsWith('ami-') || 'set' in row);
    if (machines.length === 0) return;
    const { id } = this.#random.pick(machines).row;
    const verdict = this.#random.pick(['passed', 'failed'] as const);
    const endedAt = this.#context.now.toISOString();
    await this.#context.catalog.write(async (transaction) => {
      const lastDrill = { drillId: 'drill-1', endedAt, verdict };
      const image = await transaction.images.get(id);
      if (image) await transaction.images.update({ ...image, lastDrill });
      const snapshot = await transaction.snapshots.get(id);
      if (snapshot) await transaction.snapshots.update({ ...snapshot, lastDrill });
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
    await this.#volumes.endArchivals();
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
    this.#checkArchived(before, after, policies);
    this.#checkOnce(after);
  }

  async #policies(): Promise<Policies> {
    const { rows, living } = await this.#context.catalog.read(
      async ({ backupPolicies, instances, volumes }) => ({
        rows: await backupPolicies.list(),
        living: new Set(
          [...(await instances.list()), ...(await volumes.list())].map(({ id }) => id),
        ),
      }),
    );
    const forgetting = (await this.#forgetting?.rows()) ?? [];
    return { policies: new Map(rows.map((row) => [row.id, row])), living, forgetting };
  }

  async #seen(): Promise<Seen[]> {
    const where = { account: this.#account };
    const rows: Row[] = await this.#context.catalog.read(async ({ images, snapshots }) => [
      ...(await images.list({ where })),
      ...(await snapshots.list({ where })),
    ]);
    return seenOf(rows);
  }

  /** What a rule keeps, the last good ones and what is somebody's are there still. */
  #checkRemoved(before: readonly Seen[], after: readonly Seen[], policies: Policies): void {
    const left = new Set(after.map(({ row }) => row.id));
    for (const each of before.filter(({ row }) => !left.has(row.id))) {
      // A copy that failed gives way to the next try.
      if (isFailed(each.row) && after.some((other) => isNextTry(other, each))) continue;
      this.told.removed += 1;
      const byPolicy = whyKept(each, before, policies, this.#context.now.getTime());
      if (byPolicy !== undefined) this.told.forgotten += 1;
      const why = this.#whyKept(each, before, policies);
      assert.equal(why, undefined, `${each.row.id} is gone: ${why}`);
      assert.ok(!isForArchive(each, policies.policies), `${each.row.id} is gone, not archived`);
      const rest = each.set?.rows.filter(({ id }) => left.has(id)) ?? [];
      assert.deepEqual(rest, [], `${each.row.id} is gone without the rest of its set`);
    }
  }

  /** What a rule keeps at hand does not go into the archive. */
  #checkArchived(before: readonly Seen[], after: readonly Seen[], policies: Policies): void {
    const begun = new Set(after.filter(({ row }) => isOnItsWay(row)).map(({ row }) => row.id));
    for (const each of before.filter(({ row }) => begun.has(row.id) && !isOnItsWay(row))) {
      this.told.archived += 1;
      const why = whyKept(each, before, policies, this.#context.now.getTime());
      assert.equal(why, undefined, `${each.row.id} is archived: ${why}`);
      assert.ok(isForArchive(each, policies.policies), `${each.row.id} is archived by no rule`);
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
    const isKept = this.#whyNotForgotten(one, all, policies);
    const byPolicy = whyKept(one, all, policies, this.#context.now.getTime());
    if (isKept === undefined || byPolicy === undefined) return undefined;
    return `${byPolicy}, and ${isKept}`;
  }

  #whyNotForgotten(one: Seen, all: readonly Seen[], policies: Policies): string | undefined {
    const { row, set } = one;
    // By a rule that is at rest, and does not take it back.
    if ((set?.rows ?? [row]).some(isShared)) return 'it is shared';
    const place = set?.place ?? one.place;
    const [, id = ''] = place.split(' ');
    const sets = new Set(all.flatMap((each) => (each.set?.place === place ? each.set : [])));
    const ofMachine = [...sets].map(({ generation }) => generation);
    const ofSource = all.filter((each) => each.place === place).map(({ generation }) => generation);
    const now = this.#context.now.toISOString();
    const isAhead = ({ createdAt }: { createdAt: string }) => createdAt > now;
    if ([...ofMachine, ...ofSource].some(isAhead)) return 'the clock is back';
    const source = { id, region: row.region };
    const rows = policies.forgetting;
    const others = set ? ofMachine : ofSource;
    const why = this.#forgetting?.whyKept((set ?? one).generation, source, others, rows);
    if (why !== undefined || !set) return why;
    const isHeld = all
      .filter((each) => each.set === set)
      .some((part) => {
        const same = all.filter((each) => each.place === part.place);
        const whole = same.map(({ generation }) => generation).filter(({ isWhole }) => isWhole);
        return isLastOf(part.generation, whole);
      });
    return isHeld ? 'it is a last good one of a volume' : undefined;
  }
}

const isPending = ({ state }: { state: string }) => state === 'pending';

function isShared(row: Row): boolean {
  const accounts = 'volumeId' in row ? row.createVolumePermissions : row.launchPermissions;
  return (accounts ?? []).length > 0;
}

function isOnItsWay(row: Row): boolean {
  return 'tiering' in row && row.tiering?.state === 'in-progress';
}

function isNextTry(one: Seen, other: Seen): boolean {
  const { copyTries = 0, dueAt, policyId } = one.row.backup ?? {};
  const failed = other.row.backup;
  const isSame = one.place === other.place && failed?.policyId === policyId;
  return isSame && failed?.dueAt === dueAt && copyTries === (failed?.copyTries ?? 0) + 1;
}

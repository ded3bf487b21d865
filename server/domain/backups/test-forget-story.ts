/**
 * Policies that forget, for the story of policies (test-policy-story.ts): people make them, change
 * them and lay them at rest, and a plain account says which backups they keep.
 */
import type { Random } from '../../../test/fuzz/random.ts';
import type { ForgetPolicyRow } from '../../catalog/rows/forget-policy.ts';
import { putForgetPolicy } from '../../operations/imago/PutForgetPolicy.ts';
import type { TestContext } from '../../operations/test-context.ts';
import type { Generation } from './retention.ts';
import { isLastOf } from './test-retention.ts';

const dayMs = 24 * 60 * 60_000;

export class ForgettingStory {
  readonly #context: TestContext;
  readonly #random: Random;
  readonly #volumeIds: readonly string[];

  constructor(context: TestContext, random: Random, volumeIds: readonly string[]) {
    this.#context = context;
    this.#random = random;
    this.#volumeIds = volumeIds;
  }

  /** One for all machines, by their tag, and one for some volumes. */
  async begin(): Promise<void> {
    for (const name of ['machines', 'volumes']) await this.#put(name);
  }

  async somebody(): Promise<void> {
    if (this.#random.chance(0.1)) await this.#put(this.#random.pick(['machines', 'volumes']));
  }

  async #put(PolicyName: string): Promise<void> {
    const random = this.#random;
    const of =
      PolicyName === 'machines'
        ? { TargetTags: [{ Key: 'backup', Value: 'yes' }] }
        : { SourceIds: [...this.#volumeIds] };
    const keep = {
      KeepLast: 1 + random.below(3),
      ...(random.chance(0.7) && { KeepDaily: 1 + random.below(7) }),
      ...(random.chance(0.3) && { KeepWithin: `${1 + random.below(6)}d` }),
    };
    const Schedule = random.pick(['rate(1 day)', 'cron(0 4 * * ? *)', 'rate(6 hours)']);
    const Enabled = random.chance(0.8);
    await putForgetPolicy.run({ PolicyName, ...of, ...keep, Schedule, Enabled }, this.#context);
  }

  async rows(): Promise<ForgetPolicyRow[]> {
    return this.#context.catalog.read(({ forgetPolicies }) => forgetPolicies.list());
  }

  /** Of all that there are of one source in one region; undefined: it is to be forgotten. */
  whyKept(
    generation: Generation,
    source: { id: string; region: string },
    all: readonly Generation[],
    rows: readonly ForgetPolicyRow[],
  ): string | undefined {
    if (source.region !== this.#context.caller.region) return 'nobody forgets there';
    const name = source.id.startsWith('vol-') ? 'volumes' : 'machines';
    const row = rows.find((each) => each.name === name);
    const isTarget = name === 'machines' || this.#volumeIds.includes(source.id);
    if (!row?.enabled || !isTarget) return 'nobody forgets it';
    const now = this.#context.now.toISOString();
    if (all.some(({ createdAt }) => createdAt > now)) return 'the clock is back';
    if (generation.isPending) return 'it is pending';
    const whole = all.filter(({ isWhole }) => isWhole);
    if (isLastOf(generation, whole)) return 'it is a last good one';
    if (!generation.isWhole) return undefined;
    return isKept(generation, whole, row.keep) ? 'a rule of restic' : undefined;
  }
}

/** As restic's documentation says of these three rules, in UTC. */
function isKept(one: Generation, whole: readonly Generation[], keep: ForgetPolicyRow['keep']) {
  const newer = whole.filter((other) => placeOf(other) > placeOf(one));
  if (newer.length < Number(keep.KeepLast)) return true;
  const dayOf = ({ createdAt }: Generation) => createdAt.slice(0, 10);
  const daysAfter = new Set(newer.map(dayOf));
  const daily = Number(keep.KeepDaily ?? 0);
  if (!daysAfter.has(dayOf(one)) && daysAfter.size < daily) return true;
  // The oldest, where there are fewer days than are to be kept.
  const isOldest = newer.length === whole.length - 1;
  if (isOldest && new Set(whole.map(dayOf)).size < daily) return true;
  const within = Number.parseInt(String(keep.KeepWithin ?? '0'), 10);
  const newestMs = Math.max(...whole.map(({ createdAt }) => Date.parse(createdAt)));
  return Date.parse(one.createdAt) > newestMs - within * dayMs && within > 0;
}

function placeOf({ createdAt, id }: Generation): string {
  return `${createdAt} ${id}`;
}

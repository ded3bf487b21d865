/**
 * What a policy comes to over days that have not come: the same schedules and rules that act in
 * earnest (`policies.ts`, `retention.ts`, `restic-rules.ts`), on backups that are only counted
 * (`simulated-place.ts`), in the policy's own region and in those into which it copies them. All
 * are whole at once, copies too; none is drilled, locked or deleted by hand, and there are none at
 * the start.
 *
 * A generator, so that whoever runs it can do something else after each step; a step is one
 * decision over the backups that there are then, of which there is a limit.
 */
import type { BackupPolicyRow, BackupSchedule } from '../../catalog/rows/backup-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { nextTime, type Timing } from '../schedules.ts';
import { LocalTimes } from './local-times.ts';
import { afterDue, dueOf, planned, recentSince } from './policies.ts';
import { rulesIn } from './policy-backups.ts';
import type { ResticRules } from './restic-rules.ts';
import { Looks, type SimulatedBackup, SimulatedPlace, tooMuch } from './simulated-place.ts';
import type { DiskGuess } from './stored-guess.ts';

export interface SimulatedPlan {
  /** What makes backups. */
  policy: BackupPolicyRow;
  /** Its own rules count; without them it only makes. */
  retains: boolean;
  forgets?: SimulatedForgetting;
}

/** In the policy's own region. */
export interface SimulatedForgetting {
  rules: ResticRules;
  timezone?: string;
  /** Absent: after each backup. */
  at?: Timing;
}

export interface SimulatedSpan {
  startAt: Date;
  days: number;
  timezone?: string;
  disk: DiskGuess;
}

export interface SimulatedDay {
  date: string;
  made: number;
  removed: number;
  archived: number;
  kept: number;
  bytes: number;
  /** In all other regions together. */
  copies: { kept: number; bytes: number };
  /** Of those that were made on it, those that are there at the end of all days. */
  left: number;
  schedules: { name: string; made: number; kept: number }[];
}

export interface Simulation {
  /** When a backup is due for the first time, be it after those days; absent: never. */
  firstAt?: string;
  days: SimulatedDay[];
  /** The newest first, with the reasons. */
  left: { backup: SimulatedBackup; reasons: string[] }[];
  /** Region by region. */
  copies: {
    region: string;
    made: number;
    removed: number;
    kept: number;
    mostKept: number;
    bytes: number;
  }[];
}

/** A backup an hour for a year, and some more. */
const madeMax = 10_000;

export function* simulate(
  plan: SimulatedPlan,
  span: SimulatedSpan,
): Generator<undefined, Simulation> {
  const story = new Story(plan, span);
  while (story.step()) yield;
  return story.end();
}

class Story {
  readonly #plan: SimulatedPlan;
  readonly #span: SimulatedSpan;
  readonly #local: LocalTimes;
  /** For the days of rules. */
  readonly #forgetting: { rules: ResticRules; local: LocalTimes } | undefined;
  readonly #days: SimulatedDay[];
  readonly #firstAt: string | undefined;
  readonly #here: SimulatedPlace;
  readonly #copies: readonly SimulatedPlace[];
  #policy: BackupPolicyRow;
  #now: Date;
  #forgetsAt: Date | undefined;
  #day = 0;

  constructor(plan: SimulatedPlan, span: SimulatedSpan) {
    const { policy, retains, forgets } = plan;
    const { startAt } = span;
    this.#plan = plan;
    this.#span = span;
    this.#local = new LocalTimes(span.timezone);
    this.#forgetting = forgets && {
      rules: forgets.rules,
      local: new LocalTimes(forgets.timezone),
    };
    this.#now = startAt;
    this.#forgetsAt = this.#nextForgetting();
    const schedules = policy.schedules.map(({ nextAt: _, ...schedule }) => schedule);
    this.#policy = planned({ ...policy, state: 'ENABLED', schedules }, startAt);
    [this.#firstAt] = this.#dueTimes().sort();
    const looks = new Looks();
    const placeIn = (region: string) => {
      const rules = schedules.flatMap((each) => rulesIn(policy, each, region));
      return new SimulatedPlace(region, retains ? rules : undefined, looks);
    };
    this.#here = placeIn(policy.region);
    const elsewhere = schedules.flatMap(({ copies }) => copies.map(({ region }) => region));
    this.#copies = [...new Set(elsewhere)].sort().map(placeIn);
    const first = Date.parse(this.#dateOf(startAt));
    this.#days = Array.from({ length: span.days }, (_, index) => ({
      date: new Date(first + index * 24 * 60 * 60_000).toISOString().slice(0, 10),
      ...{ made: 0, removed: 0, archived: 0, kept: 0, bytes: 0, left: 0 },
      copies: { kept: 0, bytes: 0 },
      schedules: schedules.map(({ name }) => ({ name, made: 0, kept: 0 })),
    }));
  }

  /** To the next time at which something happens; false: there is none in those days. */
  step(): boolean {
    const places = [this.#here, ...this.#copies];
    const times = [...places.map(({ decidesAt }) => decidesAt), this.#forgetsAt]
      .flatMap((time) => time?.toISOString() ?? [])
      .concat(this.#dueTimes());
    const [next] = times.sort();
    if (next === undefined || this.#dateOf(new Date(next)) > (this.#days.at(-1)?.date ?? '')) {
      return false;
    }
    this.#now = new Date(next);
    const date = this.#dateOf(this.#now);
    while ((this.#days[this.#day]?.date ?? date) < date) this.#endDay();
    const { removed, archived } = this.#here;
    const due = dueOf(this.#policy, this.#now);
    if (due.length > 0) this.#make(due);
    for (const place of places) place.decide(this.#now);
    this.#forget(due.length > 0);
    const day = this.#days[this.#day];
    if (day) {
      day.removed += this.#here.removed - removed;
      day.archived += this.#here.archived - archived;
    }
    return true;
  }

  end(): Simulation {
    while (this.#day < this.#days.length) this.#endDay();
    const byDate = new Map(this.#days.map((day) => [day.date, day]));
    for (const { createdAt } of this.#here.backups) {
      const day = byDate.get(this.#dateOf(new Date(createdAt)));
      if (day) day.left++;
    }
    const copies = this.#copies.map((place) => {
      const { region, made, removed, mostKept } = place;
      return { region, made, removed, mostKept, ...place.count(this.#span.disk) };
    });
    const left = this.#here.reasons(this.#now, this.#forgetting);
    const firstAt = this.#firstAt;
    return { ...(firstAt && { firstAt }), days: this.#days, left, copies };
  }

  #dueTimes(): string[] {
    return this.#policy.schedules.flatMap(({ nextAt }) => nextAt ?? []);
  }

  #dateOf(time: Date): string {
    return this.#local.of(time.toISOString()).daily;
  }

  /** One for all schedules whose time it is, as in earnest, and of it one copy a region. */
  #make(due: readonly BackupSchedule[]): void {
    this.#policy = {
      ...this.#policy,
      schedules: afterDue(this.#policy.schedules, due, this.#now),
    };
    const { everything } = this.#policy;
    const [newest] = this.#here.backups;
    const [{ nextAt } = {}] = due;
    const since = everything && recentSince(everything, new Date(nextAt ?? this.#now));
    if (since !== undefined && newest && newest.createdAt > since) return;
    if (this.#here.made >= madeMax) throw tooMuch(`These are more than ${madeMax} backups`);
    const tags: Tags = Object.assign({}, ...due.map((schedule) => schedule.tags));
    const backup = {
      id: String(this.#here.made + 1).padStart(6, '0'),
      createdAt: this.#now.toISOString(),
      isWhole: true,
      isPending: false,
      schedules: due.map(({ name }) => name),
      tags,
    };
    this.#here.add({ ...backup });
    for (const place of this.#copies) {
      const isCopied = due.some(({ copies }) =>
        copies.some((each) => each.region === place.region),
      );
      if (isCopied) place.add({ ...backup });
    }
    const day = this.#days[this.#day];
    if (!day) return;
    day.made++;
    for (const schedule of day.schedules) {
      if (due.some(({ name }) => name === schedule.name)) schedule.made++;
    }
  }

  #forget(isMade: boolean): void {
    const { at } = this.#plan.forgets ?? {};
    const isDue = at ? this.#forgetsAt && this.#forgetsAt <= this.#now : isMade;
    if (!this.#forgetting || !isDue) return;
    this.#forgetsAt = this.#nextForgetting();
    this.#here.forget(this.#forgetting.rules, this.#forgetting.local);
  }

  #nextForgetting(): Date | undefined {
    const { at } = this.#plan.forgets ?? {};
    return at && nextTime(at, this.#now, this.#span.startAt);
  }

  #endDay(): void {
    const day = this.#days[this.#day++];
    if (!day) return;
    const { disk } = this.#span;
    Object.assign(day, this.#here.count(disk));
    for (const place of this.#copies) {
      const { kept, bytes } = place.count(disk);
      day.copies.kept += kept;
      day.copies.bytes += bytes;
    }
    for (const schedule of day.schedules) {
      schedule.kept = this.#here.backups.filter(({ schedules }) =>
        schedules.includes(schedule.name),
      ).length;
    }
  }
}

/**
 * What a policy comes to over days that have not come: the same schedules and rules that act in
 * earnest (`policies.ts`, `retention.ts`, `restic-rules.ts`), on backups that are only counted. All
 * are whole at once, none is drilled, locked or deleted by hand, and there are none at the start.
 *
 * A generator, so that whoever runs it can do something else after each step; a step is one
 * decision over the backups that there are then, of which there is a limit.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupPolicyRow, BackupSchedule } from '../../catalog/rows/backup-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { LocalTimes } from './local-times.ts';
import { afterDue, dueOf, planned, recentSince } from './policies.ts';
import { rulesIn } from './policy-backups.ts';
import { type ResticRules, reasonsToKeep, type TaggedBackup } from './restic-rules.ts';
import { decide, type Generation } from './retention.ts';
import { type DiskGuess, storedBytes } from './stored-guess.ts';

export interface SimulatedPlan {
  /** What makes backups. */
  policy: BackupPolicyRow;
  /** Its own rules count; without them it only makes. */
  retains: boolean;
  /** Applied after each backup. */
  restic?: ResticRules;
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
  /** Of those that were made on it, those that are there at the end of all days. */
  left: number;
  schedules: { name: string; made: number; kept: number }[];
}

export type SimulatedBackup = Generation & TaggedBackup;

export interface Simulation {
  /** When a backup is due for the first time, be it after those days; absent: never. */
  firstAt?: string;
  days: SimulatedDay[];
  /** The newest first, with the reasons. */
  left: { backup: SimulatedBackup; reasons: string[] }[];
}

/** A backup an hour for a year, and some more. */
const madeMax = 10_000;
/** Of backups that are looked at, one after the other, in all decisions together. */
const looksMax = 4_000_000;

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
  readonly #days: SimulatedDay[];
  readonly #firstAt: string | undefined;
  #policy: BackupPolicyRow;
  /** The newest first. */
  #backups: SimulatedBackup[] = [];
  #now: Date;
  #decidesAt: Date | undefined;
  #day = 0;
  #made = 0;
  #looks = 0;

  constructor(plan: SimulatedPlan, span: SimulatedSpan) {
    this.#plan = plan;
    this.#span = span;
    this.#local = new LocalTimes(span.timezone);
    this.#now = span.startAt;
    const schedules = plan.policy.schedules.map(({ nextAt: _, ...schedule }) => schedule);
    this.#policy = planned({ ...plan.policy, state: 'ENABLED', schedules }, span.startAt);
    [this.#firstAt] = this.#dueTimes().sort();
    const first = Date.parse(this.#dateOf(span.startAt));
    this.#days = Array.from({ length: span.days }, (_, index) => ({
      date: new Date(first + index * 24 * 60 * 60_000).toISOString().slice(0, 10),
      ...{ made: 0, removed: 0, archived: 0, kept: 0, bytes: 0, left: 0 },
      schedules: schedules.map(({ name }) => ({ name, made: 0, kept: 0 })),
    }));
  }

  /** To the next time at which something happens; false: there is none in those days. */
  step(): boolean {
    const times = this.#dueTimes();
    if (this.#decidesAt) times.push(this.#decidesAt.toISOString());
    const [next] = times.sort();
    if (next === undefined || this.#dateOf(new Date(next)) > (this.#days.at(-1)?.date ?? '')) {
      return false;
    }
    this.#now = new Date(next);
    const date = this.#dateOf(this.#now);
    while ((this.#days[this.#day]?.date ?? date) < date) this.#endDay();
    const due = dueOf(this.#policy, this.#now);
    if (due.length > 0) this.#make(due);
    this.#decide();
    if (due.length > 0) this.#forget();
    return true;
  }

  #dueTimes(): string[] {
    return this.#policy.schedules.flatMap(({ nextAt }) => nextAt ?? []);
  }

  end(): Simulation {
    while (this.#day < this.#days.length) this.#endDay();
    const own = this.#plan.retains ? this.#decision().reasons : undefined;
    const restic = this.#reasons();
    const byDate = new Map(this.#days.map((day) => [day.date, day]));
    for (const { createdAt } of this.#backups) {
      const day = byDate.get(this.#dateOf(new Date(createdAt)));
      if (day) day.left++;
    }
    const left = this.#backups.map((backup) => {
      const why = [...(own?.get(backup.id) ?? []), ...(restic?.get(backup.id) ?? [])];
      return { backup, reasons: [...new Set(why)] };
    });
    return { ...(this.#firstAt && { firstAt: this.#firstAt }), days: this.#days, left };
  }

  #dateOf(time: Date): string {
    return this.#local.of(time.toISOString()).daily;
  }

  /** One for all schedules whose time it is, as in earnest. */
  #make(due: readonly BackupSchedule[]): void {
    this.#policy = {
      ...this.#policy,
      schedules: afterDue(this.#policy.schedules, due, this.#now),
    };
    const { everything } = this.#policy;
    const [newest] = this.#backups;
    const [{ nextAt } = {}] = due;
    const since = everything && recentSince(everything, new Date(nextAt ?? this.#now));
    if (since !== undefined && newest && newest.createdAt > since) return;
    if (++this.#made > madeMax) {
      throw tooMuch(`These are more than ${madeMax} backups`);
    }
    const tags: Tags = Object.assign({}, ...due.map((schedule) => schedule.tags));
    this.#backups.unshift({
      id: String(this.#made).padStart(6, '0'),
      createdAt: this.#now.toISOString(),
      isWhole: true,
      isPending: false,
      schedules: due.map(({ name }) => name),
      tags,
    });
    const day = this.#days[this.#day];
    if (!day) return;
    day.made++;
    for (const schedule of day.schedules) {
      if (due.some(({ name }) => name === schedule.name)) schedule.made++;
    }
  }

  #decision() {
    this.#look();
    const { policy } = this.#plan;
    const rules = policy.schedules.flatMap((each) => rulesIn(policy, each, policy.region));
    return decide(this.#backups, rules, this.#now);
  }

  #decide(): void {
    if (!this.#plan.retains) return;
    const { fates, nextAt } = this.#decision();
    this.#decidesAt = nextAt;
    const day = this.#days[this.#day];
    for (const backup of this.#backups) {
      if (fates.get(backup.id) !== 'archive') continue;
      backup.archivedAt = this.#now.toISOString();
      if (day) day.archived++;
      // Whether its time there is over is to be found out, too.
      this.#decidesAt = new Date(this.#now.getTime() + 1);
    }
    this.#keep(({ id }) => fates.get(id) !== 'remove');
  }

  #reasons(): Map<string, string[]> | undefined {
    const { restic } = this.#plan;
    if (!restic) return undefined;
    this.#look();
    return reasonsToKeep(this.#backups, restic, this.#local);
  }

  #forget(): void {
    const reasons = this.#reasons();
    if (reasons) this.#keep(({ id }) => (reasons.get(id) ?? []).length > 0);
  }

  #keep(isKept: (backup: SimulatedBackup) => boolean): void {
    const kept = this.#backups.filter(isKept);
    const day = this.#days[this.#day];
    if (day) day.removed += this.#backups.length - kept.length;
    this.#backups = kept;
  }

  #look(): void {
    this.#looks += this.#backups.length;
    if (this.#looks > looksMax) throw tooMuch('So many backups would be kept at a time');
  }

  #endDay(): void {
    const day = this.#days[this.#day++];
    if (!day) return;
    day.kept = this.#backups.length;
    day.bytes = storedBytes(this.#backups, this.#span.disk);
    for (const schedule of day.schedules) {
      schedule.kept = this.#backups.filter(({ schedules }) =>
        schedules.includes(schedule.name),
      ).length;
    }
  }
}

function tooMuch(what: string): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    `${what} that it would take too long to go through them all: simulate fewer Days.`,
  );
}

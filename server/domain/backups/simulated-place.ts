/**
 * The backups of one source in one region, as a simulation counts them: they are made, kept,
 * archived and removed by the rules that act in earnest (retention.ts, restic-rules.ts). It knows
 * no schedules and no clock.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { LocalTimes } from './local-times.ts';
import { type ResticRules, reasonsToKeep, type TaggedBackup } from './restic-rules.ts';
import { decide, type Generation, type RetentionRule } from './retention.ts';
import { type DiskGuess, storedBytes } from './stored-guess.ts';

export type SimulatedBackup = Generation & TaggedBackup;

/** Of backups that are looked at, one after the other, in all decisions together. */
const looksMax = 4_000_000;

/** How many looks there are left, for all places. */
export class Looks {
  #left = looksMax;

  take(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw tooMuch('So many backups would be kept at a time');
  }
}

export function tooMuch(what: string): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    `${what}: it would take too long to go through them all, so simulate fewer Days.`,
  );
}

export class SimulatedPlace {
  readonly region: string;
  /** Absent: none of a policy's count. */
  readonly #rules: readonly RetentionRule[] | undefined;
  readonly #looks: Looks;
  /** The newest first. */
  #backups: SimulatedBackup[] = [];
  /** When another decision may be due. */
  decidesAt?: Date;
  made = 0;
  removed = 0;
  archived = 0;
  mostKept = 0;

  constructor(region: string, rules: readonly RetentionRule[] | undefined, looks: Looks) {
    this.region = region;
    this.#rules = rules;
    this.#looks = looks;
  }

  get backups(): readonly SimulatedBackup[] {
    return this.#backups;
  }

  add(backup: SimulatedBackup): void {
    this.#backups.unshift(backup);
    this.made++;
  }

  /** By the policy's own rules. */
  decide(now: Date): void {
    if (!this.#rules) return;
    const { fates, nextAt } = this.#decision(this.#rules, now);
    this.decidesAt = nextAt;
    for (const backup of this.#backups) {
      if (fates.get(backup.id) !== 'archive') continue;
      backup.archivedAt = now.toISOString();
      this.archived++;
      // Whether its time there is over is to be found out, too.
      this.decidesAt = new Date(now.getTime() + 1);
    }
    this.#keep(({ id }) => fates.get(id) !== 'remove');
  }

  forget(rules: ResticRules, local: LocalTimes): void {
    const reasons = this.#reasonsOf(rules, local);
    this.#keep(({ id }) => (reasons.get(id) ?? []).length > 0);
  }

  /** Why each is kept, by all rules. */
  reasons(now: Date, forgetting?: { rules: ResticRules; local: LocalTimes }) {
    const own = this.#rules && this.#decision(this.#rules, now).reasons;
    const restic = forgetting && this.#reasonsOf(forgetting.rules, forgetting.local);
    return this.#backups.map((backup) => {
      const why = [...(own?.get(backup.id) ?? []), ...(restic?.get(backup.id) ?? [])];
      return { backup, reasons: [...new Set(why)] };
    });
  }

  /** At the end of a day. */
  count(disk: DiskGuess): { kept: number; bytes: number } {
    const kept = this.#backups.length;
    this.mostKept = Math.max(this.mostKept, kept);
    return { kept, bytes: storedBytes(this.#backups, disk) };
  }

  #decision(rules: readonly RetentionRule[], now: Date) {
    this.#looks.take(this.#backups.length);
    return decide(this.#backups, rules, now);
  }

  #reasonsOf(rules: ResticRules, local: LocalTimes): Map<string, string[]> {
    this.#looks.take(this.#backups.length);
    return reasonsToKeep(this.#backups, rules, local);
  }

  #keep(isKept: (backup: SimulatedBackup) => boolean): void {
    const kept = this.#backups.filter(isKept);
    this.removed += this.#backups.length - kept.length;
    this.#backups = kept;
  }
}

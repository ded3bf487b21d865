/**
 * Until when the backups of one source stay by the rules of their policies of dlm, and what holds
 * them besides: what the server decides (domain/backups/retention.ts), as it is to be foreseen. What
 * it does with copies in other regions and in the archive is not foreseen here.
 */
import type { Output } from '../../api/wire.ts';
import { type Backup, isWhole } from './backup.ts';

export type Policy = NonNullable<Output<'dlm', 'GetLifecyclePolicy'>['Policy']>;
export type Policies = ReadonlyMap<
  string,
  Pick<Policy, 'PolicyDetails' | 'DefaultPolicy' | 'State'>
>;

/**
 * What keeps it whatever a rule says: it is the newest that is whole, or that no drill found
 * wanting, or whose drill passed; its policy is at rest.
 */
export type Hold = 'newest' | 'trusted' | 'drilled' | 'atRest';

export interface Fate {
  /** By age: the moment after which no rule keeps it. */
  at?: string;
  /** By count: when the schedule has made so many more; the newest `newest` of it stay. */
  more?: number;
  newest?: number;
  /** That keeps it longest. */
  schedule?: string;
  /** By count: all that keep it still; it goes when the last of them has made its next. */
  keptBy?: readonly string[];
  hold?: Hold;
}

interface Rule {
  schedule: string;
  Count?: number;
}

/** By their ids; of what no policy that is known made there is nothing. */
export function fatesOf(backups: readonly Backup[], policies: Policies): Map<string, Fate> {
  const sorted = backups.toSorted(newestFirst);
  const holds = holdsOf(sorted);
  const made = new Map<string, number>();
  const fates = new Map<string, Fate>();
  for (const backup of sorted) {
    const { BackupId, PolicyId = '' } = backup;
    const policy = policies.get(PolicyId);
    if (!policy || !isThere(backup)) continue;
    const rules = rulesOf(backup, policy);
    const count = (schedule: string) => made.get(`${PolicyId} ${schedule}`) ?? 0;
    const fate = longest(rules.map((rule) => byRule(backup, rule, count(rule.schedule))));
    const hold = policy.State === 'ENABLED' ? holds.get(BackupId) : 'atRest';
    if (fate) fates.set(BackupId, { ...fate, ...(hold && { hold }) });
    for (const { schedule } of rules) made.set(`${PolicyId} ${schedule}`, count(schedule) + 1);
  }
  return fates;
}

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));

const newestFirst = (one: Backup, other: Backup) =>
  compare(other.CreateTime, one.CreateTime) || compare(other.BackupId, one.BackupId);

/** One that somebody has disabled is whole, and not trusted. */
const isThere = (backup: Backup) => isWhole(backup) || backup.State === 'disabled';

function holdsOf(sorted: readonly Backup[]): Map<string, Hold> {
  const verdict = ({ State, LastDrill }: Backup) =>
    State === 'disabled' ? 'failed' : LastDrill?.Verdict;
  const whole = sorted.filter(isThere);
  const found: [Hold, Backup | undefined][] = [
    ['trusted', whole.find((backup) => verdict(backup) !== 'failed')],
    ['newest', whole[0]],
    ['drilled', whole.find((backup) => verdict(backup) === 'passed')],
  ];
  return new Map(found.flatMap(([hold, backup]) => (backup ? [[backup.BackupId, hold]] : [])));
}

/** Of the schedules that it was made for; a default policy has one, without a name. */
function rulesOf(
  { Schedule, AlsoFor = [] }: Backup,
  { PolicyDetails: details, DefaultPolicy }: Pick<Policy, 'PolicyDetails' | 'DefaultPolicy'>,
): Rule[] {
  if (DefaultPolicy) return [{ schedule: '' }];
  const own = (details?.Schedules ?? []).filter(
    ({ Name = '' }) => Name === Schedule || AlsoFor.includes(Name),
  );
  if (own.some(({ ArchiveRule }) => ArchiveRule)) return [];
  return own.map(({ Name = '', RetainRule }) => ({ schedule: Name, Count: RetainRule?.Count }));
}

/** By age it was told when it was made, whatever the age is now. */
function byRule({ KeptUntil: at }: Backup, { schedule, Count }: Rule, newer: number): Fate {
  if (Count !== undefined) return { schedule, newest: Count, more: Count - newer };
  return { schedule, at };
}

const isCounted = ({ more = 0 }: Fate) => more > 0;

/** Rules of one policy are all by count, or all by age. */
function longest(fates: readonly Fate[]): Fate | undefined {
  const [first, ...others] = fates
    .filter(({ more, at }) => more !== undefined || at !== undefined)
    .toSorted((one, other) => (other.more ?? 0) - (one.more ?? 0));
  if (first?.more === undefined) return first;
  const keptBy = [first, ...others].filter(isCounted).map(({ schedule = '' }) => schedule);
  return { ...first, keptBy };
}

export interface Going {
  backup: Backup;
  fate: Fate;
  /** Undefined: when that is is not known, or asked for still. */
  at: string | undefined;
}

/**
 * Those that go by age, and those that go when their schedules have each made their next, by
 * `nextOf`; the earliest first. None is made any more of what is gone.
 */
export function goingNext(
  backups: readonly Backup[],
  fates: ReadonlyMap<string, Fate>,
  nextOf: (policyId: string, schedule: string) => string | undefined,
): Going[] {
  const going = backups.flatMap((backup): Going[] => {
    const fate = fates.get(backup.BackupId);
    if (!fate || fate.hold === 'atRest' || fate.hold === 'drilled') return [];
    if (fate.at !== undefined) return fate.hold ? [] : [{ backup, fate, at: fate.at }];
    if ((fate.more ?? 0) > 1) return [];
    const times = (fate.keptBy ?? []).map((schedule) => nextOf(backup.PolicyId ?? '', schedule));
    const at = times.includes(undefined) ? undefined : times.toSorted().at(-1);
    return [{ backup, fate, at }];
  });
  return going.toSorted((one, other) => compare(one.at ?? '~', other.at ?? '~'));
}

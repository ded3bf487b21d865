/**
 * Simulated days of a policy for tests: backups that are made, fail or hang, drills, a clock that
 * is set back and forth. After each day what was decided is held against a plain account of what
 * each rule keeps, which shares no code with the decision.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Age, Retention } from '../../catalog/rows/backup-policy.ts';
import { decide, type Generation, type RetentionRule } from './retention.ts';

const dayMs = 24 * 60 * 60_000;

interface Day {
  outcome: 'made' | 'failed' | 'hangs' | 'none';
  /** Of the schedules, those whose time it is. */
  schedules: number;
  drill: 'passed' | 'failed' | 'none';
  /** The clock is set by so many days on top of the one that passes. */
  jump: number;
}

interface Story {
  rules: Retention[];
  days: Day[];
}

const retention: fc.Arbitrary<Retention> = fc.oneof(
  fc.record({ count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    age: fc.record({
      value: fc.integer({ min: 1, max: 20 }),
      unit: fc.constantFrom('DAYS' as const, 'WEEKS' as const),
    }),
  }),
);

export function stories(days: number): fc.Arbitrary<Story> {
  const day = fc.record({
    outcome: fc.constantFrom(...(['made', 'made', 'made', 'failed', 'hangs', 'none'] as const)),
    schedules: fc.integer({ min: 1, max: 3 }),
    drill: fc.constantFrom(...(['none', 'none', 'none', 'passed', 'failed'] as const)),
    jump: fc.oneof(
      { weight: 20, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -40, max: 40 }) },
    ),
  });
  return fc.record({
    rules: fc.array(retention, { minLength: 2, maxLength: 2 }),
    days: fc.array(day, { minLength: days, maxLength: days }),
  });
}

/** Throws for the first day on which something is wrong. */
export function simulate({ rules: retentions, days }: Story): void {
  const rules = retentions.map((retain, index) => ({ schedule: `${index}`, retain }));
  let generations: Generation[] = [];
  let nowMs = Date.UTC(2026, 0, 1);
  for (const [index, day] of days.entries()) {
    nowMs += (1 + day.jump) * dayMs;
    generations = generations.map((each) =>
      each.isPending ? { ...each, isPending: false, isWhole: index % 2 === 0 } : each,
    );
    if (day.outcome !== 'none') {
      generations.push({
        id: String(index).padStart(6, '0'),
        createdAt: new Date(nowMs).toISOString(),
        isWhole: day.outcome === 'made',
        isPending: day.outcome === 'hangs',
        schedules: ['0', '1'].filter((_, bit) => day.schedules & (1 << bit)),
      });
    }
    if (day.drill !== 'none') generations = drilled(generations, day.drill);
    const { fates } = decide(generations, rules, new Date(nowMs));
    check(generations, rules, fates, nowMs);
    generations = generations.filter(({ id }) => fates.get(id) !== 'remove');
  }
}

function drilled(generations: Generation[], verdict: 'passed' | 'failed'): Generation[] {
  const last = generations.findLast(({ isWhole }) => isWhole);
  return generations.map((each) => (each === last ? { ...each, drill: verdict } : each));
}

function check(
  generations: readonly Generation[],
  rules: readonly RetentionRule[],
  fates: ReadonlyMap<string, string>,
  nowMs: number,
): void {
  const whole = generations.filter(({ isWhole }) => isWhole);
  const isAhead = generations.some(({ createdAt }) => Date.parse(createdAt) > nowMs);
  for (const each of generations) {
    const goes = fates.get(each.id) === 'remove';
    if (each.isPending || isAhead) {
      assert.ok(!goes, `${each.id} is pending, or the clock was set back`);
      continue;
    }
    const isKept = each.isWhole && rules.some((rule) => keeps(rule, each, whole, nowMs));
    const isLast = isLastOf(each, whole);
    if (isKept) assert.ok(!goes, `${each.id} is kept by a rule`);
    if (isLast) assert.ok(!goes, `${each.id} is a last good one`);
    if (each.isWhole && !isKept && !isLast) assert.ok(goes, `${each.id} is kept by nothing`);
    if (!each.isWhole)
      assert.equal(
        goes,
        whole.some((other) => isNewer(other, each)),
        each.id,
      );
  }
}

export function keeps(
  { schedule, retain }: RetentionRule,
  each: Generation,
  whole: readonly Generation[],
  nowMs: number,
): boolean {
  if (!each.schedules.includes(schedule)) return false;
  if ('age' in retain && each.keptUntil) return nowMs < Date.parse(each.keptUntil);
  if ('age' in retain) return nowMs - Date.parse(each.createdAt) < msOf(retain.age);
  const newer = whole.filter((other) => other.schedules.includes(schedule) && isNewer(other, each));
  return newer.length < retain.count;
}

function msOf({ value, unit }: Age): number {
  return value * dayMs * (unit === 'WEEKS' ? 7 : 1);
}

/** The newest of all, of those that no drill failed, of those that passed one. */
export function isLastOf(each: Generation, whole: readonly Generation[]): boolean {
  const groups = [
    whole,
    whole.filter(({ drill }) => drill !== 'failed'),
    whole.filter(({ drill }) => drill === 'passed'),
  ];
  return groups.some(
    (group) => group.includes(each) && !group.some((other) => isNewer(other, each)),
  );
}

function isNewer(one: Generation, other: Generation): boolean {
  return `${one.createdAt} ${one.id}` > `${other.createdAt} ${other.id}`;
}

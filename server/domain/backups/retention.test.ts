/**
 * Which backups a policy's rules keep: simulated days with failures and clocks that jump, beside a
 * plain account of what each rule keeps.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide, type Generation } from './retention.ts';
import { simulate, stories } from './test-retention.ts';

const day = (number: number) => new Date(Date.UTC(2026, 0, number));

function generation(id: string, made: number, rest: Partial<Generation> = {}): Generation {
  const createdAt = day(made).toISOString();
  return { id, createdAt, isWhole: true, isPending: false, schedules: ['daily'], ...rest };
}

function removed(generations: Generation[], rule: Parameters<typeof decide>[1][0], now: Date) {
  const { fates } = decide(generations, [rule], now);
  return [...fates].filter(([, fate]) => fate !== 'keep').map(([id, fate]) => `${id} ${fate}`);
}

test('by count the newest whole ones stay; pending and failed ones are not counted', () => {
  const rule = { schedule: 'daily', retain: { count: 2 } };
  const all = [1, 2, 3].map((each) => generation(`${each}`, each));
  assert.deepEqual(removed(all, rule, day(4)), ['1 remove']);
  const more = [
    ...all,
    generation('pending', 4, { isWhole: false, isPending: true }),
    generation('failed', 5, { isWhole: false }),
    generation('other', 0, { schedules: [] }),
  ];
  assert.deepEqual(removed(more, rule, day(7)), ['1 remove']);
  // A whole one after it.
  const after = [...more, generation('7', 7)];
  assert.deepEqual(removed(after, rule, day(8)), ['1 remove', '2 remove', 'failed remove']);
});

test('by age the last good ones stay, and a clock that is behind removes nothing', () => {
  const rule = { schedule: 'daily', retain: { age: { value: 1, unit: 'WEEKS' as const } } };
  const all = [1, 2, 3].map((each) => generation(`${each}`, each));
  assert.deepEqual(removed(all, rule, day(9)), ['1 remove', '2 remove']);
  assert.deepEqual(removed(all, rule, day(300)), ['1 remove', '2 remove']);
  const drilled = [generation('0', 0, { drill: 'passed' }), ...all];
  assert.deepEqual(removed(drilled, rule, day(300)), ['1 remove', '2 remove']);
  assert.deepEqual(removed([...all, generation('ahead', 400)], rule, day(300)), []);
  assert.deepEqual(decide(all, [rule], day(5)).nextAt, day(8));
});

test('what is kept by one of its schedules stays, and the archive has a rule of its own', () => {
  const both = { schedules: ['daily', 'monthly'] };
  const all = [generation('1', 1, both), generation('2', 2), generation('3', 3)];
  const rules = [
    { schedule: 'daily', retain: { count: 1 } },
    { schedule: 'monthly', retain: { count: 1 } },
  ];
  assert.deepEqual([...decide(all, rules, day(4)).fates.values()], ['keep', 'remove', 'keep']);
  const archiving = { schedule: 'daily', retain: { count: 1 }, archive: { count: 1 } };
  const archived = [
    generation('a', -9, { archivedAt: day(-5).toISOString() }),
    generation('b', -8, { archivedAt: day(-4).toISOString() }),
    ...all,
  ];
  assert.deepEqual(removed(archived, archiving, day(4)), ['a remove', '1 archive', '2 archive']);
});

test('in any story no rule loses what it keeps, nothing else is left, and the last good ones stay', () => {
  fc.assert(
    fc.property(stories(60), (story) => simulate(story)),
    { numRuns: 60 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptUntil, type Policy } from './kept-until.ts';

const backup = { CreateTime: '2026-01-31T03:00:00.000Z', Schedule: 'Nightly' };
const kept = (RetainRule: object, Name = 'Nightly') => {
  const policy: Pick<Policy, 'PolicyDetails'> = {
    PolicyDetails: { Schedules: [{ Name, RetainRule }] },
  };
  return keptUntil(backup, policy);
};

test('by age it is kept until a moment, in each unit', () => {
  const until = (Interval: number, IntervalUnit: string) => kept({ Interval, IntervalUnit })?.at;
  assert.equal(until(7, 'DAYS'), '2026-02-07T03:00:00.000Z');
  assert.equal(until(2, 'WEEKS'), '2026-02-14T03:00:00.000Z');
  assert.equal(until(1, 'MONTHS'), '2026-02-28T03:00:00.000Z');
  assert.equal(until(2, 'YEARS'), '2028-01-31T03:00:00.000Z');
});

test('by count there is no moment, and of what is not known there is nothing', () => {
  assert.deepEqual(kept({ Count: 14 }), { newest: 14 });
  assert.equal(kept({ Count: 14 }, 'Other'), undefined);
  assert.equal(kept({ Interval: 7, IntervalUnit: 'MOONS' }), undefined);
  assert.equal(keptUntil(backup, undefined), undefined);
  const everything = { DefaultPolicy: true, PolicyDetails: { RetainInterval: 2 } };
  assert.deepEqual(keptUntil(backup, everything), { at: '2026-02-02T03:00:00.000Z' });
});

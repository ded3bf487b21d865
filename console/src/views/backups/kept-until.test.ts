import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptUntil, type Policy } from './kept-until.ts';

const at = '2026-02-07T03:00:00.000Z';
const backup = { KeptUntil: at, Schedule: 'Nightly' };
const kept = (RetainRule: object, Name = 'Nightly') => {
  const policy: Pick<Policy, 'PolicyDetails'> = {
    PolicyDetails: { Schedules: [{ Name, RetainRule }] },
  };
  return keptUntil(backup, policy);
};

test('by age it is kept until a moment, which was told when it was made', () => {
  assert.deepEqual(kept({ Interval: 2, IntervalUnit: 'YEARS' }), { at });
  const everything = { DefaultPolicy: true, PolicyDetails: { RetainInterval: 2 } };
  assert.deepEqual(keptUntil(backup, everything), { at });
});

test('by count there is no moment, and of what is not known there is nothing', () => {
  assert.deepEqual(kept({ Count: 14 }), { newest: 14 });
  assert.equal(kept({ Count: 14 }, 'Other'), undefined);
  assert.equal(kept({ Interval: 7, IntervalUnit: 'DAYS' }, 'Other'), undefined);
  assert.equal(keptUntil(backup, undefined), undefined);
  assert.equal(keptUntil({ Schedule: 'Nightly' }, { DefaultPolicy: true }), undefined);
});

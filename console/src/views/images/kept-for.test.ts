import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptDays } from './kept-for.ts';

const rule = (days: number, more = {}) => ({
  RetentionPeriod: { RetentionPeriodValue: days, RetentionPeriodUnit: 'DAYS' },
  ...more,
});
const team = [{ Key: 'Team', Value: 'web' }];

test('the longest of the rules that hold counts', () => {
  assert.equal(keptDays([]), undefined);
  assert.equal(keptDays([rule(7), rule(30), rule(14)]), 30);
});

test('a rule is for the tags that it names, or for all but those', () => {
  const named = rule(9, { ResourceTags: [{ ResourceTagKey: 'Team', ResourceTagValue: 'web' }] });
  assert.equal(keptDays([named], team), 9);
  assert.equal(keptDays([named], [{ Key: 'Team', Value: 'db' }]), undefined);
  assert.equal(keptDays([rule(9, { ResourceTags: [{ ResourceTagKey: 'Team' }] })], team), 9);
  const allBut = rule(9, { ExcludeResourceTags: [{ ResourceTagKey: 'Team' }] });
  assert.equal(keptDays([allBut], team), undefined);
  assert.equal(keptDays([allBut], []), 9);
});

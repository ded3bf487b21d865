import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetCommand, hasRule, keepOf, rulesOf } from './keep-rules.ts';

test('what is filled in is a rule; the time zone alone is none', () => {
  const none = rulesOf({ Timezone: 'Europe/Vienna' });
  assert.equal(hasRule(none), false);
  const rules = { ...none, KeepDaily: '7', KeepWithin: ' 2m ' };
  assert.equal(hasRule(rules), true);
  const keep = keepOf(rules);
  assert.deepEqual(keep, { KeepDaily: 7, KeepWithin: '2m', Timezone: 'Europe/Vienna' });
  assert.equal(
    forgetCommand('i-1', keep),
    'bin/imago backups forget i-1 \\\n  --keep-daily 7 \\\n  --keep-within 2m \\\n  --timezone Europe/Vienna',
  );
});

test('every rule that there is goes through the form unchanged', () => {
  const keep = {
    ...{ KeepLast: 1, KeepHourly: 0, KeepDaily: -1, KeepWeekly: 2, KeepMonthly: 3, KeepYearly: 4 },
    ...{ KeepWithin: '1y', KeepWithinHourly: '1d', KeepWithinDaily: '1m' },
    ...{ KeepWithinWeekly: '2m', KeepWithinMonthly: '1y', KeepWithinYearly: '9y' },
    ...{ KeepTags: ['keep=yes', 'a=b,c=d e'], Timezone: 'Europe/Vienna' },
  };
  assert.deepEqual(keepOf(rulesOf(keep)), keep);
  const command = forgetCommand('vol-1', { KeepTags: keep.KeepTags });
  assert.match(command, /--keep-tag keep=yes \\\n {2}--keep-tag 'a=b,c=d e'$/);
});

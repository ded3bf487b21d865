import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, hasRule, noRules, requestOf } from './forget-rules.ts';

test('what is filled in is a rule; the time zone alone is none', () => {
  const none = noRules('Europe/Vienna');
  assert.equal(hasRule(none), false);
  const rules = { ...none, KeepDaily: '7', KeepWithin: ' 2m ' };
  assert.equal(hasRule(rules), true);
  const request = requestOf('i-1', rules);
  assert.deepEqual(request, {
    ...{ SourceId: 'i-1', KeepDaily: 7, KeepWithin: '2m', Timezone: 'Europe/Vienna' },
  });
  assert.equal(
    commandOf(request),
    'bin/imago backups forget i-1 \\\n  --keep-daily 7 \\\n  --keep-within 2m \\\n  --timezone Europe/Vienna',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newForget, putCommand, requestOf, toggled, wantedOf } from './forget-wanted.ts';

test('what is filled in beforehand needs a name and a tag to be a policy', () => {
  const wanted = { ...newForget('Europe/Vienna'), name: 'thin', tags: 'backup = nightly\n' };
  const request = requestOf(wanted);
  assert.deepEqual(request, {
    ...{ PolicyName: 'thin', TargetTags: [{ Key: 'backup', Value: 'nightly' }] },
    ...{ KeepDaily: 7, KeepWeekly: 5, KeepMonthly: 12, Timezone: 'Europe/Vienna' },
    ...{ Schedule: 'cron(30 4 * * ? *)', Enabled: true },
  });
  assert.equal(
    putCommand({ ...request, Schedule: 'rate(6 hours)', Enabled: false }),
    [
      'bin/imago backups policies put thin',
      ...['--tag backup=nightly', '--keep-daily 7', '--keep-weekly 5', '--keep-monthly 12'],
      ...['--timezone Europe/Vienna', '--every 6h', '--disabled'],
    ].join(' \\\n  '),
  );
});

test('what a policy says comes out of the form as it was', () => {
  const said = {
    ...{ PolicyName: 'db', SourceIds: ['vol-1', 'i-1'], TargetTags: [{ Key: 'a', Value: '' }] },
    ...{ KeepLast: 3, KeepTags: ['x=y'], Enabled: true },
  };
  for (const Schedule of ['cron(5 23 * * ? *)', 'cron(0 4 1 * ? *)', 'rate(6 hours)']) {
    const policy = { ...said, Schedule };
    const told = { NextRunTime: '2026-01-01T00:00:00Z' };
    assert.deepEqual(requestOf(wantedOf({ ...policy, ...told })), policy);
    assert.deepEqual(toggled({ ...policy, ...told }), { ...policy, Enabled: false });
  }
  assert.equal(wantedOf({ ...said, Schedule: 'cron(5 9 * * ? *)' }).time, '09:05');
});

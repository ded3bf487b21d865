import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Backup, figuresByDay, lookOf } from './backup.ts';

const backup = (CreateTime: string, more: Partial<Backup> = {}): Backup => ({
  ...{ BackupId: 'ami-1', Kind: 'image', SourceId: 'i-1', State: 'available', SizeGiB: 8 },
  CreateTime,
  ...more,
});
/** Noon: the same day wherever the test runs. */
const noon = '2026-11-20T12:00:00.000Z';

test('a day has its backups, how consistent they are and how the last drill of them ended', () => {
  const drill = (EndTime: string, Verdict: 'passed' | 'failed') => ({
    LastDrill: { DrillId: 'drill-1', EndTime, Verdict },
  });
  const days = figuresByDay([
    backup(noon, { Consistency: 'application', ...drill('2026-11-22T00:00:00Z', 'passed') }),
    backup(noon, { Consistency: 'crash', ...drill('2026-11-21T00:00:00Z', 'failed') }),
    backup(noon, { State: 'failed' }),
    backup('2026-11-21T12:00:00.000Z', { State: 'pending' }),
  ]);
  assert.deepEqual([...days.keys()], ['2026-11-20', '2026-11-21']);
  const { drilledAt, ...figures } = days.get('2026-11-20') ?? assert.fail();
  assert.deepEqual(figures, {
    ...{ made: 3, whole: 2, settled: 1, pending: 0, failed: 1 },
    drill: 'passed',
  });
  assert.equal(days.get('2026-11-21')?.pending, 1);
});

test('it looks as good as the best of them, and whole where all are application-consistent or at rest', () => {
  const lookOn = (...backups: Backup[]) => {
    const [figures] = figuresByDay(backups).values();
    return figures && lookOf(figures);
  };
  const application = backup(noon, { Consistency: 'application' });
  assert.equal(lookOn(application), 'whole');
  assert.equal(lookOn(application, backup(noon, { Consistency: 'at-rest' })), 'whole');
  assert.equal(lookOn(application, backup(noon)), 'partly');
  assert.equal(lookOn(application, backup(noon, { State: 'failed' })), 'whole');
  assert.equal(
    lookOn(backup(noon, { State: 'pending' }), backup(noon, { State: 'failed' })),
    'busy',
  );
  assert.equal(lookOn(backup(noon, { State: 'failed' })), 'bad');
});

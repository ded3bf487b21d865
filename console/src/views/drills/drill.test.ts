import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byBackup, type Drill, seconds } from './drill.ts';

const drill = (DrillId: string, of: Partial<Drill>, minute: number): Drill => ({
  ...{ DrillId, State: 'passed', TaskId: 'task-1', Checks: 0, Results: [] },
  StartedAt: new Date(Date.UTC(2026, 10, 26, 3, minute)).toISOString(),
  ...of,
});

test('drills by backup: the one that was drilled last first, and of each the oldest first', () => {
  const drills = [
    drill('c', { ImageId: 'ami-1' }, 3),
    drill('b', { SnapshotId: 'snap-1' }, 2),
    drill('a', { ImageId: 'ami-1' }, 1),
    drill('d', { SnapshotId: 'snap-2' }, 4),
  ];
  assert.deepEqual(
    byBackup(drills).map(({ id, drills: those, last }) => [
      id,
      those.map(({ DrillId }) => DrillId).join(''),
      last.DrillId,
    ]),
    [
      ['snap-2', 'd', 'd'],
      ['ami-1', 'ac', 'c'],
      ['snap-1', 'b', 'b'],
    ],
  );
});

test('times as people say them', () => {
  assert.deepEqual([undefined, 40, 14_840, 125_400].map(seconds), [
    undefined,
    '0.0 s',
    '14.8 s',
    '2 min 5 s',
  ]);
});

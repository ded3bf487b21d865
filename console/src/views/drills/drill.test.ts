import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drillsText } from '../../text/drills.ts';
import { bySource, type Drill, heightOf, seconds, shownAs, wantedOf, wordOf } from './drill.ts';

const drill = (DrillId: string, of: Partial<Drill>, minute: number): Drill => ({
  ...{ DrillId, State: 'passed', TaskId: 'task-1', Checks: 0, Results: [] },
  StartedAt: new Date(Date.UTC(2026, 10, 26, 3, minute)).toISOString(),
  ...of,
});

test('drills by source, or by backup where that is of none: the one that was drilled last first, and of each the oldest first', () => {
  const drills = [
    drill('c', { ImageId: 'ami-1' }, 3),
    drill('b', { SnapshotId: 'snap-1' }, 2),
    drill('a', { ImageId: 'ami-1' }, 1),
    drill('d', { SnapshotId: 'snap-2' }, 4),
    drill('f', { ImageId: 'ami-3', SourceId: 'i-1' }, 6),
    drill('e', { ImageId: 'ami-2', SourceId: 'i-1' }, 5),
  ];
  assert.deepEqual(
    bySource(drills).map(({ id, drills: those, last }) => [
      id,
      those.map(({ DrillId }) => DrillId).join(''),
      last.DrillId,
    ]),
    [
      ['i-1', 'ef', 'f'],
      ['snap-2', 'd', 'd'],
      ['ami-1', 'ac', 'c'],
      ['snap-1', 'b', 'b'],
    ],
  );
});

test('what is asked for of each kind of id', () => {
  assert.deepEqual(['i-1', 'vol-1', 'snap-1', 'ami-1'].map(wantedOf), [
    { SourceIds: ['i-1'] },
    { SourceIds: ['vol-1'] },
    { SnapshotIds: ['snap-1'] },
    { ImageIds: ['ami-1'] },
  ]);
});

test('times as people say them', () => {
  assert.deepEqual([undefined, 40, 14_840, 125_400].map(seconds), [
    undefined,
    '0.0 s',
    '14.8 s',
    '2 min 5 s',
  ]);
});

test('a bar is as high as the time until all was checked; one that failed before is as high as the highest', () => {
  const heights = [
    drill('a', { MillisecondsToChecked: 20_000 }, 1),
    drill('b', { MillisecondsToChecked: 5000, State: 'failed' }, 2),
    drill('c', { State: 'failed', MillisecondsToRunning: 900 }, 3),
    drill('d', { State: 'running' }, 4),
  ].map((each) => heightOf(each, 20_000));
  assert.deepEqual(heights, [1, 0.25, 1, 0]);
  assert.equal(heightOf(drill('c', { State: 'failed' }, 3), 0), 1);
  assert.equal(heightOf(drill('a', { MillisecondsToChecked: 0 }, 3), 0), 0);
});

test('one that its customer found wanting is shown as failed, and by whom', () => {
  const found = drill('a', { CustomerVerdict: 'failed' }, 1);
  assert.deepEqual([shownAs(found), wordOf(found)], ['failed', drillsText.failedByCustomer]);
  const good = drill('a', { CustomerVerdict: 'passed' }, 1);
  assert.deepEqual([shownAs(good), wordOf(good)], ['passed', drillsText.states.passed]);
});

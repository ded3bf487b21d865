import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drillsText } from '../../text/drills.ts';
import {
  bySource,
  type Drill,
  partsOf,
  seconds,
  shownAs,
  timesOf,
  tookMs,
  wantedOf,
  wordOf,
} from './drill.ts';

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

test('a bar is made of the times until it ran, was ready and all was checked, of the highest', () => {
  const all = { MillisecondsToRunning: 1000, MillisecondsToReady: 10_000 };
  const drills = [
    drill('a', { ...all, MillisecondsToChecked: 20_000 }, 1),
    drill('b', { MillisecondsToChecked: 5000 }, 2),
    drill('c', { ...all, State: 'running' }, 3),
  ];
  assert.deepEqual(drills.map(tookMs), [20_000, 5000, 10_000]);
  assert.deepEqual(
    drills.map((each) => partsOf(each, 20_000)),
    [
      [
        { of: 'running', from: 0, to: 0.05 },
        { of: 'ready', from: 0.05, to: 0.5 },
        { of: 'checked', from: 0.5, to: 1 },
      ],
      [{ of: 'checked', from: 0, to: 0.25 }],
      [
        { of: 'running', from: 0, to: 0.05 },
        { of: 'ready', from: 0.05, to: 0.5 },
      ],
    ],
  );
  // Where none has taken any time there is no share of it.
  assert.deepEqual(partsOf(drill('d', { MillisecondsToChecked: 0 }, 4), 0), []);
});

test('one that failed before its checks were over is as high as the highest, and what it missed is told apart', () => {
  const failed = { State: 'failed', MillisecondsToRunning: 1000 } as const;
  assert.deepEqual(partsOf(drill('a', failed, 1), 20_000), [
    { of: 'running', from: 0, to: 0.05 },
    { of: 'missed', from: 0.05, to: 1 },
  ]);
  const never = [{ of: 'missed', from: 0, to: 1 }];
  assert.deepEqual(partsOf(drill('b', { State: 'failed' }, 2), 0), never);
  const checked = { ...failed, MillisecondsToChecked: 2000 };
  assert.deepEqual(
    partsOf(drill('c', checked, 3), 20_000).map(({ of }) => of),
    ['running', 'checked'],
  );
  assert.deepEqual(partsOf(drill('d', { State: 'error' }, 4), 20_000), []);
});

test('when it came to what, in words', () => {
  const times = { MillisecondsToReady: 13_500, MillisecondsToSsh: 14_100 };
  assert.deepEqual(timesOf(drill('a', times, 1)), [
    'ready after 13.5 s',
    'SSH answers after 14.1 s',
  ]);
  assert.deepEqual(timesOf(drill('b', {}, 2)), []);
});

test('one that its customer found wanting is shown as failed, and by whom', () => {
  const found = drill('a', { CustomerVerdict: 'failed' }, 1);
  assert.deepEqual([shownAs(found), wordOf(found)], ['failed', drillsText.failedByCustomer]);
  const good = drill('a', { CustomerVerdict: 'passed' }, 1);
  assert.deepEqual([shownAs(good), wordOf(good)], ['passed', drillsText.states.passed]);
});

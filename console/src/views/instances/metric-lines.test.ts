import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastOf, lineOf, type Metrics, mostOf, timesOf } from './metric-lines.ts';

test('what is not known is a gap in a grid of whole periods', () => {
  const metrics: Metrics = {
    InstanceId: 'i-1',
    PeriodSeconds: 60,
    StartTime: '2026-11-23T10:00:30.000Z',
    EndTime: '2026-11-23T10:05:30.000Z',
    Points: [
      { Time: '2026-11-23T10:01:00.000Z', CpuPercent: 5 },
      { Time: '2026-11-23T10:03:00.000Z', CpuPercent: 3, DiskReadsPerSecond: 1 },
    ],
  };
  const times = timesOf(metrics);
  assert.deepEqual(
    times.map((time) => new Date(time * 1000).toISOString().slice(14, 16)),
    ['01', '02', '03', '04'],
  );
  const line = lineOf(metrics, times, 'CpuPercent');
  assert.deepEqual(line, [5, null, 3, null]);
  assert.deepEqual([lastOf(line), mostOf(line)], [3, 5]);
  const empty = lineOf(metrics, times, 'NetworkSentBytesPerSecond');
  assert.deepEqual([lastOf(empty), mostOf(empty)], [undefined, 0]);
});

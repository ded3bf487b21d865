import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neighboursOf } from './neighbours.ts';

const at = (minute: number, VolumeId = 'vol-1') => ({
  SnapshotId: `snap-${minute}`,
  VolumeId,
  StartTime: `2026-11-26T10:0${minute}:00.000Z`,
});

test('the nearest ones of the same volume', () => {
  const all = [at(5), at(1), at(3, 'vol-2'), at(2), at(4)];
  const { before, after } = neighboursOf(at(4), all);
  assert.deepEqual([before?.SnapshotId, after?.SnapshotId], ['snap-2', 'snap-5']);
  assert.deepEqual(neighboursOf(at(1), [at(1)]), { before: undefined, after: undefined });
});

test('what was copied is of no volume', () => {
  const copies = [at(1, 'vol-ffffffff'), at(2, 'vol-ffffffff')];
  const none = { before: undefined, after: undefined };
  assert.deepEqual(neighboursOf(at(2, 'vol-ffffffff'), copies), none);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCopy } from './recovery.ts';

const round = {
  folder: '/second',
  copied: { blocks: 0, bytes: 0 },
  snapshots: { done: 0, total: 0 },
  running: false,
};

test('a copy is told with the time of its blocks and that of its catalog, which may be older', () => {
  const [completeAsOf, catalogAt] = ['2026-11-27T10:05:00.000Z', '2026-11-27T10:00:00.000Z'];
  const { state, detail } = checkCopy({ ...round, completeAsOf, catalogAt });
  assert.equal(state, 'good');
  assert.equal(detail, `whole as of ${completeAsOf}, its catalog of ${catalogAt}`);
  assert.match(checkCopy({ ...round, completeAsOf }).detail, /without a catalog$/);
  assert.equal(checkCopy(round).state, 'warning');
});

test('what is verified there is told, and whose what is damaged is', () => {
  const whole = { ...round, completeAsOf: '2026-11-27T10:05:00.000Z' };
  const record = { blocks: 3, totalBlocks: 9, today: 2 };
  const good = checkCopy({ ...whole, verified: { record, damage: [] } });
  assert.equal(good.state, 'good');
  assert.match(good.detail, /; of its blocks 3 of 9 were verified in this round, 2 of them today$/);
  const ids = { imageIds: ['ami-1'], snapshotIds: ['snap-1'] };
  const damage = [{ digest: 'a', detail: 'it is missing', ...ids }];
  const bad = checkCopy({ ...whole, verified: { record, damage } });
  assert.equal(bad.state, 'problem');
  assert.match(bad.detail, /1 blocks there are damaged or missing, of ami-1, snap-1; 3 of 9/);
});

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

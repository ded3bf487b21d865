import assert from 'node:assert/strict';
import { test } from 'node:test';
import { speedOf } from './speed.ts';

test('the last seconds count, and before there are any nothing is said', () => {
  const speed = speedOf(0);
  speed.add(100, 100);
  assert.deepEqual(speed.at(200), { total: 100, perSecond: undefined });
  assert.deepEqual(speed.at(1000), { total: 100, perSecond: 100 });
  speed.add(5000, 9000);
  assert.deepEqual(speed.at(10_000), { total: 5100, perSecond: 1000 });
  assert.deepEqual(speed.at(20_000), { total: 5100, perSecond: 0 });
});

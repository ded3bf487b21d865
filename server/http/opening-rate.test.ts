import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpeningRates } from './opening-rate.ts';

test('some at once, then a few a second, and each account for itself', () => {
  const rates = new OpeningRates({ atOnce: 3, perSecond: 2 });
  const take = (account: string, atMs: number) => rates.take(account, atMs);
  assert.deepEqual(
    [0, 0, 0, 0, 100].map((atMs) => take('one', atMs)),
    [true, true, true, false, false],
  );
  assert.equal(take('other', 100), true);
  assert.deepEqual(
    [500, 500, 1000, 1001].map((atMs) => take('one', atMs)),
    [true, false, true, false],
  );
  // Who rests has no more than that at once.
  assert.deepEqual(
    [90_000, 90_000, 90_000, 90_000].map((atMs) => take('one', atMs)),
    [true, true, true, false],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountsOf, daysOf, lineOfAccount, lineOfAll, type StorageDay } from './storage-lines.ts';

const day = (Day: string, NeededBytes: number, bytes: Record<string, number>): StorageDay => ({
  Day,
  MeasuredAt: `${Day}T10:00:00Z`,
  NeededBytes,
  Accounts: Object.entries(bytes).map(([AccountId, StoredBytes]) => ({
    ...{ AccountId, StoredBytes, ExclusiveBytes: 0 },
  })),
});
const days = [day('2026-02-27', 10, { b: 9 }), day('2026-03-01', 30, { a1: 20, b: 11 })];

test('days without a measure are gaps; an account that was not there needed nothing', () => {
  const times = daysOf(days);
  assert.deepEqual(
    times.map((time) => new Date(time * 1000).toISOString().slice(5, 10)),
    ['02-27', '02-28', '03-01'],
  );
  assert.deepEqual(lineOfAll(days, times), [10, null, 30]);
  assert.deepEqual(accountsOf(days), ['a1', 'b']);
  assert.deepEqual(lineOfAccount(days, times, 'a1'), [0, null, 20]);
  assert.deepEqual(daysOf([]), []);
});

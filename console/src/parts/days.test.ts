import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dayOf,
  daysFrom,
  endOf,
  monthsOf,
  plusDays,
  startOf,
  weekdayOf,
  weeksOf,
  yearFrom,
  yearUntil,
} from './days.ts';

test('a day begins and ends where whoever looks is, be it one of 23 hours', () => {
  for (const day of ['2026-03-29', '2026-10-25', '2026-11-26', '2028-02-29']) {
    assert.equal(dayOf(startOf(day)), day);
    assert.equal(dayOf(endOf(day)), day);
    assert.equal(dayOf(new Date(endOf(day).getTime() + 1)), plusDays(day, 1));
  }
});

test('a year is 53 weeks from Monday on, and ends with its day', () => {
  assert.equal(weekdayOf('2026-11-26'), 3);
  const days = yearUntil('2026-11-26');
  assert.deepEqual([days[0], days.at(-1), days.length], ['2025-11-24', '2026-11-26', 52 * 7 + 4]);
  const weeks = weeksOf(days);
  assert.deepEqual([weeks.length, weeks.at(-1)?.[3]], [53, '2026-11-26']);
  assert.equal(weeks.at(-1)?.[4], undefined);
  assert.equal(yearUntil('2026-11-29').length, 53 * 7);
  const ahead = yearFrom('2026-11-26');
  assert.deepEqual([ahead[0], ahead.length], ['2026-11-23', 53 * 7]);
});

test('weeks have gaps where the days begin and end', () => {
  assert.deepEqual(weeksOf(daysFrom('2026-11-26', '2026-11-30')), [
    [undefined, undefined, undefined, '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'],
    ['2026-11-30', ...Array.from({ length: 6 }, () => undefined)],
  ]);
  assert.deepEqual(weeksOf([]), []);
  assert.deepEqual(
    monthsOf(daysFrom('2026-10-31', '2026-11-02')).map(([month, { length }]) => [month, length]),
    [
      ['2026-10', 1],
      ['2026-11', 2],
    ],
  );
});

/** Times of cron expressions where a zone sets its clocks, and on days that AWS counts from an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTime } from './schedules.ts';

function timesAfter(expression: string, from: string, count: number, timezone = 'Europe/Berlin') {
  const times: string[] = [];
  for (let at = new Date(from); times.length < count; ) {
    const next = nextTime({ expression, timezone }, at, at);
    assert.ok(next);
    times.push(next.toISOString().slice(5, 16));
    at = next;
  }
  return times;
}

test('an hour that a day has not is the one after it, and one that comes twice is once', () => {
  const daily = 'cron(30 2 * * ? *)';
  const spring = timesAfter(daily, '2026-03-27T12:00:00Z', 3);
  assert.deepEqual(spring, ['03-28T01:30', '03-29T01:00', '03-30T00:30']);
  const autumn = timesAfter(daily, '2026-10-23T12:00:00Z', 3);
  assert.deepEqual(autumn, ['10-24T00:30', '10-25T00:30', '10-26T01:30']);
  // Planned anew within the hour, it is not due once more.
  for (const from of ['00:30:05', '00:59:59', '01:15:00']) {
    assert.deepEqual(timesAfter(daily, `2026-10-25T${from}Z`, 1), ['10-26T01:30'], from);
  }
});

test('what is due each hour is due in both hours of one name', () => {
  const hours = timesAfter('cron(0 * * * ? *)', '2026-10-24T23:30:00Z', 3);
  assert.deepEqual(hours, ['10-25T00:00', '10-25T01:00', '10-25T02:00']);
  const quarters = timesAfter('cron(0/15 * * * ? *)', '2026-10-25T00:45:05Z', 2);
  assert.deepEqual(quarters, ['10-25T01:00', '10-25T01:15']);
});

test('days from the end, nearest weekdays, and the first of a month', () => {
  for (const [expression, ...times] of [
    ['cron(0 3 L * ? *)', '01-31T03:00', '02-28T03:00'],
    ['cron(0 3 LW * ? *)', '01-30T03:00', '02-27T03:00'],
    ['cron(0 3 15W * ? *)', '01-15T03:00', '02-16T03:00'],
    ['cron(0 3 ? * 2#1 *)', '02-02T03:00', '03-02T03:00'],
    ['cron(0 3 ? * 6L *)', '01-30T03:00', '02-27T03:00'],
    ['cron(0 3 1 1/3 ? *)', '04-01T03:00', '07-01T03:00'],
  ] as const) {
    assert.deepEqual(timesAfter(expression, '2026-01-15T00:00:00Z', 2, 'UTC'), times, expression);
  }
});

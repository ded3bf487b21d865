/** Restic's rules, as its documentation explains them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalTimes } from './local-times.ts';
import {
  parseDuration,
  type ResticRules,
  reasonsToKeep,
  type TaggedBackup,
} from './restic-rules.ts';

function backup(time: string, rest: Partial<TaggedBackup> = {}): TaggedBackup {
  const createdAt = new Date(`${time}Z`).toISOString();
  return { id: time, createdAt, isWhole: true, isPending: false, tags: {}, ...rest };
}

function kept(backups: TaggedBackup[], rules: ResticRules, timezone?: string): string[] {
  const reasons = reasonsToKeep(backups, rules, new LocalTimes(timezone));
  return [...reasons].filter(([, why]) => why.length > 0).map(([id]) => id);
}

/** Every day of three years at 11:00. */
const daily: TaggedBackup[] = [];
for (let day = 0; day < 3 * 365; day++) {
  daily.push(backup(new Date(Date.UTC(2024, 0, 1 + day, 11)).toISOString().slice(0, 16)));
}

test('the newest so many, and the newest of so many hours, days, weeks, months and years', () => {
  assert.deepEqual(kept(daily, { last: 2 }), ['2026-12-30T11:00', '2026-12-29T11:00']);
  assert.deepEqual(kept(daily, { weekly: 3 }), [
    '2026-12-30T11:00',
    '2026-12-27T11:00',
    '2026-12-20T11:00',
  ]);
  assert.deepEqual(kept(daily, { monthly: 3 }), [
    '2026-12-30T11:00',
    '2026-11-30T11:00',
    '2026-10-31T11:00',
  ]);
  // Of four years there are three: the oldest is kept besides.
  assert.deepEqual(kept(daily, { yearly: 4 }), [
    '2026-12-30T11:00',
    '2025-12-31T11:00',
    '2024-12-31T11:00',
    '2024-01-01T11:00',
  ]);
  assert.equal(kept(daily, { daily: Number.POSITIVE_INFINITY }).length, daily.length);
  const hours = ['10:00', '10:30', '11:15', '13:00'].map((time) => backup(`2026-01-01T${time}`));
  assert.deepEqual(kept(hours, { hourly: 3 }), [
    '2026-01-01T13:00',
    '2026-01-01T11:15',
    '2026-01-01T10:30',
  ]);
});

test('days without a backup do not count, and one is kept for several reasons', () => {
  const some = ['2026-01-01T10:00', '2026-01-10T10:00', '2026-02-01T10:00'].map((each) =>
    backup(each),
  );
  const reasons = reasonsToKeep(some, { daily: 2, monthly: 2 });
  assert.deepEqual(
    [...reasons],
    [
      ['2026-02-01T10:00', ['daily snapshot', 'monthly snapshot', 'last good']],
      ['2026-01-10T10:00', ['daily snapshot', 'monthly snapshot']],
      ['2026-01-01T10:00', []],
    ],
  );
});

test('a time counts back from the newest one, and tags are kept by lists of them', () => {
  const within = parseDuration('1m2d3h');
  assert.deepEqual(within, { years: 0, months: 1, days: 2, hours: 3 });
  for (const wrong of ['', '1w', '2d1m', '-1d']) assert.equal(parseDuration(wrong), undefined);
  const some = [
    backup('2026-01-29T08:59', { tags: { kind: 'release', size: 'big' } }),
    backup('2026-01-29T09:01'),
    backup('2026-02-28T12:00', { tags: { kind: 'release' } }),
    backup('2026-03-31T12:00'),
  ];
  assert.deepEqual(kept(some, { within: parseDuration('2d') }), ['2026-03-31T12:00']);
  assert.deepEqual(kept(some, { within: parseDuration('1m10d') }), [
    '2026-03-31T12:00',
    '2026-02-28T12:00',
  ]);
  const tags = [{ kind: 'release', size: 'big' }];
  assert.deepEqual(kept(some, { tags }), ['2026-03-31T12:00', '2026-01-29T08:59']);
});

test('the newest of each hour, day, … within a time of the newest', () => {
  const hours = ['10:00', '10:30', '11:15', '13:00'].map((time) => backup(`2026-01-01T${time}`));
  const within = (text: string) => parseDuration(text);
  assert.deepEqual(kept(hours, { withinHourly: within('3h') }), [
    '2026-01-01T13:00',
    '2026-01-01T11:15',
    '2026-01-01T10:30',
  ]);
  assert.deepEqual([...reasonsToKeep(hours, { withinHourly: within('9h') })].at(-1), [
    '2026-01-01T10:00',
    ['oldest hourly within 9h'],
  ]);
  assert.equal(kept(daily, { withinDaily: within('7d') }).length, 7);
  assert.deepEqual(kept(daily, { withinWeekly: within('15d') }), [
    '2026-12-30T11:00',
    '2026-12-27T11:00',
    '2026-12-20T11:00',
  ]);
  assert.deepEqual(kept(daily, { withinMonthly: within('2m') }), [
    '2026-12-30T11:00',
    '2026-11-30T11:00',
    '2026-10-31T11:00',
  ]);
  assert.equal(kept(daily, { withinYearly: within('1y') }).length, 2);
});

test('pending ones stay, failed ones are none, and days are those of a time zone', () => {
  const some = [
    backup('2026-01-01T22:30'),
    backup('2026-01-01T23:30'),
    backup('2026-01-02T10:00', { isWhole: false }),
    backup('2026-01-02T11:00', { isWhole: false, isPending: true }),
  ];
  assert.deepEqual(kept(some, { daily: 1 }), ['2026-01-02T11:00', '2026-01-01T23:30']);
  assert.deepEqual(kept(some, { daily: 2 }, 'Europe/Berlin'), [
    '2026-01-02T11:00',
    '2026-01-01T23:30',
    '2026-01-01T22:30',
  ]);
});

test('an hour of a zone that is half an hour apart is one, and a month before is one of the calendar', () => {
  const hour = ['2024-04-29T02:42', '2024-04-29T03:10'].map((each) => backup(each));
  assert.deepEqual(kept(hour, { hourly: 1, last: 1 }, 'America/St_Johns'), ['2024-04-29T03:10']);
  assert.equal(kept(hour, { hourly: 2 }, 'America/St_Johns').length, 2, 'the oldest besides');
  const local = new LocalTimes('Europe/Berlin');
  const before = (time: string, text: string) =>
    local.before(new Date(time), parseDuration(text) ?? assert.fail()).toISOString();
  // Half past midnight of the first of April, and of March.
  assert.equal(before('2026-03-31T22:30:00Z', '1m'), '2026-02-28T23:30:00.000Z');
  // The thirtieth of February is the second of March.
  assert.equal(before('2026-03-30T10:00:00Z', '1m'), '2026-03-02T11:00:00.000Z');
  // A year and a month before the last of February at once, not one after the other.
  assert.equal(before('2024-02-29T11:00:00Z', '1y1m'), '2023-01-29T11:00:00.000Z');
  assert.equal(before('2026-03-29T10:00:00Z', '24h'), '2026-03-28T10:00:00.000Z');
});

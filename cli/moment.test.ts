import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { minuteOf, momentIn, secondOf } from './moment.ts';

test('a date, a time, a zone: as people write them and as `date` prints them', () => {
  for (const [text, iso] of [
    ['2026-11-20T03:00Z', '2026-11-20T03:00:00.000Z'],
    ['2026-11-20 03:00:30 +01:00', '2026-11-20T02:00:30.000Z'],
    ['2026-11-20T03:00:30,123456789+0130', '2026-11-20T01:30:30.123Z'],
    ['2028-02-29T23:59:59-08:00', '2028-03-01T07:59:59.000Z'],
  ] as const) {
    assert.equal(momentIn(text)?.toISOString(), iso, text);
  }
});

test('without a zone it is of the zone of the machine, and a date is its beginning', () => {
  const script =
    "import { minuteOf, momentIn, secondOf } from './moment.ts';" +
    "for (const text of ['2026-11-20', '2026-07-20 03:00']) console.log(momentIn(text).toISOString());";
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: path.resolve(import.meta.dirname),
    env: { ...process.env, TZ: 'Europe/Berlin' },
    encoding: 'utf8',
  });
  assert.equal(told, '2026-11-19T23:00:00.000Z\n2026-07-20T01:00:00.000Z\n');
});

test('what only looks like a date is none', () => {
  for (const text of [
    ...['', '5', '2026', '2026-11', 'yesterday', '20 Nov 2026', '11/12/2026', '1763600000'],
    ...['2026-02-30', '2026-13-01', '2026-11-20T25:00', '2026-11-20T03:61', '2026-11-20T24:00'],
    ...['2026-11-20T03', '2026-11-20Z', '2026-11-20T03:00+99:99', '2026-11-20 03:00 CET'],
  ]) {
    assert.equal(momentIn(text), undefined, text);
  }
});

test('what is printed of a time is read as that time, in whatever zone', () => {
  const date = new Date('2026-11-27T03:19:22.175Z');
  assert.equal(secondOf(date), '2026-11-27 03:19:22Z');
  assert.equal(momentIn(secondOf(date))?.toISOString(), '2026-11-27T03:19:22.000Z');
  assert.equal(momentIn(minuteOf(date))?.toISOString(), '2026-11-27T03:19:00.000Z');
});

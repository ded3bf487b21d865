import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownLines } from './shown-lines.ts';

const lines = [
  { level: 'info', message: 'request', action: 'DescribeImages' },
  { level: 'warn', message: 'disk error', instanceId: 'i-1' },
  { leftOut: 3 },
  { level: 'error', message: 'task interrupted', subject: 'ami-1' },
] as const;

test('lines are shown from a level on, with the text anywhere in them; what was left out always', () => {
  assert.deepEqual(shownLines(lines, { search: '', level: 'info' }), lines);
  assert.deepEqual(shownLines(lines, { search: '', level: 'warn' }), lines.slice(1));
  assert.deepEqual(shownLines(lines, { search: 'describeimages', level: 'info' }), [
    lines[0],
    lines[2],
  ]);
  assert.deepEqual(shownLines(lines, { search: 'AMI-1', level: 'error' }), lines.slice(2));
});

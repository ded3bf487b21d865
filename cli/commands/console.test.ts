import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPart } from './console.ts';

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');

test('what was appended is new', () => {
  assert.equal(newPart('', 'boot\n'), 'boot\n');
  assert.equal(newPart('boot\n', 'boot\nlogin:'), 'login:');
  assert.equal(newPart('boot\n', 'boot\n'), '');
});

test('a console that lost its beginning goes on where it was', () => {
  assert.equal(newPart(lines(0, 1000), lines(500, 1010)), lines(1000, 1010));
});

test('a console that shares nothing with what was shown is shown whole', () => {
  assert.equal(newPart(lines(0, 1000), lines(5000, 5010)), lines(5000, 5010));
});

/** Texts as keys of a US keyboard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pressesOf } from './typed-text.ts';

test('every sign of ASCII that is printed has a key, and one alone', () => {
  const text = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
  const { presses, without } = pressesOf(text);
  assert.deepEqual(without, []);
  assert.equal(String.fromCharCode(...presses.map(({ keysym }) => keysym)), text);
  const names = presses.map(({ code, isShifted }) => `${isShifted} ${code}`);
  assert.equal(new Set(names).size, text.length);
});

test('lines end with Enter however they end, and what has no key is told once', () => {
  const { presses, without } = pressesOf('a\r\nB\tü€ü');
  assert.deepEqual(
    presses.map(({ code, isShifted }) => [code, isShifted]),
    [
      ['KeyA', false],
      ['Enter', false],
      ['KeyB', true],
      ['Tab', false],
    ],
  );
  assert.deepEqual(without, ['ü', '€']);
});

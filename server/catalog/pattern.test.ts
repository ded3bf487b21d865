import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { literalText, matchesTokens, patternTokens, splitPattern } from './pattern.ts';

describe('patterns', () => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ['debian-12-*', ['debian-12-', 'debian-12-amd64'], ['debian-11-amd64', 'xdebian-12-']],
    ['*-amd64', ['-amd64', 'a-amd64-amd64'], ['a-amd64-x']],
    ['a*b*c', ['abc', 'aXbYbZc'], ['acb', 'ab']],
    ['?', ['a', '*', '\u{1f511}'], ['', 'ab']],
    ['*??x', ['abx', '\u{1f511}\u{1f511}x'], ['\u{1f511}x']],
    ['*\u{1f511}?', ['a\u{1f511}\u{1f512}'], ['\u{1f511}', '\u{1f512}a']],
    ['a\\*b', ['a*b'], ['aXb', 'a\\*b']],
    ['a\\?', ['a?'], ['ab']],
    ['a\\\\*', ['a\\', 'a\\x'], ['a']],
    ['a\\', ['a\\'], ['a']],
    ['(.+)[a-z]', ['(.+)[a-z]'], ['xa']],
    ['**', ['', 'anything'], []],
    ['', [''], ['a']],
  ];
  for (const [pattern, yes, no] of cases) {
    test(`'${pattern}'`, () => {
      const tokens = patternTokens(pattern);
      for (const value of yes) assert.equal(matchesTokens(tokens, value), true, value);
      for (const value of no) assert.equal(matchesTokens(tokens, value), false, value);
    });
  }

  test('what is before the first wildcard is told as text', () => {
    const cases: [pattern: string, head: string, rest: string][] = [
      ['web-*1', 'web-', '*1'],
      ['a\\*\\b\\\\?\\*', 'a*b\\', '?\\*'],
      ['a\\', 'a\\', ''],
      ['\n\u{1f511}*', '\n\u{1f511}', '*'],
      ['*', '', '*'],
      ['', '', ''],
    ];
    for (const [pattern, head, rest] of cases) {
      const { literal, rest: other } = splitPattern(pattern);
      assert.deepEqual([literalText(literal), other], [head, rest], pattern);
    }
  });

  test('many stars take no exponential time', () => {
    const tokens = patternTokens(`${'*a'.repeat(50)}b`);
    assert.equal(matchesTokens(tokens, 'a'.repeat(5000)), false);
  });
});

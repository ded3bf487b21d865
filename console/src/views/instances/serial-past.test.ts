import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restAfter } from './serial-past.ts';

const rest = (past: string, since: string) =>
  Buffer.from(restAfter(Buffer.from(past), Buffer.from(since))).toString();

test('what is in the past already is not written again', () => {
  assert.equal(rest('boot\nlogin: ', 'login: root\n'), 'root\n');
  assert.equal(rest('boot\nlogin: ', 'login: '), '');
  assert.equal(rest('login: ', 'boot\nlogin: '), 'boot\nlogin: ', 'only its beginning counts');
  assert.equal(rest('aaa', 'aaaa'), 'a');
  assert.equal(rest('abab', 'ababab'), 'ab');
  assert.equal(rest('aabaa', 'aabaaab'), 'ab');
});

test('what is not, is', () => {
  assert.equal(rest('boot\n', 'login: '), 'login: ');
  assert.equal(rest('', 'login: '), 'login: ');
  assert.equal(rest('boot\n', ''), '');
});

test('a guest that repeats itself keeps no page waiting', () => {
  const repeated = 'W'.repeat(300_000);
  const startMs = performance.now();
  assert.equal(rest(`${repeated}X`, repeated).length, repeated.length);
  assert.equal(rest(repeated, `${repeated}X`), 'X');
  // Compared at each place it would take minutes.
  assert.ok(performance.now() - startMs < 5000);
});

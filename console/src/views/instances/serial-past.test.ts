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
});

test('what is not, is', () => {
  assert.equal(rest('boot\n', 'login: '), 'login: ');
  assert.equal(rest('', 'login: '), 'login: ');
  assert.equal(rest('boot\n', ''), '');
});

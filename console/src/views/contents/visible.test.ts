import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isText, visibleLine, visibleText } from './visible.ts';

test('what would not be seen is written out, and what is seen stays', () => {
  assert.equal(visibleText('Port 22\r\n\tück 日本\n'), 'Port 22\n\tück 日本\n');
  assert.equal(visibleText('\x1b]0;owned\x07 a\rb \x9b'), '\\x1b]0;owned\\x07 a\\x0db \\x9b');
  assert.equal(
    visibleText('\u202ecod.exe\u2066\u200b\ufeff'),
    '\\u202ecod.exe\\u2066\\u200b\\ufeff',
  );
});

test('a line has no breaks', () => {
  assert.equal(visibleLine('/etc/a\nb\tc'), '/etc/a\\x0ab\\x09c');
});

test('what has a zero byte is no text', () => {
  assert.equal(isText(Buffer.from('#!/bin/sh\n')), true);
  assert.equal(isText(Buffer.from('\x7fELF\0')), false);
});

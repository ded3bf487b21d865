import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListen } from './listen-address.ts';

for (const [text, host, port] of [
  ['127.0.0.1:8773', '127.0.0.1', 8773],
  ['localhost:0', 'localhost', 0],
  ['[::1]:65535', '::1', 65_535],
] as const) {
  test(`${text} is an address`, () => assert.deepEqual(parseListen(text), { host, port }));
}

for (const text of [
  '8773',
  ':8773',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '::1:80',
  'a:b',
]) {
  test(`${text} is none`, () => assert.throws(() => parseListen(text), { exitCode: 2 }));
}

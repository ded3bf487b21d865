import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitedLog } from './limited-log.ts';

test('so many lines a minute, and then how many were left out', () => {
  const lines: string[] = [];
  const write = (message: string, fields?: object) =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  let nowMs = 0;
  const log = limitedLog({ info: write, warn: write, error: write }, () => nowMs);
  for (let number = 0; number < 100; number += 1) log.error('broken');
  assert.equal(lines.length, 30);
  nowMs = 60_000;
  log.warn('again');
  assert.deepEqual(lines.slice(30), ['lines were left out {"leftOut":70}', 'again {}']);
});

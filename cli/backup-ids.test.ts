import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBackup, checkSource } from './backup-ids.ts';

test('who names a machine for a backup is told how to see those of it, and the other way round', () => {
  checkBackup('ami-1');
  checkBackup('snap-1');
  checkSource('i-1');
  checkSource('vol-1');
  const wrong = { exitCode: 2 };
  assert.throws(() => checkBackup('i-1'), {
    ...wrong,
    message: 'i-1 is no backup.',
    advice: 'One is ami-… or snap-…: `imago backups list i-1` has those of it.',
  });
  assert.throws(() => checkBackup('yesterday'), {
    ...wrong,
    advice: /`imago backups list` has all/,
  });
  assert.throws(() => checkSource('ami-1'), { ...wrong, advice: /imago backups show ami-1/ });
  assert.throws(() => checkSource('web-1'), {
    ...wrong,
    message: 'web-1 is neither a machine nor a volume.',
  });
});

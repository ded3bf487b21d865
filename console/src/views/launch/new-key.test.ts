/** A key of the browser, held against OpenSSH. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { newKey } from './new-key.ts';

test('OpenSSH reads the private half, and finds the public one in it', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'imago-key-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'key.pem');
  const { privatePem, publicLine } = await newKey('mine');
  writeFileSync(file, privatePem);
  chmodSync(file, 0o600);
  const found = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim();
  assert.equal(publicLine, `${found.split(' ').slice(0, 2).join(' ')} mine`);
});

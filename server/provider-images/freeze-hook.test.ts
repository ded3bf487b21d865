/**
 * What the guest's agent runs around a freeze, with other folders and shorter times; what it does
 * in a guest is shown in test/vm/freeze-limit.soak.ts.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownFile } from './own-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'imago-freeze-'));
  for (const name of ['hooks', 'bin']) mkdirSync(path.join(folder, name));
  script('bin/fsfreeze', `echo "fsfreeze $1" >> ${folder}/told`);
  script('bin/logger', `echo "logged" >> ${folder}/told`);
  const settings: Record<string, string> = {
    PATH: `${folder}/bin:$PATH`,
    hooks: `${folder}/hooks`,
    state: `${folder}/state`,
    limit: '1',
    budget: '2',
  };
  const text = readFileSync(ownFile('freeze-hook/usr/lib/imago/fsfreeze-hook'), 'utf8');
  const set = text.replace(/^(PATH|hooks|state|limit|budget)=.*$/gm, (_, name) => {
    return `${name}=${settings[name]}`;
  });
  writeFileSync(path.join(folder, 'hook'), set, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function script(name: string, line: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

const run = (word: string) => spawnSync(path.join(folder, 'hook'), [word]).status;
const told = () => {
  const file = path.join(folder, 'told');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};
const tells = (name: string) => `echo "${name} $1" >> ${folder}/told`;

test('hooks run in their order, backwards after the thaw, and nothing waits any more', async () => {
  script('hooks/10-one', tells('one'));
  script('hooks/20-two', tells('two'));
  script('hooks/20-two.dpkg-old', tells('old'));
  writeFileSync(path.join(folder, 'hooks/30-off'), tells('off'), { mode: 0o644 });
  assert.equal(run('freeze'), 0);
  assert.deepEqual(told(), ['one freeze', 'two freeze']);
  assert.equal(run('thaw'), 0);
  await sleep(1500);
  assert.deepEqual(told().slice(2), ['two thaw', 'one thaw']);
});

test('a hook that fails has nothing frozen, and undoes those before it', () => {
  script('hooks/10-one', tells('one'));
  script('hooks/20-two', `${tells('two')}; [ "$1" = thaw ]`);
  script('hooks/30-three', tells('three'));
  assert.equal(run('freeze'), 1);
  assert.deepEqual(told(), ['one freeze', 'two freeze', 'logged', 'two thaw', 'one thaw']);
});

test('a hook that hangs, deaf to every word, does so for no longer than the budget', () => {
  script('hooks/10-deaf', 'trap "" TERM; [ "$1" = thaw ] || while :; do sleep 1; done');
  const beganMs = performance.now();
  assert.equal(run('freeze'), 1);
  assert.ok(performance.now() - beganMs < 60_000, 'it ends');
});

test('where nobody thaws, what the hook has left behind does', async () => {
  assert.equal(run('freeze'), 0);
  const deadline = Date.now() + 30_000;
  while (!told().includes('logged') && Date.now() < deadline) await sleep(100);
  assert.ok(
    told().some((line) => line === 'fsfreeze -u'),
    told().join(),
  );
  assert.equal(run('thaw'), 0, 'and a late word harms nobody');
});

test('a freeze after one that nobody ended has its limit, and the former one has none', async () => {
  assert.equal(run('freeze'), 0);
  assert.equal(run('freeze'), 0);
  assert.equal(run('thaw'), 0);
  await sleep(1500);
  assert.deepEqual(told(), []);
});

/**
 * What the guest's agent runs around a freeze, with other folders and shorter times; what it does
 * in a guest is shown in test/vm/consistency.soak.ts.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
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
  writeFileSync(path.join(folder, 'settings'), '');
  placeHook({ budget: '20' });
  itIs(0);
});
afterEach(() => rmSync(folder, { recursive: true }));

function placeHook({ budget }: { budget: string }): void {
  const settings: Record<string, string> = {
    PATH: `${folder}/bin:$PATH`,
    hooks: `${folder}/hooks`,
    state: `${folder}/state`,
    timers: `${folder}/timers`,
    agent: `${folder}/isfrozen`,
    settings: `${folder}/settings`,
    limit: '3',
    budget,
  };
  const text = readFileSync(ownFile('freeze-hook/usr/lib/imago/fsfreeze-hook'), 'utf8');
  const set = text.replace(
    /^(PATH|hooks|state|timers|agent|settings|limit|budget)=.*$/gm,
    (_, name) => {
      return `${name}=${settings[name]}`;
    },
  );
  writeFileSync(path.join(folder, 'hook'), set, { mode: 0o755 });
}

function script(name: string, line: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

const run = (word: string) => spawnSync(path.join(folder, 'hook'), [word]).status;
const told = () => {
  const file = path.join(folder, 'told');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};
const tells = (name: string) => `echo "${name} $1" >> ${folder}/told`;

/** By the clock that the hook looks at, as the kernel writes it. */
function itIs(ns: number): void {
  const head = 'Timer List Version: v0.9\nHRTIMER_MAX_CLOCK_BASES: 8';
  const draft = path.join(folder, 'timers.draft');
  writeFileSync(draft, `${head}\nnow at ${ns} nsecs\n\ncpu: 0\n`);
  renameSync(draft, path.join(folder, 'timers'));
}

const noted = () => {
  const file = path.join(folder, 'state/pause');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};

const fileOf = (name: string) => path.join(folder, name);
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition() && Date.now() < deadline) await sleep(20);
  assert.ok(condition());
}

test('where the agent is seen to freeze and to thaw, its way there and back is no pause', async () => {
  itIs(1000);
  assert.equal(run('freeze'), 0);
  itIs(5000);
  await sleep(300);
  writeFileSync(fileOf('isfrozen'), '');
  await sleep(300);
  itIs(9000);
  rmSync(fileOf('isfrozen'));
  await until(() => existsSync(fileOf('state/stood')));
  itIs(71_000);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '5000 9000\n');
});

test('a thaw waits for what has seen the freeze, and asks its hooks after that', async () => {
  itIs(1000);
  assert.equal(run('freeze'), 0);
  itIs(5000);
  await sleep(300);
  writeFileSync(fileOf('isfrozen'), '');
  await sleep(300);
  itIs(9000);
  rmSync(fileOf('isfrozen'));
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '5000 9000\n');
});

test('a freeze that nobody was seen to begin is told from the hooks on, and nobody looks any more', async () => {
  itIs(1000);
  assert.equal(run('freeze'), 0);
  itIs(5000);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '1000 5000\n');
  writeFileSync(fileOf('isfrozen'), '');
  await sleep(300);
  rmSync(fileOf('isfrozen'));
  await sleep(300);
  assert.equal(existsSync(fileOf('state/stood')), false);
});

test('what a watch of an earlier freeze left says nothing of this one', () => {
  itIs(3000);
  assert.equal(run('freeze'), 0);
  writeFileSync(fileOf('state/stood'), '1000 2000\n');
  itIs(5000);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '3000 5000\n');
});

test('what is noted of a freeze is its end before and its beginning after what hooks take', () => {
  script('hooks/10-one', `sed -i "s/at /at 5/" ${folder}/timers`);
  itIs(1000);
  assert.equal(run('freeze'), 0);
  assert.equal(noted(), undefined, 'nobody takes it for done');
  itIs(71_000);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '51000 71000\n');
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '51000 71000\n', 'a thaw too many does not make it longer');
});

test('where a hook fails it is noted that nothing was frozen', () => {
  script('hooks/10-one', '[ "$1" = thaw ]');
  assert.equal(run('freeze'), 1);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '0 0\n');
});

test('where there is no clock nothing is noted, and what was noted before is gone', () => {
  assert.equal(run('freeze'), 0);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), '0 0\n');
  rmSync(path.join(folder, 'timers'));
  assert.equal(run('freeze'), 0);
  assert.equal(run('thaw'), 0);
  assert.equal(noted(), undefined);
});

test('hooks run in their order, backwards after the thaw, and nothing waits any more', async () => {
  script('hooks/10-one', tells('one'));
  script('hooks/20-two', tells('two'));
  script('hooks/20-two.dpkg-old', tells('old'));
  writeFileSync(path.join(folder, 'hooks/30-off'), tells('off'), { mode: 0o644 });
  assert.equal(run('freeze'), 0);
  assert.deepEqual(told(), ['one freeze', 'two freeze']);
  assert.equal(run('thaw'), 0);
  await sleep(4000);
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
  placeHook({ budget: '2' });
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

test('nothing is frozen where nothing would end it', () => {
  script('bin/setsid', 'exit 1');
  script('hooks/10-one', tells('one'));
  assert.equal(run('freeze'), 1);
  assert.deepEqual(told(), ['one freeze', 'logged', 'one thaw']);
  assert.equal(noted(), '0 0\n');
});

test('a freeze after one that nobody ended has its limit, and the former one has none', async () => {
  assert.equal(run('freeze'), 0);
  assert.equal(run('freeze'), 0);
  assert.equal(run('thaw'), 0);
  await sleep(4000);
  assert.deepEqual(told(), []);
});

/** The hook as it is in the image, beside a server that listens here. */
async function withMariaDb(
  client: string,
  work: () => Promise<void> | void,
  { isRunning = true } = {},
): Promise<void> {
  const name = 'debian-root/etc/qemu/fsfreeze-hook.d/90-mariadb';
  const text = readFileSync(ownFile(name), 'utf8')
    .replace(/^state=.*$/m, `state=${folder}/mariadb`)
    .replace('/run/mysqld/mysqld.sock', `${folder}/mysqld.sock`);
  writeFileSync(path.join(folder, 'hooks/90-mariadb'), text, { mode: 0o755 });
  script('bin/mariadb', client);
  script('bin/pidof', isRunning ? 'echo 1' : 'exit 1');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${folder}/mysqld.sock`, resolve));
  try {
    await work();
  } finally {
    server.close();
  }
}

test('MariaDB is held until the thaw, by a client that is there as long', async () => {
  const client = [
    `while read -r line; do case "$line" in *held*) echo held; ${tells('held')} ;; esac; done`,
    tells('released'),
  ].join('\n');
  await withMariaDb(client, async () => {
    assert.equal(run('freeze'), 0);
    await sleep(500);
    const names = () => told().map((line) => line.split(' ')[0]);
    assert.deepEqual(names(), ['held']);
    assert.equal(run('thaw'), 0);
    const deadline = Date.now() + 30_000;
    while (names().length < 2 && Date.now() < deadline) await sleep(50);
    assert.deepEqual(names(), ['held', 'released']);
  });
});

test('where its client may not log in nothing is frozen', async () => {
  await withMariaDb('echo "Access denied" >&2; exit 1', () => {
    assert.equal(run('freeze'), 1);
    assert.deepEqual(told(), ['logged']);
  });
});

test('a server that is stopped stays so, though systemd listens for it', async () => {
  const stopped = { isRunning: false };
  const work = () => {
    assert.equal(run('freeze'), 0);
    assert.deepEqual(told(), []);
    assert.equal(run('thaw'), 0);
  };
  await withMariaDb(`${tells('started')}; exit 1`, work, stopped);
});

/** `imago serve` as a process, where what it prints cannot be written. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const launcher = path.resolve(import.meta.dirname, '../../bin/imago');
const folder = mkdtempSync(path.join(tmpdir(), 'im-serve-'));
chmodSync(folder, 0o711);
after(() => rmSync(folder, { recursive: true }));

async function ready(child: ChildProcess, home: string): Promise<void> {
  while (!existsSync(path.join(home, 'run/endpoint'))) {
    assert.equal(child.exitCode, null, 'it ended');
    await sleep(20);
  }
}

const full = openSync('/dev/full', 'w');

for (const [name, stdio] of [
  ['the log goes to a full device', ['ignore', 'pipe', full]],
  ['all of it goes to a full device', ['ignore', full, full]],
  ['the readers went away', ['ignore', 'pipe', 'pipe']],
] as const) {
  test(`it serves on when ${name}`, async () => {
    const home = path.join(folder, name.replaceAll(' ', '-').slice(0, 20));
    const words = ['serve', '--home', home, '--listen', '127.0.0.1:0', '--hypervisor', 'simulated'];
    const child = spawn(launcher, words, { stdio: [...stdio] });
    child.stdout?.destroy();
    child.stderr?.destroy();
    try {
      await ready(child, home);
      for (let i = 0; i < 3; i++) {
        const { status, stderr } = spawnSync(launcher, ['images', 'list', '--home', home]);
        assert.equal(status, 0, `${stderr}`);
      }
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await exit, [0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
}

test('as root a home that the user of the guests cannot get to is refused', () => {
  const sealed = path.join(folder, 'sealed');
  mkdirSync(sealed, { mode: 0o700 });
  const home = path.join(sealed, 'home');
  const words = ['serve', '--home', home, '--listen', '127.0.0.1:0'];
  // An ordinary user's guests are that user, who may.
  if (process.getuid?.() !== 0) return;
  const { status, stderr } = spawnSync(launcher, words, { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^imago: Guests run as user \d+, who may not pass through (\S+) to/);
  assert.ok(stderr.includes(`chmod o+x ${sealed}\n`), stderr);
  assert.equal(existsSync(home), false);
});

test('a memory for blocks that is too small, or more than half of the host’s, is refused', () => {
  for (const size of ['1MiB', '900000GiB']) {
    const { status, stderr } = spawnSync(launcher, ['serve', '--block-cache', size], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, /^imago: --block-cache \w+ is out of range\.$/m);
  }
});

test('a disk that has no room for the catalog is told of in a sentence', () => {
  const words = ['serve', '--hypervisor', 'simulated', '--listen', '127.0.0.1:0'];
  const home = ['--home', path.join(folder, 'no-room')];
  const limited = ['-c', 'ulimit -f 16; exec "$0" "$@"', launcher, ...words, ...home];
  const { status, stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^imago: The catalog finds no room: the disk with the catalog is full\.$/m);
});

test('an address that this host does not have, and a home that is a file, are told of in a sentence', () => {
  const serve = (...words: string[]) =>
    spawnSync(launcher, ['serve', '--hypervisor', 'simulated', ...words], { encoding: 'utf8' });
  const away = serve('--home', path.join(folder, 'h'), '--listen', '192.0.2.1:8773');
  assert.equal(away.status, 1);
  assert.match(away.stderr, /^imago: The address 192\.0\.2\.1:8773 is not one of this host\.$/m);
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const none = serve('--home', file, '--listen', '127.0.0.1:0');
  assert.equal(none.status, 1);
  assert.match(
    none.stderr,
    /^imago: .* is there already, and is no folder \(EEXIST\)\.\nName another\.\n$/,
  );
});

test('another command says that its output cannot be written', () => {
  const { status, stderr } = spawnSync(launcher, ['doctor'], { stdio: ['ignore', full, 'pipe'] });
  assert.equal(status, 1);
  assert.match(`${stderr}`, /^imago: the output cannot be written \(ENOSPC\)\.\n$/);
});

test('what guests may reach of the host is all, or addresses with ports', () => {
  const home = path.join(folder, 'reach');
  const words = ['serve', '--home', home, '--guests-may-reach-host', '192.0.2.1'];
  const { status, stderr } = spawnSync(launcher, words, { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^imago: --guests-may-reach-host: not an IPv4 address and a port: 192\.0\.2\.1/,
  );
  assert.ok(!existsSync(home));
});

test('a region has one zone to six', () => {
  const home = path.join(folder, 'zones');
  for (const count of ['0', '7', '1.5', 'x']) {
    const words = ['serve', '--home', home, '--zones', count];
    const { status, stderr } = spawnSync(launcher, words, { encoding: 'utf8' });
    assert.deepEqual([status, /^imago: --zones is a count/.test(stderr)], [2, true], count);
  }
  assert.ok(!existsSync(home));
});

test('an origin that may ask as the console does is one, and nothing longer', () => {
  const home = path.join(folder, 'origins');
  for (const origin of ['imago.example', 'https://imago.example/console/', 'file:///a', '*']) {
    const words = ['serve', '--home', home, '--console-origin', origin];
    const { status, stderr } = spawnSync(launcher, words, { encoding: 'utf8' });
    assert.deepEqual([status, /^imago: --console-origin .* is no origin/.test(stderr)], [2, true]);
  }
  assert.ok(!existsSync(home));
});

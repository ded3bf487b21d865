import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { requiredPackages } from '../server/provider-images/build-tools.ts';

const root = path.dirname(import.meta.dirname);
const listed: { package: string }[] = JSON.parse(
  readFileSync(path.join(root, 'tools/system-packages.json'), 'utf8'),
);

test('set-up installs every package that image builds may ask for', () => {
  const names = listed.map((entry) => entry.package);
  assert.deepEqual(
    requiredPackages.filter((name) => !names.includes(name)),
    [],
  );
});

test('set-up changes nothing where all is there', () => {
  const { status, stdout, stderr } = spawnSync('node', ['tools/setup.mjs', '--tests'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.match(stdout, /^ {2}✔ Node, npm dependencies, QEMU and tools are ready\n$/);
  assert.equal(status, 0);
});

test('what set-up has compiled is all that a first start of the server needs', () => {
  const cache = mkdtempSync(path.join(tmpdir(), 'im-cache-'));
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: cache };
  const compiled = () => readdirSync(cache, { recursive: true }).length;
  try {
    assert.equal(spawnSync('node', ['tools/setup.mjs'], { cwd: root, env }).status, 0);
    const ahead = compiled();
    assert.ok(ahead > 100, `${ahead} modules`);
    // The address is refused after all has been loaded.
    const args = ['serve', '--listen', '192.0.2.1:1', '--hypervisor', 'simulated'];
    const home = ['--home', path.join(cache, 'h')];
    const { stderr } = spawnSync('bin/imago', [...args, ...home], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    assert.match(stderr, /192\.0\.2\.1:1 is not one of this host/);
    rmSync(path.join(cache, 'h'), { recursive: true });
    assert.equal(compiled(), ahead);
  } finally {
    rmSync(cache, { recursive: true });
  }
});

test('the lock file has the packages of every platform: npm ci refuses one that lacks some', () => {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !packages[`node_modules/${name}`]);
  assert.deepEqual(missing, []);
});

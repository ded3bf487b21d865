import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

test('the lock file has the packages of every platform: npm ci refuses one that lacks some', () => {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !packages[`node_modules/${name}`]);
  assert.deepEqual(missing, []);
});

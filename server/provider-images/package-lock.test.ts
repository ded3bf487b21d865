import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { installedPackages, lockDifferences, lockOf, type PackageLock } from './package-lock.ts';

const digest = (letter: string) => letter.repeat(64);
const stanza = (name: string, version: string, sha256: string) =>
  `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nSHA256: ${sha256}\n`;

test('what is installed is found in the lists, with its digest and when they were made', async () => {
  const lists = mkdtempSync(path.join(tmpdir(), 'imago-lists-'));
  try {
    writeFileSync(
      path.join(lists, 'mirror_dists_bookworm_InRelease'),
      'Codename: bookworm\nDate: Sat, 01 Feb 2025 10:00:00 UTC\n',
    );
    const others = Array.from({ length: 3000 }, (_, i) => stanza(`other-${i}`, '1', digest('0')));
    const all = [
      ...others,
      stanza('nginx', '1.22-9', digest('a')),
      stanza('nginx', '2', digest('b')),
    ];
    writeFileSync(
      path.join(lists, 'mirror_dists_bookworm_main_binary-amd64_Packages'),
      all.join('\n'),
    );
    const status =
      'Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22-9\n\n' +
      'Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n';
    const installed = installedPackages(status);
    const lock = await lockOf('debian-12', installed, lists);
    assert.deepEqual(lock.archives, [{ name: 'bookworm', date: '2025-02-01T10:00:00.000Z' }]);
    const nginx = { name: 'nginx', version: '1.22-9', architecture: 'amd64', sha256: digest('a') };
    assert.deepEqual(lock.packages, [nginx]);
    const missing = [{ name: 'nginx', version: '3', architecture: 'amd64' }];
    await assert.rejects(lockOf('debian-12', missing, lists), /nginx 3 is not in it/);
  } finally {
    rmSync(lists, { recursive: true });
  }
});

test('each difference from a lock is a sentence, and dates of the archive are none', () => {
  const of = (...packages: [string, string, string][]): PackageLock => ({
    format: 'imago-lock/1',
    parent: 'debian-12',
    archives: [{ name: 'bookworm', date: String(packages.length) }],
    packages: packages.map(([name, version, sha256]) => ({
      ...{ name, version, sha256 },
      architecture: 'amd64',
    })),
  });
  const locked = of(['a', '1', digest('a')], ['b', '1', digest('b')], ['c', '1', digest('c')]);
  assert.deepEqual(lockDifferences(locked, { ...locked, archives: [] }), []);
  const made = of(['a', '2', digest('a')], ['b', '1', digest('x')], ['d', '1', digest('d')]);
  assert.deepEqual(lockDifferences(locked, { ...made, parent: 'micro' }), [
    'It is locked to debian-12, not micro.',
    'a is 2, locked is 1.',
    'b 1 has other bytes than locked.',
    'd is 1, and not in the lock.',
    'c is locked, and not installed.',
  ]);
});

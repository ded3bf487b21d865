/** Databases of packages, and what else systems say of themselves, are read as their tools do. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseAccounts } from './account-files.ts';
import { parseInstalled } from './apk-packages.ts';
import { parseCopyright } from './copyright-file.ts';
import { parseStatus } from './dpkg-packages.ts';
import { parseOsRelease } from './os-release.ts';
import { debianFiles } from './test-systems.ts';

describe('dpkg', () => {
  test('what is installed, with where it comes from', async () => {
    const packages = await parseStatus(String(debianFiles['var/lib/dpkg/status']));
    assert.deepEqual(packages, [
      {
        manager: 'dpkg',
        name: 'bash',
        version: '5.2.15-2+b7',
        architecture: 'amd64',
        source: 'bash',
        sourceVersion: '5.2.15-2',
        maintainer: 'Matthias Klose <doko@debian.org>',
        homepage: 'http://tiswww.case.edu/php/chet/bash/bashtop.html',
        summary: 'GNU Bourne Again SHell',
        installedSizeBytes: 7164 * 1024,
      },
      {
        manager: 'dpkg',
        name: 'zlib1g',
        version: '1:1.2.13.dfsg-1',
        architecture: 'amd64',
        source: 'zlib',
      },
    ]);
  });

  test('dpkg itself says the same of this machine', async (t) => {
    const file = '/var/lib/dpkg/status';
    if (!existsSync(file)) return t.diagnostic('this machine has no dpkg');
    const names = ['db:Status-Status', 'Package', 'Version', 'Architecture'];
    const format = `${names.map((name) => `\${${name}}`).join(' ')}\n`;
    const said = execFileSync('dpkg-query', ['-W', '-f', format]).toString().trim().split('\n');
    const wanted = said.filter((line) => !/^(not-installed|config-files) /.test(line));
    const found = await parseStatus(readFileSync(file, 'utf8'));
    assert.deepEqual(
      found.map((each) => `${each.name} ${each.version} ${each.architecture}`).sort(),
      wanted.map((line) => line.slice(line.indexOf(' ') + 1)).sort(),
    );
  });

  test('what is no database has no packages', async () => {
    for (const text of ['', '\n\n\n', 'Package: x', '\0\xff', 'Package x\nStatus: y installed']) {
      assert.deepEqual(await parseStatus(text), []);
    }
  });
});

test('apk: what is installed', () => {
  const stanza = ['C:Q1abc=', 'P:musl', 'V:1.2.5-r0', 'A:x86_64', 'S:1', 'I:634880', 'T:libc'];
  const more = ['U:https://musl.libc.org/', 'L:MIT', 'o:musl', 'm:A <a@x>', 'F:lib', 'R:P', 'V:9'];
  const other = ['P:so', 'V:1', 'A:noarch', 'o:origin'];
  assert.deepEqual(parseInstalled(`${[...stanza, ...more].join('\n')}\n\n${other.join('\n')}\n`), [
    {
      manager: 'apk',
      name: 'musl',
      version: '1.2.5-r0',
      architecture: 'x86_64',
      license: 'MIT',
      maintainer: 'A <a@x>',
      homepage: 'https://musl.libc.org/',
      summary: 'libc',
      installedSizeBytes: 634880,
    },
    { manager: 'apk', name: 'so', version: '1', architecture: 'noarch', source: 'origin' },
  ]);
});

test('licences of Debian are those that a copyright file names, or refers to', () => {
  const named = String(debianFiles['usr/share/doc/bash/copyright']);
  assert.equal(parseCopyright(named), 'GPL-3+ AND GFDL-1.3');
  assert.equal(parseCopyright(named.replace('GFDL-1.3', 'MIT or BSD')), 'GPL-3+ AND (MIT or BSD)');
  const text = 'see /usr/share/common-licenses/GPL-2.\nand /usr/share/common-licenses/Apache-2.0';
  assert.equal(parseCopyright(text), 'Apache-2.0 AND GPL-2');
  assert.equal(parseCopyright('do what you want'), undefined);
});

test('os-release is read as a shell would', () => {
  assert.deepEqual(
    parseOsRelease(
      '# x\nID=alpine\nNAME="A \\"B\\" \\$C"\nPRETTY_NAME=\'D $E\'\nVERSION_ID=\nX Y\n',
    ),
    { id: 'alpine', name: 'A "B" $C', prettyName: 'D $E' },
  );
});

test('accounts have their groups, and of their passwords only whether there is one', () => {
  const { users, groups } = parseAccounts({
    passwd: [
      'root:x:0:0:root:/root:/bin/bash',
      'me:x:1000:1000::/home/me:/bin/sh',
      'open::1001:1000::/:/bin/sh',
      'hash:$6$x:1002:7::/:/bin/sh',
      '+::::::',
      'short:x:1',
    ].join('\n'),
    group: 'root:x:0:\nadm:x:4:me,root\nme:x:1000:me\n',
    shadow: 'root:!:1::::::\nme:$y$hash:1::::::\n',
  });
  assert.deepEqual(
    users.map(({ name, uid, password, groups: of }) => [name, uid, password, of]),
    [
      ['root', 0, 'locked', ['root', 'adm']],
      ['me', 1000, 'set', ['me', 'adm']],
      ['open', 1001, 'none', ['me']],
      ['hash', 1002, 'set', []],
    ],
  );
  assert.equal(groups.length, 3);
  assert.ok(!JSON.stringify(users).includes('$'));
});

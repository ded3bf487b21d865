/** Packages that rpm has in its database are told as rpm tells them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';
import { checkFiles } from './file-checks.ts';
import { Findings } from './findings.ts';
import { readPackages } from './packages.ts';
import { RpmHeader, tags } from './rpm-header.ts';
import { type RpmFile, readRpmPackages, rpmFiles } from './rpm-packages.ts';
import { SystemTree } from './system-tree.ts';
import { BufferDisk, type Files, makeFileSystem } from './test-file-systems.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'imago-rpm-'));
after(() => rmSync(folder, { recursive: true }));

const spec = `
Name: sample
Epoch: 2
Version: 1.0
Release: 3
Summary: A sample
License: MIT AND Apache-2.0
URL: https://example.org/sample
Packager: Somebody <some@example.org>
BuildArch: noarch
%description
Sample.
%package -n sample-tools
Summary: Tools of it
Version: 1.5
%description -n sample-tools
Tools.
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/bin %{buildroot}/var/lib/sample
echo conf > %{buildroot}/etc/sample.conf
echo bin > %{buildroot}/usr/bin/sample
ln -s sample %{buildroot}/usr/bin/sample-link
for each in $(seq 400); do echo $each > %{buildroot}/var/lib/sample/file-$each; done
%files
%config(noreplace) /etc/sample.conf
%attr(4755,root,root) /usr/bin/sample
/usr/bin/sample-link
%files -n sample-tools
%dir %attr(0750,daemon,adm) /var/lib/sample
/var/lib/sample/file-*
%ghost /var/lib/sample/log
`;
const database = path.join(folder, 'database');
const define = (name: string, value: string) => ['--define', `${name} ${value}`];
const rpm = (...args: string[]) =>
  execFileSync('rpm', [...define('_dbpath', database), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });

before(() => {
  writeFileSync(path.join(folder, 'sample.spec'), spec);
  const place = define('_topdir', path.join(folder, 'top'));
  const quiet = { stdio: 'ignore' as const };
  execFileSync('rpmbuild', ['-bb', '--quiet', ...place, path.join(folder, 'sample.spec')], quiet);
  const built = path.join(folder, 'top/RPMS/noarch');
  const packages = readdirSync(built).map((name) => path.join(built, name));
  rpm('--initdb');
  rpm('--justdb', '--nodeps', '--force-debian', '-i', ...packages);
});

const ofDatabase = (at = 'var/lib/rpm'): Files =>
  Object.fromEntries(
    ['rpmdb.sqlite', 'rpmdb.sqlite-wal'].map((name) => [
      `${at}/${name}`,
      readFileSync(path.join(database, name)),
    ]),
  );

async function treeOf(files: Files): Promise<SystemTree> {
  const disk = new BufferDisk(await makeFileSystem(files));
  return new SystemTree(await Ext4.open(BoundedReader.of(disk)));
}

test('what is installed, with where it comes from, in any of the places', async () => {
  for (const place of ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm']) {
    const packages = await readPackages(await treeOf(ofDatabase(place)));
    const [{ installedSizeBytes, ...first } = {}, second] = packages;
    assert.deepEqual(first, {
      manager: 'rpm',
      name: 'sample',
      version: '2:1.0-3',
      architecture: 'noarch',
      license: 'MIT AND Apache-2.0',
      maintainer: 'Somebody <some@example.org>',
      homepage: 'https://example.org/sample',
      summary: 'A sample',
    });
    assert.ok(Number(installedSizeBytes) > 0);
    assert.deepEqual(
      [second?.name, second?.version, second?.source, second?.sourceVersion],
      ['sample-tools', '2:1.5-3', 'sample', '1.0-3'],
    );
    assert.equal(packages.length, 2);
  }
});

test('files that are not as their package brought them, but for configuration', async () => {
  const brought: Files = {
    ...ofDatabase(),
    'etc/sample.conf': 'changed\n',
    'usr/bin/sample': 'bin\n',
    'usr/bin/sample-link': 'link:sample',
    ...Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [
        `var/lib/sample/file-${index + 1}`,
        `${index + 1}\n`,
      ]),
    ),
  };
  const checked = async (files: Files) => {
    const found = new Findings();
    await checkFiles(await treeOf(files), found);
    return Object.fromEntries(found.list().map(({ check, paths }) => [check, paths]));
  };
  assert.deepEqual(await checked(brought), {});
  const other: Files = { ...brought, 'usr/bin/sample': 'other\n' };
  const { 'var/lib/sample/file-7': _, ...changed } = other;
  assert.deepEqual(await checked(changed), {
    'package-file-changed': ['/usr/bin/sample (sample)'],
    'package-file-missing': ['/var/lib/sample/file-7 (sample-tools)'],
  });
});

test('the files of each, as rpm itself tells them', async () => {
  const format =
    '[%{FILENAMES}|%{FILEMODES:octal}|%{LONGFILESIZES}|%{FILEUSERNAME}|%{FILEGROUPNAME}|' +
    '%{FILEDIGESTS}|%{FILELINKTOS}|%{FILEFLAGS}\n]';
  const told = rpm('-qa', '--qf', format).toString().trim().split('\n').sort();
  const found: string[] = [];
  const shown = (file: RpmFile) => {
    const flags = (file.isConfiguration ? 17 : 0) + (file.isGhost ? 64 : 0);
    const { path: name, mode, sizeBytes, user, group, digest = '', target = '' } = file;
    return [name, mode.toString(8), sizeBytes, user, group, digest, target, flags].join('|');
  };
  for await (const { files } of rpmFiles(await treeOf(ofDatabase()))) {
    assert.ok(files.every(({ algorithm }) => algorithm === 'sha256'));
    found.push(...files.map(shown));
  }
  assert.equal(found.length, 3 + 402);
  assert.deepEqual(found.sort(), told);
});

test('other forms of the database are named, and where there is none there are no packages', async () => {
  const berkeley = await treeOf({ 'var/lib/rpm/Packages': 'x' });
  await assert.rejects(readRpmPackages(berkeley), /Berkeley DB, which is not read/);
  const ndb = await treeOf({ 'usr/lib/sysimage/rpm/Packages.db': 'x' });
  await assert.rejects(readRpmPackages(ndb), /NDB, which is not read/);
  assert.deepEqual(await readRpmPackages(await treeOf({ 'etc/passwd': '' })), []);
});

describe('a header', () => {
  /** Of one tag. */
  const header = (type: number, offset: number, count: number, data: Buffer) => {
    const bytes = Buffer.alloc(24);
    for (const [index, each] of [1, data.length, tags.name, type, 0, count].entries()) {
      bytes.writeUInt32BE(each, index * 4);
    }
    bytes.writeInt32BE(offset, 16);
    return Buffer.concat([bytes, data]);
  };

  test('whose tags point out of it is refused', () => {
    const data = Buffer.from('a\0b\0');
    assert.deepEqual(new RpmHeader(header(8, 0, 2, data)).texts(tags.name), ['a', 'b']);
    for (const [type, offset, count] of [
      [8, 0, 3],
      [8, -1, 1],
      [8, 0, 0xffffffff],
      [6, 4, 1],
      [5, 0, 1],
    ] as const) {
      const read = new RpmHeader(header(type, offset, count, data));
      const ask = () => (type === 5 ? read.numbers(tags.name) : read.texts(tags.name));
      assert.throws(ask, UnreadableContents);
    }
    assert.throws(() => new RpmHeader(Buffer.alloc(7)), UnreadableContents);
    assert.throws(() => new RpmHeader(Buffer.alloc(9)), UnreadableContents);
  });

  test('of any bytes throws nothing of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (some) => {
        const bytes = Buffer.from(some);
        bytes.writeUInt32BE(1, 0);
        bytes.writeUInt32BE(Math.max(0, bytes.length - 24), 4);
        bytes.writeUInt32BE(tags.name, 8);
        for (const read of ['texts', 'numbers'] as const) {
          try {
            new RpmHeader(bytes)[read](tags.name);
          } catch (error) {
            if (!(error instanceof UnreadableContents)) throw error;
          }
        }
      }),
    );
  });
});

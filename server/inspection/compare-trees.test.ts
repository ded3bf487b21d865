/**
 * Of two states of one file system only what leads to changes is looked at, and the same is told as
 * by who looks at everything: whatever was changed, with names added, in place, or behind the file
 * system's back.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { budgets } from '../contents/bounded-reader.ts';
import { type DiskPart, openDisk } from '../contents/disk-contents.ts';
import { SystemTree } from '../contents/system-tree.ts';
import { BufferDisk, changed, type Files, makeFileSystem } from '../contents/test-file-systems.ts';
import { BlockSet, ComparedDisks } from './changed-blocks.ts';
import { compareTrees, type SameBlocks } from './compare-trees.ts';

const folders = Array.from({ length: 40 }, (_, index) => `folder-${index}`);
const files: Files = {
  ...Object.fromEntries(folders.map((name) => [`srv/${name}/deep/file`, `in ${name}`])),
  'etc/large': Buffer.alloc(300_000, 'large'),
  'etc/hostname': 'web\n',
  'etc/link': 'link:hostname',
  'etc/long': `link:${'x/'.repeat(60)}`,
  'var/log/messages': 'one\n',
};
const options = ['-t', 'ext4', '-b', '4096'];
const sizeMiB = 24;

let older: Buffer;
before(async () => {
  older = await makeFileSystem(files, { sizeMiB, options });
});

async function openedPart(bytes: Buffer): Promise<{ part: DiskPart; tree: SystemTree }> {
  const [part] = await openDisk(new BufferDisk(bytes), budgets.walk);
  if (!part?.fileSystem) throw new Error('there is no file system');
  return { part, tree: new SystemTree(part.fileSystem) };
}

/** What is told, and how many folders were read for it. */
async function compare(newer: Buffer, { all }: { all: boolean }) {
  const [one, other] = [await openedPart(older), await openedPart(newer)];
  const set = new BlockSet(older.length);
  for (let at = 0; at < older.length; at += blockSizeBytes) {
    const end = at + blockSizeBytes;
    if (!older.subarray(at, end).equals(newer.subarray(at, end))) set.add(at / blockSizeBytes);
  }
  const disk = { before: new BufferDisk(older), after: new BufferDisk(newer), changed: set };
  const known = new ComparedDisks([one.part, other.part], [disk]);
  const blocks: SameBlocks = {
    areInSamePlace: (...both) => !all && known.areInSamePlace(...both),
    areSame: (...range) => known.areSame(...range),
  };
  let read = 0;
  for (const { part } of [one, other]) {
    const { fileSystem } = part;
    if (!fileSystem) continue;
    const entries = fileSystem.entries.bind(fileSystem);
    fileSystem.entries = (folder) => {
      read++;
      return entries(folder);
    };
  }
  const told: string[] = [];
  for await (const each of compareTrees(one.tree, other.tree, blocks)) {
    const sides = `${each.before ? 'b' : ''}${each.after ? 'a' : ''}`;
    told.push(`${each.path} ${sides} ${each.differences.join()}`.trimEnd());
  }
  return { told, read };
}

const flagged = 'flags 0x80800';

const cases: { name: string; commands: string[]; told: string[] }[] = [
  { name: 'nothing', commands: [], told: [] },
  {
    name: 'modes, owners and times',
    commands: [
      'sif /srv/folder-7/deep/file mode 0100600',
      'sif /srv/folder-8 uid 7',
      'sif /etc/link gid 9',
      'sif /etc/hostname mtime 20200101000000',
    ],
    told: ['/etc/link ba group', '/srv/folder-7/deep/file ba mode', '/srv/folder-8 ba owner'],
  },
  {
    name: 'files and folders that came and went',
    commands: [
      'rm /srv/folder-3/deep/file',
      'mkdir /srv/folder-4/new',
      'ea_set /srv/folder-6/deep security.capability xyz',
      'cd /srv/folder-4/new',
      'mknod pipe p',
      'cd /etc',
      'symlink other hostname',
    ],
    told: [
      '/etc/other a',
      '/srv/folder-3/deep/file b',
      '/srv/folder-4/new a',
      '/srv/folder-4/new/pipe a',
      '/srv/folder-6/deep ba attributes',
    ],
  },
  {
    name: 'what was encrypted',
    commands: [`sif /srv/folder-2/deep ${flagged}`, `sif /srv/folder-5/deep/file ${flagged}`],
    told: ['/srv/folder-2/deep ba content', '/srv/folder-5/deep/file ba content'],
  },
  {
    name: 'a name that another folder got',
    commands: [
      'ln /srv/folder-9/deep/file /srv/folder-1/second',
      'sif /srv/folder-9/deep/file links_count 2',
      'sif /srv/folder-9/deep/file mode 0100755',
    ],
    told: ['/srv/folder-1/second a', '/srv/folder-9/deep/file ba mode'],
  },
];

describe('two states of one file system', () => {
  for (const { name, commands, told } of cases) {
    test(`${name} between them are told as by who looks at everything`, async () => {
      const newer = await changed(older, ...commands);
      const quick = await compare(newer, { all: false });
      assert.deepEqual(quick.told, told);
      const whole = await compare(newer, { all: true });
      assert.deepEqual(whole.told, told);
      assert.ok(quick.read < whole.read / 2, `${quick.read} of ${whole.read} folders were read`);
    });
  }

  test('a change behind the back of the file system is found, and nothing around it', async () => {
    const newer = Buffer.from(older);
    newer.write('!', newer.indexOf('in folder-20'));
    const told = ['/srv/folder-20/deep/file ba content'];
    assert.deepEqual((await compare(newer, { all: false })).told, told);
    assert.deepEqual((await compare(newer, { all: true })).told, told);
  });

  test('of another layout everything is looked at', async () => {
    const newer = await makeFileSystem(
      { ...files, 'etc/hostname': 'db\n' },
      { sizeMiB, options: ['-t', 'ext4', '-b', '1024'] },
    );
    assert.deepEqual((await compare(newer, { all: false })).told, ['/etc/hostname ba content']);
  });

  test('an inode that is damaged and has no name bars nothing', async () => {
    const unlink = 'unlink /srv/folder-30/deep/file';
    const newer = await changed(older, unlink);
    const other = await changed(older, 'sif /srv/folder-30/deep/file generation 7', unlink);
    const behindSuperblock = 8192;
    const at = newer.findIndex((byte, index) => index > behindSuperblock && byte !== other[index]);
    newer[at] = 0xff;
    const told = ['/srv/folder-30/deep/file b'];
    assert.deepEqual((await compare(newer, { all: false })).told, told);
    assert.deepEqual((await compare(newer, { all: true })).told, told);
  });
});

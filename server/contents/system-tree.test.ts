/** File systems of an image are one tree, as its fstab says, and the tree is walked in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { budgets, UnreadableContents } from './bounded-reader.ts';
import { openDisk } from './disk-contents.ts';
import { readFstab, systemTree } from './mount-points.ts';
import { namePattern } from './name-patterns.ts';
import type { SystemTree } from './system-tree.ts';
import { BufferDisk, changed, makeFileSystem } from './test-file-systems.ts';
import { bootId, debianDisk } from './test-systems.ts';

async function treeOf(...disks: Buffer[]): Promise<SystemTree> {
  const parts = [];
  for (const [disk, bytes] of disks.entries()) {
    const found = await openDisk(new BufferDisk(bytes), budgets.walk);
    parts.push(...found.map((part) => ({ ...part, disk })));
  }
  const tree = await systemTree(parts);
  assert.ok(tree);
  return tree;
}

test('fstab is followed, and links across what it mounts', async () => {
  const tree = await treeOf(await debianDisk());
  const text = async (path: string) => (await tree.readFile(path, 1000))?.toString();
  assert.equal(await text('/boot/vmlinuz-6.1.0'), 'a kernel');
  assert.equal(await text('/vmlinuz'), 'a kernel');
  assert.equal(await text('/boot/hidden'), undefined);
  assert.match((await text('/boot/up')) ?? '', /^root:x/);
  assert.equal(await text('/boot/grub/../../home/me/notes'), 'mine\n');
  assert.equal((await tree.find('/boot/grub/..'))?.path.toString(), '/boot');
  assert.equal((await tree.find('/vmlinuz', { link: true }))?.inode.kind, 'link');
  assert.deepEqual(
    tree.mounts.map(({ path, fileSystem }) => [path.toString(), fileSystem.id === bootId]),
    [
      ['/', false],
      ['/boot', true],
    ],
  );
  const names = (await tree.list('/boot')).map(({ path }) => path.toString());
  assert.deepEqual(names, ['/boot/grub', '/boot/lost+found', '/boot/up', '/boot/vmlinuz-6.1.0']);
});

test('what another disk has is mounted where fstab names it by its device', async () => {
  const root = await makeFileSystem({
    'etc/os-release': 'ID=x',
    'etc/fstab': '/dev/vdb /srv/with\\040space ext4 defaults\n/dev/nvme2n1 /data ext4\n',
    'srv/with space/none': '',
    'data/none': '',
  });
  const other = await makeFileSystem({ there: 'yes' });
  const third = await makeFileSystem({ there: 'too' });
  const text = async (tree: SystemTree, path: string) => String(await tree.readFile(path, 9));
  const tree = await treeOf(root, other, third);
  assert.equal(await text(tree, '/srv/with space/there'), 'yes');
  assert.equal(await text(tree, '/data/there'), 'too');
  const moved = await treeOf(other, root);
  assert.equal(await text(moved, '/srv/with space/there'), 'undefined', 'it is the first disk');
});

test('a walk is in order, and goes on wherever one before it has ended', async () => {
  const files = ['a/b/c', 'a/b.x', 'a-/x', 'b', 'a/b/d/e', 'c/y'].map((name) => [name, name]);
  const tree = await treeOf(await makeFileSystem(Object.fromEntries(files)));
  const walk = async (options = {}) =>
    (await Array.fromAsync(tree.walk('/', options))).map(({ path }) => path.toString());
  const all = await walk();
  assert.deepEqual(
    all.filter((path) => path !== '/lost+found'),
    [
      ...['/a', '/a/b', '/a/b/c', '/a/b/d', '/a/b/d/e', '/a/b.x'],
      ...['/a-', '/a-/x', '/b', '/c', '/c/y'],
    ],
  );
  for (const [index, path] of all.entries()) {
    assert.deepEqual(await walk({ after: Buffer.from(path) }), all.slice(index + 1), path);
    const short = await walk({ depth: 2, after: Buffer.from(path) });
    const rest = all.slice(index + 1).filter((each) => each.split('/').length <= 3);
    if (path.split('/').length <= 3) assert.deepEqual(short, rest, path);
  }
  assert.deepEqual(await walk({ after: Buffer.from('/a/nothing') }), all.slice(all.indexOf('/a-')));
  const below = await Array.fromAsync(tree.walk('/a', { after: Buffer.from('/a/b/d') }));
  assert.deepEqual(
    below.map(({ path }) => path.toString()),
    ['/a/b/d/e', '/a/b.x'],
  );
});

test('a folder in two places is damage, and no walk is for ever', async () => {
  const image = await makeFileSystem({ 'a/b/c': '', 'd/e': '' });
  const damaged = await changed(image, 'link /a /a/b/again', 'link /a /d/other');
  const tree = await treeOf(damaged);
  await assert.rejects(Array.fromAsync(tree.walk('/')), UnreadableContents);
  tree.endAt(0);
  await assert.rejects(tree.find('/a/b'), UnreadableContents);
});

test('lines of fstab that are none are passed over', () => {
  assert.deepEqual(
    readFstab('#x /y\n\nproc\nUUID=1 none swap sw\n/dev/sda1\t/a\\011b xfs ro,x\n'),
    [{ device: '/dev/sda1', folder: '/a\tb', type: 'xfs', options: ['ro', 'x'] }],
  );
});

test('names match as in a shell', () => {
  const is = (pattern: string, name: string) => namePattern(pattern)(Buffer.from(name));
  for (const [pattern, name, matches] of [
    ['*.pem', 'a.pem', true],
    ['*.pem', '.pem', true],
    ['*.pem', 'a.pem.x', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]x]', ']', true],
    ['[x', '[x', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a*b*c', 'aXbYbZc', true],
    ['', '', true],
    ['*', '', true],
  ] as const) {
    assert.equal(is(pattern, name), matches, `${pattern} ${name}`);
  }
  assert.equal(is(`${'*a'.repeat(200)}b`, 'a'.repeat(4000)), false);
  fc.assert(
    fc.property(fc.string(), (text) => is(text.replace(/[*?[\]\\]/g, '\\$&'), text)),
    { numRuns: 300 },
  );
});

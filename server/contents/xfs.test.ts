/**
 * What mkfs.xfs and xfs_db wrote is read as it was, in both versions. The folder `many` is large
 * enough, and has its blocks between those of its files, that its map of blocks is a tree.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { BoundedReader } from './bounded-reader.ts';
import { FileTree } from './file-tree.ts';
import { BufferDisk } from './test-file-systems.ts';
import { askXfs, changedXfs, makeXfs, type Proto } from './test-xfs.ts';
import { Xfs } from './xfs.ts';

const file = '---644 0 0';
const folder = 'd--755 0 0';
const large = randomBytes(300_000);
const many = Array.from({ length: 2500 }, (_, index) => `file-${index}-of-a-long-name`);
const tree: readonly Proto[] = [
  {
    name: 'etc',
    says: folder,
    below: [
      { name: 'hostname', says: file, content: Buffer.from('web\n') },
      { name: 'empty', says: file, content: Buffer.alloc(0) },
      { name: 'large', says: '-ug755 1000 70000', content: large },
      { name: 'short', says: 'l--777 0 0 hostname' },
      { name: 'long', says: `l--777 0 0 /etc/${'./'.repeat(60)}hostname` },
    ],
  },
  {
    name: 'dev',
    says: folder,
    below: [
      { name: 'null', says: 'c--666 0 0 1 3' },
      { name: 'disk', says: 'b--660 0 6 259 70000' },
      { name: 'pipe', says: 'p--600 7 0' },
    ],
  },
  {
    name: 'some',
    says: folder,
    below: many.slice(0, 40).map((name) => ({ name, says: file, content: Buffer.from('some') })),
  },
  {
    name: 'many',
    says: folder,
    below: many.map((name) => ({ name, says: file, content: Buffer.from('many') })),
  },
];
const id = '01234567-89ab-cdef-0123-456789abcdef';
const variants: Record<string, readonly string[]> = {
  'version 5 as mkfs.xfs makes it': ['-m', 'crc=1'],
  'version 5 with all features': [
    ...['-m', 'bigtime=1,rmapbt=1,reflink=1,inobtcount=1'],
    ...['-i', 'nrext64=1,sparse=1,size=1024'],
  ],
  'version 5 with small blocks and large ones of folders': [
    ...['-b', 'size=1024', '-n', 'size=8192', '-m', 'bigtime=0,reflink=0'],
  ],
  'version 4': ['-m', 'crc=0'],
  'version 4 with small blocks': ['-m', 'crc=0', '-b', 'size=512', '-i', 'size=256'],
  'version 4 with kinds in folders': ['-m', 'crc=0', '-n', 'ftype=1', '-b', 'size=2048'],
};

const open = (image: Buffer) => Xfs.open(BoundedReader.of(new BufferDisk(image)));

const attributes = Array.from({ length: 700 }, (_, index) => `attribute-${index}-of-many`);
const commands = [
  ...['path /etc/hostname', 'attr_set -s -v 20 capability', 'attr_set -u -v 1 one'],
  ...['path /etc/empty', ...attributes.slice(0, 30).map((each) => `attr_set -v 9 ${each}`)],
  ...['path /etc/large', ...attributes.map((each) => `attr_set -v 9 ${each}`)],
  ...['path /etc/short', 'attr_set -r -v 65536 large', 'attr_set -v 3000 middle'],
];

for (const [name, options] of Object.entries(variants)) {
  test(`${name} has what was put into it`, async () => {
    const before = Date.now();
    const named = ['-L', 'system', '-m', `uuid=${id}`];
    const image = await makeXfs(tree, { options: [...options, ...named], commands });
    const xfs = await open(image);
    const { kind, label, isUnclean } = xfs;
    const said = { kind: 'xfs', label: 'system', isUnclean: false };
    assert.deepEqual({ kind, label, isUnclean }, said);
    assert.equal(xfs.id, id);
    await checkFiles(xfs);
    await checkInodes(xfs, before);
    await checkAttributes(xfs);
    let found = 0;
    for await (const each of new FileTree(xfs).walk()) if (each) found++;
    assert.equal(found, 4 + 5 + 3 + 40 + 2500);
  });
}

test('the identity of one of version 5 may be changed, and its structures keep the one before', async () => {
  const xfs = await open(await makeXfs(tree, { commands: [`uuid ${id}`] }));
  assert.equal(xfs.id, id);
  await checkFiles(xfs);
});

async function checkFiles(xfs: Xfs): Promise<void> {
  const files = new FileTree(xfs);
  const text = async (path: string) => (await files.readFile(path, 1 << 20))?.toString();
  for (const link of ['hostname', 'short', 'long']) {
    assert.equal(await text(`/etc/${link}`), 'web\n', link);
  }
  assert.equal(await text('/etc/empty'), '');
  assert.deepEqual(await files.readFile('/etc/large', 1 << 20), large);
  for (const [folder, put] of Object.entries({ some: many.slice(0, 40), many })) {
    const listed = (await files.list(`/${folder}`))?.map((entry) => entry.name.toString());
    assert.deepEqual(listed?.sort(), [...put].sort());
    for (const each of put.filter((_, index) => index % 9 === 0)) {
      assert.equal(await text(`/${folder}/${each}`), folder);
    }
    assert.equal(await text(`/${folder}/file-of-no-name`), undefined);
  }
  const inode = await files.find('/etc/large');
  const part = await xfs.content(inode as never, 4095, 70_000);
  assert.deepEqual(part, large.subarray(4095, 74_095));
  assert.equal((await xfs.content(inode as never, 300_000, 5)).length, 0);
}

async function checkInodes(xfs: Xfs, before: number): Promise<void> {
  const files = new FileTree(xfs);
  const inode = await files.find('/etc/large');
  assert.ok(inode);
  const { mode, uid, gid, links, sizeBytes, modifiedAt } = inode;
  const said = { mode: 0o6755, uid: 1000, gid: 70_000, links: 1, sizeBytes: 300_000 };
  assert.deepEqual({ mode, uid, gid, links, sizeBytes }, said);
  assert.ok(modifiedAt.getTime() > before - 5000 && modifiedAt.getTime() < Date.now() + 5000);
  assert.equal((await files.find('/'))?.links, 6);
  const disk = await files.find('/dev/disk');
  assert.deepEqual([disk?.kind, disk?.device], ['block-device', { major: 259, minor: 70_000 }]);
  const character = await files.find('/dev/null');
  assert.deepEqual([character?.kind, character?.device?.minor], ['character-device', 3]);
  assert.equal((await files.find('/dev/pipe'))?.kind, 'fifo');
}

/** In inodes, in a leaf, below nodes, and in blocks of their own. */
async function checkAttributes(xfs: Xfs): Promise<void> {
  const of = async (path: string) =>
    xfs.attributes((await new FileTree(xfs).findLink(path)) as never);
  const read = async (path: string) =>
    Object.fromEntries([...(await of(path))].map(([key, value]) => [key, value.length]));
  const nine = (some: string[]) => Object.fromEntries(some.map((each) => [`user.${each}`, 9]));
  assert.deepEqual(await read('/etc/hostname'), { 'security.capability': 20, 'user.one': 1 });
  assert.deepEqual(await read('/etc/empty'), nine(attributes.slice(0, 30)));
  assert.deepEqual(await read('/etc/large'), nine(attributes));
  assert.deepEqual(await read('/etc/short'), { 'trusted.large': 65_536, 'user.middle': 3000 });
  assert.deepEqual(await read('/dev/null'), {});
  const value = (await of('/etc/short')).get('trusted.large');
  assert.ok(value?.every((byte) => byte === value[0] && byte !== 0));
}

describe('a file', () => {
  /** Which blocks of the disk the blocks of a file are, by xfs_db. */
  async function contentByDb(image: Buffer, blockBytes: number, path: string): Promise<Buffer> {
    const { answer } = await askXfs(image, `path ${path}`, 'bmap -d');
    const pieces = [...answer.matchAll(/offset (\d+) startblock (\d+) .*count (\d+) flag 0/g)];
    const content = Buffer.alloc(1 << 20);
    for (const [, offset, block, count] of pieces) {
      const start = Number(block) * blockBytes;
      const bytes = image.subarray(start, start + Number(count) * blockBytes);
      if (Number(offset) * blockBytes < content.length)
        bytes.copy(content, Number(offset) * blockBytes);
    }
    return content;
  }

  for (const [name, blockBytes] of [
    ['version 5 as mkfs.xfs makes it', 4096],
    ['version 4 with small blocks', 512],
  ] as const) {
    test(`with its blocks in a tree is read at any place, in ${name}`, async () => {
      // A folder becomes one: no tool of these makes a file of many pieces.
      const commands = ['path /many', 'write core.mode 0100644'];
      const image = await makeXfs(tree, { options: variants[name] as string[], commands });
      const xfs = await open(image);
      const inode = await new FileTree(xfs).find('/many');
      assert.ok(inode && inode.sizeBytes > 50_000);
      assert.equal((inode as unknown as { data: { format: string } }).data.format, 'btree');
      const whole = (await contentByDb(image, blockBytes, '/many')).subarray(0, inode.sizeBytes);
      const read = (offset: number, length: number) => xfs.content(inode as never, offset, length);
      assert.deepEqual(await read(0, inode.sizeBytes), whole);
      for (const [offset, length] of [
        [1, 1],
        [40_959, 4098],
        [8192, 512],
        [inode.sizeBytes - 3, 100],
      ] as const) {
        assert.deepEqual(await read(offset, length), whole.subarray(offset, offset + length));
      }
    });
  }

  test('has zeros where it has no blocks, and where nothing was written to them', async () => {
    const image = await makeXfs(tree);
    const one = { name: '/etc/hostname', at: 'path /etc/hostname' };
    const hole = await changedXfs(
      image,
      one.at,
      'write core.size 20000',
      'write u3.bmx[0].startoff 3',
    );
    const expected = Buffer.alloc(20_000);
    expected.write('web\n', 3 * 4096);
    const read = async (bytes: Buffer) =>
      new FileTree(await open(bytes)).readFile(one.name, 1 << 20);
    assert.deepEqual(await read(hole), expected);
    const unwritten = await changedXfs(image, one.at, 'write u3.bmx[0].extentflag 1');
    assert.deepEqual(await read(unwritten), Buffer.alloc(4));
  });

  test('on a realtime device is refused, and the rest is read', async () => {
    const image = await makeXfs(tree, {
      commands: ['path /etc/hostname', 'write core.realtime 1'],
    });
    const files = new FileTree(await open(image));
    await assert.rejects(files.readFile('/etc/hostname', 10), /on a realtime device/);
    assert.equal((await files.readFile('/etc/empty', 10))?.length, 0);
  });
});

/**
 * Every feature that e2fsprogs can give to a file system of the ext family is read, or named and
 * refused: inodes with all that they say, attributes wherever they are, maps of any depth with
 * holes, and names found through an index by each kind of hash.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BoundedReader, budgets } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';
import type { Inode } from './file-system.ts';
import { FileTree } from './file-tree.ts';
import {
  BufferDisk,
  changed,
  type Files,
  indexed,
  makeFileSystem,
  writeSparse,
} from './test-file-systems.ts';

const open = (image: Buffer) =>
  Ext4.open(BoundedReader.of(new BufferDisk(image), budgets.walk)).then((it) => new FileTree(it));

async function found(tree: FileTree, name: string): Promise<Inode> {
  const inode = await tree.findLink(name);
  assert.ok(inode, name);
  return inode;
}

describe('what an inode says', () => {
  const commands = [
    'sif /file uid 70001',
    'sif /file gid 1000002',
    'sif /file mode 0104755',
    // In the second epoch, with a half second.
    'sif /file mtime 1',
    `sif /file mtime_extra ${1 + (500_000_000 << 2)}`,
    'sif /before mtime 0xffffffff',
    'sif /before mtime_extra 0',
    'mknod tty c 4 64',
    'mknod disk b 259 60000',
    'mknod queue p',
    'ln /file /again',
    'sif /file links_count 2',
    'symlink /fast target',
    `symlink /slow ${'x'.repeat(1000)}`,
  ];
  for (const options of [
    ['-t', 'ext4'],
    ['-t', 'ext4', '-O', 'inline_data'],
    ['-t', 'ext2'],
  ]) {
    test(options.join(' '), async () => {
      const image = await makeFileSystem({ file: 'x', before: 'y' }, { options });
      const tree = await open(await changed(image, ...commands));
      assert.equal(tree.fileSystem.kind, options[1]);
      const file = await found(tree, '/file');
      const { kind, mode, uid, gid, sizeBytes, links } = file;
      assert.deepEqual(
        { kind, mode, uid, gid, sizeBytes, links },
        { kind: 'file', mode: 0o4755, uid: 70_001, gid: 1_000_002, sizeBytes: 1, links: 2 },
      );
      assert.equal(file.modifiedAt.getTime(), (2 ** 32 + 1) * 1000 + 500);
      assert.equal((await found(tree, '/before')).modifiedAt.getTime(), -1000);
      assert.equal((await found(tree, '/again')).number, file.number);
      const tty = await found(tree, '/tty');
      assert.deepEqual([tty.kind, tty.device], ['character-device', { major: 4, minor: 64 }]);
      const disk = await found(tree, '/disk');
      assert.deepEqual([disk.kind, disk.device], ['block-device', { major: 259, minor: 60_000 }]);
      assert.equal((await found(tree, '/queue')).kind, 'fifo');
      for (const [name, target] of [
        ['/fast', 'target'],
        ['/slow', 'x'.repeat(1000)],
      ] as const) {
        const link = await found(tree, name);
        assert.equal(link.kind, 'link');
        assert.equal((await tree.fileSystem.target(link)).toString(), target);
      }
    });
  }
});

describe('attributes', () => {
  const acl = Buffer.from(
    '0200000001000600ffffffff020006007111010004000400ffffffff10000600ffffffff20000400ffffffff',
    'hex',
  );
  const values: Record<string, Buffer> = {
    'user.short': Buffer.from('value'),
    'user.empty': Buffer.alloc(0),
    'user.longer': randomBytes(600),
    'security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex'),
    'trusted.overlay.opaque': Buffer.from('y'),
    'system.posix_acl_access': acl,
  };
  /** Does not fit in a block with what is beside it. */
  const huge = randomBytes(1020);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'imago-attributes-'));
    for (const [name, value] of Object.entries({ ...values, 'user.huge': huge })) {
      await writeFile(path.join(folder, name), value);
    }
  });
  after(() => rm(folder, { recursive: true }));
  const set = (name: string) => `ea_set -f ${path.join(folder, name)} /file ${name}`;

  const places = {
    'behind the inode and in a block': ['-t', 'ext4', '-I', '256'],
    'in a block only': ['-t', 'ext4', '-I', '128', '-O', '^metadata_csum'],
    'beside the content of the file': ['-t', 'ext4', '-I', '1024', '-O', 'inline_data'],
  };
  for (const [name, options] of Object.entries(places)) {
    test(name, async () => {
      const content = 'z'.repeat(100);
      const image = await makeFileSystem({ file: content, none: '' }, { options });
      const tree = await open(await changed(image, ...Object.keys(values).map(set)));
      const file = await found(tree, '/file');
      const read = await tree.fileSystem.attributes(file);
      assert.deepEqual(Object.fromEntries([...read].sort()), sorted(values));
      assert.equal((await tree.readFile('/file', 1000))?.toString(), content);
      assert.equal((await tree.fileSystem.attributes(await found(tree, '/none'))).size, 0);
    });
  }

  test('in inodes of their own', async () => {
    const image = await makeFileSystem(
      { file: 'x' },
      { options: ['-t', 'ext4', '-O', 'ea_inode'] },
    );
    const tree = await open(await changed(image, set('user.huge'), set('user.short')));
    const read = await tree.fileSystem.attributes(await found(tree, '/file'));
    assert.deepEqual([...read.keys()].sort(), ['user.huge', 'user.short']);
    assert.deepEqual(read.get('user.huge'), huge);
  });

  test('in a block whose checksum is wrong are refused', async () => {
    const image = await changed(await makeFileSystem({ file: 'x' }), set('user.longer'));
    const at = image.indexOf(values['user.longer'] as Buffer);
    image.writeUInt8(image.readUInt8(at) ^ 1, at);
    const tree = await open(image);
    const file = await found(tree, '/file');
    await assert.rejects(tree.fileSystem.attributes(file), {
      name: 'UnreadableContents',
      message: /checksum of a block of attributes/,
    });
  });
});

function sorted(values: Record<string, Buffer>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('features', () => {
  const names = Array.from(
    { length: 60 },
    (_, index) => `folder/${'n'.repeat(index % 40)}${index}`,
  );
  const files: Files = {
    'etc/hostname': 'web\n',
    'etc/middle': randomBytes(150),
    'etc/large': randomBytes(70_000),
    ...Object.fromEntries(names.map((name) => [name, name])),
  };
  const features: Record<string, [readonly string[], number?]> = {
    'nothing but what was there at first': [['-t', 'ext2', '-O', 'none', '-r', '0']],
    'clusters of blocks': [['-t', 'ext4', '-O', 'bigalloc', '-C', '65536'], 32],
    'clusters of blocks of 1 KiB': [
      ['-t', 'ext4', '-O', 'bigalloc', '-b', '1024', '-C', '8192'],
      32,
    ],
    'blocks of 64 KiB': [['-t', 'ext4', '-b', '65536'], 64],
    'inodes of 1 KiB': [['-t', 'ext4', '-I', '1024', '-O', 'inline_data']],
    'small groups': [['-t', 'ext4', '-b', '1024', '-g', '256', '-O', '^resize_inode']],
    'groups together': [['-t', 'ext4', '-b', '1024', '-g', '1024', '-G', '4']],
    'descriptors in groups, two copies': [
      ['-t', 'ext4', '-b', '1024', '-g', '256', '-O', 'meta_bg,sparse_super2,^resize_inode'],
    ],
    'descriptors in groups, all copies': [
      ['-t', 'ext4', '-b', '1024', '-g', '256', '-O', 'meta_bg,^sparse_super,^resize_inode'],
    ],
    'checksums of groups': [['-t', 'ext4', '-O', 'uninit_bg,^metadata_csum,^64bit']],
    'checksums of wide groups': [['-t', 'ext4', '-O', 'uninit_bg,^metadata_csum,64bit']],
    'folders of any size and attributes in inodes': [['-t', 'ext4', '-O', 'large_dir,ea_inode']],
    'names without case': [['-t', 'ext4', '-O', 'casefold', '-E', 'encoding=utf8']],
    'names without kinds': [['-t', 'ext4', '-O', '^filetype']],
    'room for encrypted files, verified ones and quotas': [
      ['-t', 'ext4', '-O', 'encrypt,verity,quota,project,stable_inodes,orphan_file'],
    ],
    'multiple mount protection': [['-t', 'ext4', '-O', 'mmp'], 16],
  };
  for (const [name, [options, sizeMiB = 8]] of Object.entries(features)) {
    test(name, async () => {
      const image = await makeFileSystem(files, { sizeMiB, options });
      const tree = await open(image);
      const read = new Map<string, Buffer>();
      for await (const { path: at, inode } of tree.walk()) {
        if (inode.kind !== 'file') continue;
        const content = await tree.fileSystem.content(inode, 0, inode.sizeBytes);
        read.set(at.toString().slice(1), content);
      }
      const put = Object.entries(files).map(([at, content]) => [at, Buffer.from(content)] as const);
      assert.deepEqual(Object.fromEntries(read), Object.fromEntries([...put].sort()));
    });
  }

  const refused: Record<string, [string, RegExp]> = {
    'files that are encrypted': ['sif /etc/hostname flags 0x80800', /encrypted/],
    'a journal of another file system': ['feature journal_dev', /feature journal_dev/],
    'a feature of nobody': ['ssv feature_incompat 0x40000242', /not known here/],
  };
  for (const [name, [command, message]] of Object.entries(refused)) {
    test(`${name}: refused`, async () => {
      const options = ['-t', 'ext4', '-O', '^metadata_csum'];
      const image = await changed(await makeFileSystem(files, { options }), command);
      const read = async () => (await open(image)).readFile('/etc/hostname', 10);
      await assert.rejects(read, { name: 'UnreadableContents', message });
    });
  }

  test('one without a journal that was in use says so', async () => {
    const image = await makeFileSystem({ a: 'x' }, { options: ['-t', 'ext2'] });
    assert.equal((await open(image)).fileSystem.isUnclean, false);
    const used = await changed(image, 'ssv state 0');
    assert.equal((await open(used)).fileSystem.isUnclean, true);
  });
});

describe('files with holes', () => {
  const kib = 1024;
  const scattered = new Map(
    Array.from({ length: 1500 }, (_, index) => [index * 3 * kib, randomBytes(kib)] as const),
  );
  const far = new Map(
    // Direct, and behind one, two and three blocks of numbers.
    [0, 5 * kib, 13 * kib, 300 * kib, 66_000 * kib, 66_000 * kib + 500, 70_000 * kib].map(
      (at) => [at, randomBytes(700)] as const,
    ),
  );
  const sizes = { scattered: 4_700_000, far: 72_000_000 };
  for (const options of [
    ['-t', 'ext4', '-b', '1024'],
    ['-t', 'ext2', '-b', '1024'],
  ]) {
    test(options.join(' '), async () => {
      const prepare = async (folder: string) => {
        await writeSparse(path.join(folder, 'scattered'), sizes.scattered, scattered);
        await writeSparse(path.join(folder, 'far'), sizes.far, far);
      };
      const tree = await open(await makeFileSystem({}, { sizeMiB: 16, options, prepare }));
      for (const [name, pieces] of Object.entries({ scattered, far })) {
        const inode = await found(tree, `/${name}`);
        const sizeBytes = sizes[name as keyof typeof sizes];
        assert.equal(inode.sizeBytes, sizeBytes);
        const whole = Buffer.alloc(sizeBytes);
        for (const [at, bytes] of pieces) bytes.copy(whole, at);
        const content = (at: number, length: number) => tree.fileSystem.content(inode, at, length);
        assert.ok(whole.equals(await content(0, sizeBytes)), `${name} as a whole`);
        for (const at of [1, 1023, 12 * kib - 1, 299_990, 65_999 * kib + 77, sizeBytes - 5]) {
          const length = 100_000;
          assert.ok(whole.subarray(at, at + length).equals(await content(at, length)), `${at}`);
        }
        assert.equal((await content(sizeBytes, 10)).length, 0);
      }
    });
  }

  test('more of them than fit in three levels of a map', async () => {
    const blocks = 60_000;
    const whole = Buffer.alloc(blocks * kib);
    // Every other block is a hole.
    for (let block = 0; block < blocks; block += 2) whole.writeUInt32LE(block + 1, block * kib);
    const options = ['-t', 'ext4', '-b', '1024'];
    const tree = await open(await makeFileSystem({ deep: whole }, { sizeMiB: 48, options }));
    const inode = await found(tree, '/deep');
    const { bytes } = inode as unknown as { bytes: Buffer };
    const depth = bytes.readUInt16LE(0x28 + 6);
    assert.ok(depth > 2, `its map has ${depth} levels`);
    const content = await tree.fileSystem.content(inode, 0, whole.length);
    assert.ok(content.equals(whole));
    for (const block of [0, 7, 29_998, 59_999]) {
      const at = block * kib - (block % 3);
      const piece = await tree.fileSystem.content(inode, at, 3000);
      assert.ok(piece.equals(whole.subarray(at, at + 3000)), `block ${block}`);
    }
  });
});

describe('a large folder', () => {
  const names = Array.from(
    { length: 5000 },
    (_, index) => `${index}-${index % 3 === 0 ? 'ä' : 'a'}${'-of-a-long-name'.repeat(index % 4)}`,
  );
  let image: Buffer;
  before(async () => {
    const files = Object.fromEntries(names.map((name) => [`many/${name}`, '']));
    image = await makeFileSystem(files, {
      sizeMiB: 16,
      options: ['-t', 'ext4', '-b', '1024', '-N', '6000'],
    });
  });
  const kinds = ['legacy', 'half_md4', 'tea'].flatMap((kind) =>
    ['signed', 'unsigned'].map((bytes) => [kind, bytes] as const),
  );
  for (const [kind, bytes] of kinds) {
    test(`by ${kind} of ${bytes} bytes`, async () => {
      const flags = `ssv flags ${bytes === 'signed' ? 1 : 2}`;
      const sorted = await indexed(
        image,
        ['tune2fs', '-E', `hash_alg=${kind}`],
        ['debugfs', '-w', '-R', flags],
      );
      const tree = await open(sorted);
      const folder = await found(tree, '/many');
      const numbers = new Map(
        (await tree.fileSystem.entries(folder)).map((each) => [each.name.toString(), each.number]),
      );
      assert.equal(numbers.size, names.length);
      for (const name of names) {
        const found = await tree.fileSystem.lookUp?.(folder, Buffer.from(name));
        assert.ok(found);
        assert.equal(found.number, numbers.get(name), name);
      }
      assert.equal(await tree.fileSystem.lookUp?.(folder, Buffer.from('nothing')), undefined);
      // Through the index: other blocks of the folder may be damaged.
      const at = sorted.indexOf(`${names[1234]}`, 0, 'utf8');
      sorted.writeUInt8(0, at);
      const damaged = new FileTree(await Ext4.open(BoundedReader.of(new BufferDisk(sorted))));
      assert.ok(await damaged.find(`/many/${names[4321]}`));
      const message = /checksum of a folder/;
      await assert.rejects(damaged.find(`/many/${names[1234]}`), { message });
      await assert.rejects(damaged.list('/many'), { message });
    });
  }
});

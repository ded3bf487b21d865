/**
 * What e2fsprogs wrote is read as it was, with each of the features; what is damaged is refused.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';
import { FileTree } from './file-tree.ts';
import { BufferDisk, changed, type Files, indexed, makeFileSystem } from './test-file-systems.ts';

const many = Array.from({ length: 600 }, (_, index) => `many/file-${index}-of-a-long-name`);
const large = randomBytes(300_000);
const files: Files = {
  'etc/hostname': 'web\n',
  'etc/empty': '',
  'etc/large': large,
  'etc/short': 'link:hostname',
  'etc/up': 'link:../etc/./hostname',
  'etc/absolute': `link:/etc/${'./'.repeat(60)}hostname`,
  'etc/round': 'link:round',
  'etc/dangling': 'link:nowhere/at/all',
  'etc/out': 'link:../../../../etc/hostname',
  'etc/folder': 'link:/etc',
  'etc/name with \u00e4 and\nmore': 'odd',
  ...Object.fromEntries(many.map((name) => [name, name])),
};

const variants: Record<string, readonly string[]> = {
  'ext4 as mke2fs makes it': ['-t', 'ext4'],
  'ext4 with blocks of 1 KiB': ['-t', 'ext4', '-b', '1024'],
  'ext4 of 32 bits': ['-t', 'ext4', '-O', '^64bit,^metadata_csum'],
  'ext4 with files in inodes': ['-t', 'ext4', '-O', 'inline_data', '-I', '256'],
  'ext4 with descriptors in their groups': [
    ...['-t', 'ext4', '-O', 'meta_bg,^resize_inode', '-b', '1024', '-g', '1024'],
  ],
  'ext4 with a seed of checksums': ['-t', 'ext4', '-O', 'metadata_csum,metadata_csum_seed'],
  'ext3 with blocks of 1 KiB': ['-t', 'ext3', '-b', '1024'],
  ext2: ['-t', 'ext2', '-I', '128'],
};

const openIn = async (reader: BoundedReader) => new FileTree(await Ext4.open(reader));
const open = (image: Buffer) => openIn(BoundedReader.of(new BufferDisk(image)));

for (const [name, options] of Object.entries(variants)) {
  test(`${name} has what was put into it`, async () => {
    const file = await open(await makeFileSystem(files, { sizeMiB: 32, options }));
    assert.equal(file.fileSystem.isUnclean, false);
    const text = async (path: string) => (await file.readFile(path, 1 << 20))?.toString();
    assert.equal(await text('/etc/hostname'), 'web\n');
    assert.equal(await text('/etc/empty'), '');
    assert.deepEqual(await file.readFile('/etc/large', 1 << 20), large);
    assert.deepEqual(await file.readFile('/etc/large', 5000), large.subarray(0, 5000));
    assert.equal((await file.find('/etc/large'))?.sizeBytes, large.length);
    for (const link of ['short', 'up', 'absolute', 'out', 'folder/hostname']) {
      assert.equal(await text(`/etc/${link}`), 'web\n', link);
    }
    for (const nothing of ['round', 'dangling', 'nothing', 'hostname/more', 'folder']) {
      assert.equal(await text(`/etc/${nothing}`), undefined, nothing);
    }
    assert.equal(await text('/etc/name with \u00e4 and\nmore'), 'odd');
    const names = (await file.list('/etc'))?.map(({ name }) => name.toString()).sort();
    const put = Object.keys(files).flatMap((each) => /^etc\/(.*)$/s.exec(each)?.[1] ?? []);
    assert.deepEqual(names, put.sort());
    assert.equal((await file.list('/many'))?.length, many.length);
    assert.equal(await text(`/${many[432]}`), many[432]);
    assert.equal(await file.list('/etc/hostname'), undefined);
  });
}

test('a folder with an index is read past the blocks of that', async () => {
  const options = ['-t', 'ext4', '-b', '1024'];
  const image = await indexed(await makeFileSystem(files, { sizeMiB: 32, options }));
  const file = await open(image);
  assert.equal((await file.list('/many'))?.length, many.length);
  assert.equal((await file.readFile(`/${many[432]}`, 100))?.toString(), many[432]);
});

test('one that was not unmounted says so', async () => {
  const image = await makeFileSystem({ a: 'x' });
  const unclean = await changed(image, 'feature needs_recovery');
  assert.equal((await open(unclean)).fileSystem.isUnclean, true);
});

describe('what is damaged', () => {
  let image: Buffer;
  before(async () => {
    image = await makeFileSystem(files, { sizeMiB: 16, options: ['-t', 'ext4', '-b', '4096'] });
  });

  /** All that the checks of an image ask for. */
  async function readAll(bytes: Buffer): Promise<BufferDisk> {
    const disk = new BufferDisk(bytes);
    const reader = BoundedReader.of(disk, { reads: 3000, bytes: 32 * 1024 ** 2 });
    const file = await openIn(reader);
    for (const path of ['/etc', '/', '/etc/folder', '/many']) {
      for (const { name } of ((await file.list(path)) ?? []).slice(0, 8)) {
        await file.readFile(Buffer.concat([Buffer.from(`${path}/`), name]), 4096);
      }
    }
    return disk;
  }

  test('is refused by its checksums: superblock, groups, inodes, folders', async () => {
    const places = { superblock: 1024 + 0x48, groups: 4096 + 8, 'an inode': 0 };
    const table = image.readUInt32LE(4096 + 8) * 4096;
    places['an inode'] = table + 256 + 4;
    for (const [name, place] of Object.entries(places)) {
      const bytes = Buffer.from(image);
      bytes.writeUInt8((bytes[place] ?? 0) ^ 1, place);
      await assert.rejects(readAll(bytes), UnreadableContents, name);
    }
    const folder = image.indexOf('empty', 0, 'latin1');
    const bytes = Buffer.from(image);
    bytes.write('EMPT', folder, 'latin1');
    await assert.rejects(readAll(bytes), { name: 'UnreadableContents', message: /folder/ });
  });

  test('throws nothing of its own and is read for no longer than allowed, whatever is in it', async () => {
    const plain = await makeFileSystem(files, {
      // Without checksums, which would refuse nearly all of it at once.
      options: ['-t', 'ext4', '-O', '^metadata_csum', '-b', '1024'],
    });
    const metadata = plain.length / 8;
    const change = fc.record({
      place: fc.oneof(
        fc.integer({ min: 1024, max: 2048 }),
        fc.integer({ min: 2048, max: 4096 }),
        fc.integer({ min: 4096, max: metadata }),
      ),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(plain);
        for (const { place, bytes: each } of changes) bytes.set(each, place);
        try {
          const disk = await readAll(bytes);
          assert.ok(disk.reads <= 3000);
        } catch (error) {
          if (!(error instanceof UnreadableContents)) throw error;
        }
      }),
      { numRuns: 100 },
    );
  });

  test('maps that point at themselves come to an end', async () => {
    const options = ['-t', 'ext2', '-b', '1024'];
    const plain = await makeFileSystem({ big: Buffer.alloc(400_000, 1) }, { options });
    const bytes = Buffer.from(plain);
    // The inode after the reserved ones and lost+found: its indirect blocks become one, of itself.
    const inode = bytes.readUInt32LE(2048 + 8) * 1024 + 11 * 256;
    const single = bytes.readUInt32LE(inode + 0x28 + 48);
    assert.ok(single > 0);
    for (let at = 0; at < 1024; at += 4) bytes.writeUInt32LE(single, single * 1024 + at);
    bytes.writeUInt32LE(single, inode + 0x28 + 52);
    bytes.writeUInt32LE(single, inode + 0x28 + 56);
    bytes.writeUInt32LE(0x40000000, inode + 4);
    const disk = new BufferDisk(bytes);
    const file = await openIn(BoundedReader.of(disk, { reads: 1000, bytes: 1 << 30 }));
    await assert.rejects(file.readFile('/big', 1 << 29), /more to read/);
    assert.ok(disk.reads <= 1000);
  });
});

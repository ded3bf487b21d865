/** Partitions with what is in them: opened, or named and refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgets } from './bounded-reader.ts';
import { openDisk } from './disk-contents.ts';
import { makeFat } from './test-fat.ts';
import { BufferDisk, makeDisk, makeFileSystem } from './test-file-systems.ts';
import { makeXfs } from './test-xfs.ts';

const mib = 1024 ** 2;
const open = (bytes: Buffer) => openDisk(new BufferDisk(bytes), budgets.look);

test('each partition has its file system, or what it is refused for', async () => {
  const id = '0b5e2f4c-7c3e-4f60-9b44-0123456789ab';
  const options = ['-t', 'ext3', '-L', 'data', '-U', id];
  const system = await makeFileSystem({ a: 'x' }, { options });
  const swap = Buffer.alloc(mib);
  swap.write('SWAPSPACE2', 4086, 'latin1');
  const damaged = Buffer.from(await makeFileSystem({ a: 'x' }));
  damaged.writeUInt32LE(77, 1024 + 0x18);
  const xfs = await makeXfs([], { options: ['-L', 'root'] });
  const fat = await makeFat({}, { options: ['-i', 'c0ffee12'] });
  const parts = [system, swap, damaged, Buffer.alloc(mib), xfs, fat];
  const found = await open(
    await makeDisk(
      'gpt',
      parts.map((bytes) => ({ bytes })),
    ),
  );
  assert.deepEqual(
    found.map(({ partition, sizeBytes }) => [partition.number, sizeBytes]),
    parts.map((bytes, index) => [index + 1, bytes.length]),
  );
  assert.deepEqual(
    found.map(({ kind, isDamaged, refused }) => [kind, isDamaged, refused]),
    [
      ['ext3', false, undefined],
      ['swap', false, 'there is swap, which is not read'],
      ['ext4', true, 'the file system is damaged: its superblock'],
      ['nothing', false, 'there is nothing that is known, which is not read'],
      ['xfs', false, undefined],
      ['vfat', false, undefined],
    ],
  );
  const { fileSystem } = found[0] ?? {};
  assert.deepEqual([fileSystem?.label, fileSystem?.id], ['data', id]);
  assert.equal(found[4]?.fileSystem?.label, 'root');
  assert.equal(found[5]?.fileSystem?.id, 'C0FF-EE12');
});

const marks: [string, number, string][] = [
  ['btrfs', 0x10040, '_BHRfS_M'],
  ['zfs', 128 * 1024 + 3 * 1024, '\x0c\xb1\xba\0\0\0\0\0'],
  ['ntfs', 3, 'NTFS    '],
  ['luks', 0, 'LUKS\xba\xbe'],
  ['iso9660', 32_769, 'CD001'],
];
for (const [kind, at, text] of marks) {
  test(`${kind} is named and not read`, async () => {
    const bytes = Buffer.alloc(mib);
    bytes.write(text, at, 'latin1');
    const [part] = await open(bytes);
    assert.equal(part?.kind, kind);
    assert.equal(part.partition.number, undefined);
    assert.match(part.refused ?? '', /which is not read/);
  });
}

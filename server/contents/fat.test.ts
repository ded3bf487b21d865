/** What mkfs.vfat and mtools wrote is read as it was; what is damaged is refused. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { Fat } from './fat.ts';
import { LongName, shortName } from './fat-names.ts';
import { FileTree } from './file-tree.ts';
import { type FatOptions, makeFat } from './test-fat.ts';
import { BufferDisk } from './test-file-systems.ts';

const mib = 1024 ** 2;

const many = Array.from({ length: 200 }, (_, index) => `many/file ${index} of a long name ä€`);
const large = randomBytes(300_000);
const files: Readonly<Record<string, string | Buffer>> = {
  'EFI/BOOT/BOOTX64.EFI': randomBytes(70_000),
  'UPPER.TXT': 'upper',
  'lower.txt': 'lower',
  'Mixed.Case': 'mixed',
  ÄÖÜ: 'umlauts',
  'no long name': '',
  [`${'x'.repeat(200)}.long`]: 'long',
  ...Object.fromEntries(many.map((name) => [name, name])),
};

/** Fragmented, as the file `large` fills what others left. */
function makeFragmented(bits: FatOptions['bits'], sizeMiB: number, options: readonly string[]) {
  const holes = many.filter((_, index) => index % 2 === 0).map((name) => `::/${name}`);
  return makeFat(files, {
    bits,
    sizeMiB,
    options: ['-i', 'c0ffee12', ...options],
    commands: [
      ['mdel', ...holes],
      ['mattrib', '+r', '::/UPPER.TXT'],
    ],
    last: { large },
  });
}

const kept = Object.entries(files).filter(([name]) => {
  const index = many.indexOf(name);
  return index < 0 || index % 2 === 1;
});

const open = (image: Buffer) => Fat.open(BoundedReader.of(new BufferDisk(image)));

const variants: Record<string, [FatOptions['bits'], number, string[]]> = {
  'a FAT12': [12, 3, ['-n', 'SYSTEM']],
  'a FAT16': [16, 12, ['-n', 'SYSTEM']],
  'a FAT16 with sectors of 4 KiB': [16, 70, ['-n', 'SYSTEM', '-S', '4096', '-s', '1']],
  'a FAT32': [32, 36, ['-n', 'SYSTEM', '-s', '1']],
};

for (const [name, [bits, sizeMiB, options]] of Object.entries(variants)) {
  test(`${name} has what was put into it`, async () => {
    const image = await makeFragmented(bits, sizeMiB, options);
    assert.equal(await Fat.isHere(BoundedReader.of(new BufferDisk(image))), true);
    const fat = await open(image);
    const { kind, label, id, isUnclean } = fat;
    const expected = { kind: 'vfat', label: 'SYSTEM', id: 'C0FF-EE12', isUnclean: false };
    assert.deepEqual({ kind, label, id, isUnclean }, expected);
    const tree = new FileTree(fat);
    for (const [file, content] of kept) {
      assert.deepEqual(await tree.readFile(`/${file}`, mib), Buffer.from(content), file);
    }
    const inode = await tree.find('/large');
    assert.ok(inode);
    assert.deepEqual(await tree.readFile('/large', mib), large);
    for (const [offset, length] of [
      [0, 1],
      [511, 70_000],
      [299_999, 500],
      [300_000, 1],
      [4096, 4096],
    ] as const) {
      const part = await fat.content(inode as never, offset, length);
      assert.deepEqual(part, large.subarray(offset, offset + length), `${offset}`);
    }
    const numbers = new Set<number>();
    const found: string[] = [];
    for await (const { path: place, inode: each } of tree.walk()) {
      numbers.add(each.number);
      if (each.kind === 'file') found.push(place.toString().slice(1));
    }
    assert.deepEqual(found.sort(), [...kept.map(([file]) => file), 'large'].sort());
    assert.equal(numbers.size, found.length + 3);
  });
}

test('a FAT32 may be smaller than the standard has it', async () => {
  const options = ['-n', 'SMALL'];
  const fat = await open(await makeFat({}, { bits: 32, sizeMiB: 4, options }));
  assert.equal(fat.label, 'SMALL');
  assert.deepEqual(await new FileTree(fat).list('/'), []);
});

test('modes, owners, times and links are as Linux shows them', async () => {
  const before = Date.now();
  const tree = new FileTree(await open(await makeFragmented(16, 12, [])));
  const upper = await tree.find('/UPPER.TXT');
  const modifiedAt = upper?.modifiedAt.getTime() ?? 0;
  assert.ok(modifiedAt > before - 5000 && modifiedAt < Date.now() + 5000);
  assert.deepEqual([upper?.mode, upper?.uid, upper?.gid, upper?.links], [0o555, 0, 0, 1]);
  assert.equal((await tree.find('/lower.txt'))?.mode, 0o755);
  const folder = await tree.find('/EFI');
  assert.deepEqual([folder?.kind, folder?.mode, folder?.links], ['folder', 0o755, 3]);
  const root = await tree.find('/');
  assert.deepEqual([root?.links, root?.modifiedAt], [4, new Date(0)]);
});

test('one that was not unmounted says so, by Linux and by Windows', async () => {
  for (const [bits, place, sizeMiB] of [
    [16, 37, 12],
    [32, 65, 36],
  ] as const) {
    const image = await makeFragmented(bits, sizeMiB, ['-s', '1']);
    const ofLinux = Buffer.from(image);
    ofLinux.writeUInt8(1, place);
    assert.equal((await open(ofLinux)).isUnclean, true);
    const ofWindows = Buffer.from(image);
    const entry = ofWindows.readUInt16LE(14) * 512 + bits / 8;
    ofWindows[entry + bits / 8 - 1] = (ofWindows[entry + bits / 8 - 1] as number) & 0x77;
    assert.equal((await open(ofWindows)).isUnclean, true);
  }
});

describe('a name', () => {
  const entry = (name: string, flags = 0) => {
    const bytes = Buffer.alloc(32);
    bytes.write(name, 'latin1');
    bytes[12] = flags;
    return bytes;
  };
  const sumOf = (short: Buffer) =>
    short.subarray(0, 11).reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
  const piece = (order: number, sum: number, units: number[]) => {
    const bytes = Buffer.alloc(32, 0xff);
    bytes[0] = order;
    bytes[13] = sum;
    const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
    for (const [index, unit] of units.entries()) bytes.writeUInt16LE(unit, places[index]);
    return bytes;
  };

  test('of eight and three is in code page 437, small where Windows NT says so', () => {
    assert.equal(shortName(entry('README  TXT')).toString(), 'README.TXT');
    assert.equal(shortName(entry('README  TXT', 0x08)).toString(), 'readme.TXT');
    assert.equal(shortName(entry('README  TXT', 0x18)).toString(), 'readme.txt');
    assert.equal(shortName(entry('A B        ')).toString(), 'A B');
    assert.equal(shortName(entry('\x8e\x99\xe1     \xe2  ', 0x18)).toString(), 'äöß.Γ');
    assert.equal(shortName(entry('\x05\xff\x80     \xf6  ')).toString(), 'σ\u00a0Ç.÷');
  });

  test('that is long is in UTF-16, with pairs, and halves of pairs kept apart', () => {
    const short = entry('CLEF~1     ');
    const clef = [0xd834, 0xdd1e, 0x20ac, 0xd834, 0x41, 0];
    const long = new LongName();
    long.add(piece(0x41, sumOf(short), clef));
    assert.deepEqual(
      long.of(short),
      Buffer.concat([Buffer.from('𝄞€'), Buffer.from([0xed, 0xa0, 0xb4]), Buffer.from('A')]),
    );
  });

  test('that is long counts only whole, in order, and of the entry that it stands before', () => {
    const short = entry('LONG~1     ');
    const units = Array.from({ length: 13 }, () => 0x61);
    const sum = sumOf(short);
    const read = (...pieces: Buffer[]) => {
      const long = new LongName();
      for (const each of pieces) long.add(each);
      return long.of(short)?.toString();
    };
    assert.equal(read(piece(0x42, sum, [0x62, 0]), piece(1, sum, units)), `${'a'.repeat(13)}b`);
    assert.equal(read(piece(0x42, sum, [0x62, 0])), undefined);
    assert.equal(read(piece(1, sum, units)), undefined);
    assert.equal(read(piece(0x43, sum, units), piece(1, sum, units)), undefined);
    assert.equal(read(piece(0x42, sum, units), piece(1, sum ^ 1, units)), undefined);
    assert.equal(read(piece(0x41, sum ^ 1, units)), undefined);
    assert.equal(read(piece(0x40, sum, units)), undefined);
    assert.equal(read(piece(0x7f, sum, units)), undefined);
  });
});

describe('what is damaged', () => {
  let image: Buffer;
  let places: { table: number; root: number };
  before(async () => {
    image = await makeFragmented(16, 12, []);
    const table = image.readUInt16LE(14) * 512;
    places = { table, root: table + 2 * image.readUInt16LE(22) * 512 };
  });

  async function readAll(bytes: Buffer): Promise<BufferDisk> {
    const disk = new BufferDisk(bytes);
    const fat = await Fat.open(BoundedReader.of(disk, { reads: 3000, bytes: 32 * mib }));
    const tree = new FileTree(fat);
    for await (const { inode } of tree.walk()) {
      if (inode.kind === 'file') await fat.content(inode as never, 0, mib);
    }
    return disk;
  }

  /** Where the entry of a name of eight and three is in the root. */
  const entryOf = (bytes: Buffer, name: string) => bytes.indexOf(name, places.root, 'latin1');

  test('is refused: chains in a circle, out of the disk, or too short', async () => {
    const cluster = image.readUInt16LE(entryOf(image, 'LARGE      ') + 26);
    for (const [next, message] of [
      [cluster, /circle/],
      [0, /number of a cluster/],
      [1, /number of a cluster/],
      [0xfff0, /number of a cluster/],
      [0xffff, /shorter/],
    ] as const) {
      const bytes = Buffer.from(image);
      bytes.writeUInt16LE(next, places.table + cluster * 2);
      bytes.writeUInt32LE(5_000_000, entryOf(bytes, 'LARGE      ') + 28);
      await assert.rejects(readAll(bytes), { name: 'UnreadableContents', message });
    }
  });

  test('is refused: folders in a circle, or in themselves', async () => {
    const folder = image.readUInt16LE(entryOf(image, 'MANY       ') + 26);
    const circle = Buffer.from(image);
    circle.writeUInt16LE(folder, places.table + folder * 2);
    await assert.rejects(readAll(circle), /in a circle/);
    const itself = Buffer.from(image);
    const boot = itself.indexOf('BOOT       ', 0, 'latin1');
    itself.writeUInt16LE(itself.readUInt16LE(entryOf(itself, 'EFI        ') + 26), boot + 26);
    await assert.rejects(readAll(itself), /a folder is in itself/);
  });

  test('is refused: names that are more than one, and disks that were cut', async () => {
    const bytes = Buffer.from(image);
    bytes.write('A/B', entryOf(bytes, 'UPPER   TXT'), 'latin1');
    await assert.rejects(readAll(bytes), /the name of a file/);
    await assert.rejects(readAll(image.subarray(0, 128 * 1024)), UnreadableContents);
  });

  test('throws nothing of its own and is read for no longer than allowed', async () => {
    const change = fc.record({
      place: fc.oneof(
        fc.integer({ min: 11, max: 90 }),
        fc.integer({ min: places.table, max: places.table + 2048 }),
        fc.integer({ min: places.root, max: places.root + 4096 }),
      ),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(image);
        for (const { place, bytes: each } of changes) bytes.set(each, place);
        try {
          assert.ok((await readAll(bytes)).reads <= 3000);
        } catch (error) {
          if (!(error instanceof UnreadableContents)) throw error;
        }
      }),
      { numRuns: 100 },
    );
  });
});

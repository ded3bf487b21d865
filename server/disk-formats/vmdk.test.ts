/** What of VMDK is refused, markers and footers, and the extent that has no header. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import {
  Converted,
  diskOf,
  MemorySink,
  mib,
  readOf,
  refusalOf,
  someBytes,
  sparseDisk,
} from './test-disks.ts';
import { writeDiskFile } from './write-disk-file.ts';

const grainBytes = 65_536;

let source: Converted;
let bytes: Buffer;
before(async () => {
  bytes = someBytes(5 * mib + 512);
  source = await Converted.of(bytes);
});
after(() => source.remove());

const vmdkOf = (subformat: string, name?: string) =>
  source.to('vmdk', ['-o', `subformat=${subformat}`], name);

/** As we write it: with a footer, which qemu-img's has not. */
async function streamOf(disk: Buffer): Promise<Buffer> {
  const sink = new MemorySink();
  await writeDiskFile('vmdk', diskOf(disk), sink);
  return sink.bytes;
}

/** Where the first grain's marker is. */
function firstGrain(file: Buffer): number {
  const directory = Number(file.readBigUInt64LE(file.length - 1024 + 56)) * 512;
  return file.readUInt32LE(file.readUInt32LE(directory) * 512) * 512;
}

test('a flat extent is the disk itself, and that it has no header is said', async () => {
  const descriptor = await vmdkOf('monolithicFlat', 'flat.vmdk');
  assert.match(await refusalOf('vmdk', descriptor), /in other files, such as 'flat-flat.vmdk'/);
  const { read, facts } = await readOf('vmdk', await readFile(source.file('flat-flat.vmdk')));
  assert.ok(read.equals(bytes));
  assert.equal(facts.variant, 'monolithicFlat');
  assert.match(facts.notes.join(), /has no header/);
});

test('parts of disks of several files are refused', async () => {
  const descriptor = await vmdkOf('twoGbMaxExtentSparse', 'split.vmdk');
  assert.match(await refusalOf('vmdk', descriptor), /such as 'split-s001.vmdk'/);
  const part = await readFile(source.file('split-s001.vmdk'));
  assert.match(await refusalOf('vmdk', part), /one of several files of a disk|its type is ''/);
});

test('a zeroed grain is zeros only where the header says that there are some', async () => {
  const file = await streamOf(bytes);
  const directory = Number(file.readBigUInt64LE(file.length - 1024 + 56)) * 512;
  file.writeUInt32LE(1, file.readUInt32LE(directory) * 512);
  assert.match(await refusalOf('vmdk', file), /where grain 0 should be is another one/);
  file.writeUInt32LE(file.readUInt32LE(8) | 4, 8);
  const { read } = await readOf('vmdk', file);
  assert.ok(read.subarray(0, grainBytes).equals(Buffer.alloc(grainBytes)));
  assert.ok(read.subarray(grainBytes).equals(bytes.subarray(grainBytes)));
});

test('a last grain that ends with the disk is taken, any other is not', async () => {
  const short = await streamOf(bytes);
  const at = firstGrain(short);
  const packed = deflateSync(bytes.subarray(0, grainBytes - 512), { level: 9 });
  const before = short.readUInt32LE(at + 8);
  assert.ok(packed.length <= before);
  short.writeUInt32LE(packed.length, at + 8);
  packed.copy(short, at + 12);
  assert.match(await refusalOf('vmdk', short), /grain 0 has 65024 bytes/);
  const one = await streamOf(bytes.subarray(0, 1024));
  const only = firstGrain(one);
  const end = deflateSync(bytes.subarray(0, 1024));
  one.writeUInt32LE(end.length, only + 8);
  end.copy(one, only + 12);
  assert.ok((await readOf('vmdk', one)).read.equals(bytes.subarray(0, 1024)));
});

describe('refused', () => {
  const both = (file: Buffer, change: (header: Buffer) => void) => {
    change(file.subarray(0, 512));
    change(file.subarray(file.length - 1024, file.length - 512));
  };
  const changes: [string, (file: Buffer) => Buffer | undefined, RegExp][] = [
    ['transferred as text', (file) => void file.write('\n \n\n', 73), /transferred as text/],
    ['version 9', (file) => void file.writeUInt32LE(9, 4), /version is 9/],
    ['grains of 3 sectors', (file) => void file.writeBigUInt64LE(3n, 20), /grains have 3/],
    ['grains of 8 MiB', (file) => void file.writeBigUInt64LE(16_384n, 20), /grains have 16384/],
    ['no table entries', (file) => void file.writeUInt32LE(0, 44), /tables have 0 entries/],
    [
      'a disk of 1 PiB',
      (file) => void both(file, (header) => header.writeBigUInt64LE(1n << 41n, 12)),
      /1125899906842624 bytes, more than/,
    ],
    [
      'another footer',
      (file) => void file.writeBigUInt64LE(9n, file.length - 1024 + 12),
      /footer is not that of its header/,
    ],
    ['a cut end', (file) => file.subarray(0, -2048), /was cut off/],
    [
      'no descriptor',
      (file) => void file.writeBigUInt64LE(0n, 28),
      /has no descriptor: it is one of several/,
    ],
    [
      'a descriptor outside of the file',
      (file) => void file.writeBigUInt64LE(1n << 60n, 28),
      /descriptor is not inside/,
    ],
    [
      'a directory outside of the file',
      (file) => void file.writeBigUInt64LE(1n << 60n, file.length - 1024 + 56),
      /directory is not inside/,
    ],
    ['another compression', (file) => void file.writeUInt16LE(2, 77), /compression is 2/],
    [
      'no markers',
      (file) => void file.writeUInt32LE(file.readUInt32LE(8) & ~(1 << 17), 8),
      /without markers/,
    ],
    [
      'a grain of another place',
      (file) => void file.writeBigUInt64LE(128n, firstGrain(file)),
      /where grain 0 should be is another one/,
    ],
    [
      'a grain that does not end',
      (file) => void file.writeUInt32LE(0xffffffff, firstGrain(file) + 8),
      /has 4294967295 bytes, which are not there/,
    ],
    [
      'a grain that cannot be unpacked',
      (file) => void file.fill(0xee, firstGrain(file) + 12, firstGrain(file) + 40),
      /grain 0 cannot be unpacked/,
    ],
    [
      'a grain that becomes more than one',
      (file) => {
        const packed = deflateSync(Buffer.alloc(100 * grainBytes));
        file.writeUInt32LE(packed.length, firstGrain(file) + 8);
        packed.copy(file, firstGrain(file) + 12);
        return undefined;
      },
      /grain 0 cannot be unpacked/,
    ],
  ];
  for (const [name, change, message] of changes) {
    test(name, async () => {
      const file = await streamOf(bytes);
      assert.match(await refusalOf('vmdk', change(file) ?? file), message);
    });
  }

  test('every table of a large disk the same one, or every grain', async () => {
    const disk = sparseDisk(2 ** 40, new Map([[0, Buffer.alloc(grainBytes, 1)]]));
    const sink = new MemorySink();
    await writeDiskFile('vmdk', disk, sink);
    const file = sink.bytes;
    const directory = Number(file.readBigUInt64LE(file.length - 1024 + 56)) * 512;
    const table = file.readUInt32LE(directory);
    for (let n = 0; n < 2 ** 40 / (32 * mib); n++) file.writeUInt32LE(table, directory + n * 4);
    assert.match(await refusalOf('vmdk', file), /names grain tables more than once/);
    file.fill(0, directory + 4, directory + 2 ** 17);
    const grain = file.readUInt32LE(table * 512);
    for (let n = 0; n < 512; n++) file.writeUInt32LE(grain, table * 512 + n * 4);
    assert.match(await refusalOf('vmdk', file), /the same bytes more than once|grain 1 should be/);
  });
});

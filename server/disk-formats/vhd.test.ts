/** VHD wrapped, rounded and mistaken for raw (case N3), and what of it is refused. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openDiskFile } from './open-disk-file.ts';
import { accessOfBuffer } from './random-access.ts';
import {
  Converted,
  diskOf,
  limits,
  MemorySink,
  mib,
  qemuImg,
  readOf,
  refusalOf,
  someBytes,
  sparseDisk,
} from './test-disks.ts';
import { checksumOf, geometryOf } from './vhd-footer.ts';
import { writeDiskFile } from './write-disk-file.ts';

/** No whole geometry, and half a MiB over. */
const diskBytes = 33 * mib + 512 * 1024;

let source: Converted;
let bytes: Buffer;
before(async () => {
  bytes = Buffer.concat([someBytes(4 * mib)], diskBytes);
  source = await Converted.of(bytes);
});
after(() => source.remove());

const vhdOf = (options: string) => source.to('vhd', ['-o', options]);

for (const subformat of ['dynamic', 'fixed']) {
  test(`${subformat}, of a size that is kept: exactly the disk`, async () => {
    const { facts, read } = await readOf(
      'vhd',
      await vhdOf(`subformat=${subformat},force_size=on`),
    );
    assert.ok(read.equals(bytes));
    assert.equal(facts.variant, subformat);
  });

  test(`${subformat}, rounded up to a geometry: the disk and zeros, and that is said`, async () => {
    const { facts, read } = await readOf('vhd', await vhdOf(`subformat=${subformat}`));
    assert.ok(facts.sizeBytes > diskBytes);
    assert.ok(read.equals(Buffer.concat([bytes], facts.sizeBytes)));
    assert.match(facts.notes.join(), /was rounded up/);
  });
}

test('a fixed one that is said to be raw has its footer as a tail, and that is said', async () => {
  const file = await vhdOf('subformat=fixed,force_size=on');
  const { facts, read } = await readOf('raw', file);
  assert.ok(read.equals(file));
  assert.equal(facts.sizeBytes, diskBytes + 512);
  assert.match(facts.notes.join(), /ends with the footer of a VHD file/);
});

test('a size that its geometry does not make is the one of its size field', async () => {
  const file = await vhdOf('subformat=fixed,force_size=on');
  const footer = file.subarray(-512);
  footer.write('win ', 28);
  footer.writeUInt16BE(3, 56);
  footer.writeUInt32BE(checksumOf(footer, 64), 64);
  const { facts, read } = await readOf('vhd', file);
  assert.ok(read.equals(bytes));
  assert.match(facts.notes.join(), /geometry makes \d+ bytes, its size field 35127296/);
});

test('a sector that its bitmap does not name is zeros', async () => {
  const file = await vhdOf('subformat=dynamic,force_size=on');
  const tableAt = Number(file.readBigUInt64BE(512 + 16));
  const blockAt = file.readUInt32BE(tableAt) * 512;
  file.writeUInt8(0b1011_1111, blockAt);
  const { read } = await readOf('vhd', file);
  assert.ok(bytes.subarray(512, 1024).some((byte) => byte !== 0));
  assert.ok(read.subarray(512, 1024).every((byte) => byte === 0));
  assert.ok(read.subarray(1024).equals(bytes.subarray(1024)));
  assert.ok(read.subarray(0, 512).equals(bytes.subarray(0, 512)));
});

describe('refused', () => {
  const summed = (file: Buffer, change: (footer: Buffer) => void) => {
    const footer = file.subarray(-512);
    change(footer);
    footer.writeUInt32BE(checksumOf(footer, 64), 64);
  };
  const headed = (file: Buffer, change: (header: Buffer) => void) => {
    const header = file.subarray(512, 1536);
    change(header);
    header.writeUInt32BE(checksumOf(header, 36), 36);
  };
  const changes: [string, (file: Buffer) => void, RegExp][] = [
    ['differencing', (file) => summed(file, (footer) => footer.writeUInt32BE(4, 60)), /parent/],
    ['another type', (file) => summed(file, (footer) => footer.writeUInt32BE(7, 60)), /type is 7/],
    [
      'a disk of 1 PiB',
      (file) => summed(file, (footer) => footer.writeBigUInt64BE(1n << 50n, 48)),
      /has 1125899906842624 bytes, more than/,
    ],
    [
      'a disk of half a sector more',
      (file) => summed(file, (footer) => footer.writeBigUInt64BE(256n, 48)),
      /has 256 bytes/,
    ],
    ['a changed footer', (file) => file.writeUInt8(1, file.length - 400), /footer was changed/],
    ['a changed header', (file) => file.writeUInt8(1, 512 + 100), /dynamic header was changed/],
    [
      'no header',
      (file) => summed(file, (footer) => footer.writeBigUInt64BE(1n << 60n, 16)),
      /header is not inside the file/,
    ],
    [
      'a table outside of the file',
      (file) => headed(file, (header) => header.writeBigUInt64BE(1n << 62n, 16)),
      /table is not inside the file/,
    ],
    [
      'a short table',
      (file) => headed(file, (header) => header.writeUInt32BE(3, 28)),
      /table is too small/,
    ],
    [
      'blocks of 3 MiB',
      (file) => headed(file, (header) => header.writeUInt32BE(3 * mib, 32)),
      /blocks have 3145728 bytes/,
    ],
    [
      'blocks of 512 bytes',
      (file) => headed(file, (header) => header.writeUInt32BE(512, 32)),
      /blocks have 512 bytes/,
    ],
    [
      'a block outside of the file',
      (file) => file.writeUInt32BE(0xfffffff0, Number(file.readBigUInt64BE(512 + 16))),
      /not inside the file/,
    ],
    [
      'all blocks at one place',
      (file) => {
        const at = Number(file.readBigUInt64BE(512 + 16));
        for (let n = 0; n < 17; n++) file.writeUInt32BE(file.readUInt32BE(at), at + n * 4);
      },
      /the same bytes more than once/,
    ],
  ];
  for (const [name, change, message] of changes) {
    test(name, async () => {
      const file = await vhdOf('subformat=dynamic,force_size=on');
      change(file);
      assert.match(await refusalOf('vhd', file), message);
    });
  }

  test('one that was cut off', async () => {
    const file = await vhdOf('subformat=dynamic,force_size=on');
    assert.match(await refusalOf('vhd', file.subarray(0, -512)), /was cut off/);
    assert.match(await refusalOf('vhd', file.subarray(0, 300)), /does not begin as one/);
  });

  test('a fixed one whose disk is larger than the file', async () => {
    const file = await vhdOf('subformat=fixed,force_size=on');
    summed(file, (footer) => footer.writeBigUInt64BE(BigInt(diskBytes + 512), 48));
    assert.match(await refusalOf('vhd', file), /has 35127808 bytes, the file fewer/);
  });
});

describe('written', () => {
  test('a disk beyond what VHD can hold is refused before anything is written', async () => {
    const sink = new MemorySink();
    const disk = sparseDisk(2041 * 1024 * mib, new Map());
    await assert.rejects(writeDiskFile('vhd', disk, sink), /VHD ends at .*VHDX does not/);
    assert.equal(sink.bytes.length, 0);
  });

  test('geometries as the specification computes them', () => {
    // What QEMU, which does the same, writes into its footers.
    for (const mibs of [1, 3, 17, 100, 504, 600, 2000, 10_000, 100_000]) {
      const file = source.file('geometry.vhd');
      qemuImg('create', '-f', 'vpc', '-o', 'subformat=dynamic', file, `${mibs}M`);
      const size = JSON.parse(qemuImg('info', '-f', 'vpc', '--output=json', file))['virtual-size'];
      const { cylinders, heads, sectors } = geometryOf(size);
      assert.equal(cylinders * heads * sectors * 512, size, `${mibs} MiB`);
    }
  });

  test('a disk that is not of whole sectors ends in zeros', async () => {
    for (const format of ['qcow2', 'vmdk', 'vhd', 'vhdx'] as const) {
      const sink = new MemorySink();
      const part = bytes.subarray(0, 4 * mib - 100);
      await writeDiskFile(format, diskOf(part), sink);
      const { disk: read, facts } = await openDiskFile(format, accessOfBuffer(sink.bytes), limits);
      assert.equal(facts.sizeBytes, 4 * mib);
      assert.ok((await read.pread(0, 4 * mib)).equals(Buffer.concat([part], 4 * mib)));
    }
  });
});

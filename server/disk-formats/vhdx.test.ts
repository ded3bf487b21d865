/** What of VHDX is refused, and what its two headers and tables are for. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { crc32c, crc32cWithout } from './crc32c.ts';
import { Converted, mib, readOf, refusalOf, someBytes } from './test-disks.ts';
import { guidBytes, guids } from './vhdx-format.ts';

let source: Converted;
let bytes: Buffer;
let made: Buffer;
before(async () => {
  bytes = someBytes(9 * mib);
  source = await Converted.of(bytes);
  made = await source.to('vhdx', ['-o', 'block_size=1M']);
});
after(() => source.remove());

const headers = [65_536, 131_072];
const regionTables = [196_608, 262_144];

function summed(file: Buffer, at: number, length: number): void {
  const part = file.subarray(at, at + length);
  part.writeUInt32LE(crc32cWithout(part, 4), 4);
}

/** Where a region is, by the first table. */
function regionAt(file: Buffer, guid: string): number {
  return Number(file.readBigUInt64LE(file.indexOf(guidBytes(guid), regionTables[0]) + 16));
}

/** Where an entry of the metadata is. */
function entryAt(file: Buffer, guid: string): number {
  return file.indexOf(guidBytes(guid), regionAt(file, guids.metadata));
}

function itemAt(file: Buffer, guid: string): number {
  return regionAt(file, guids.metadata) + file.readUInt32LE(entryAt(file, guid) + 16);
}

test('CRC-32C is that of the standard', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
});

test('one broken header, or region table, leaves the other', async () => {
  for (const at of [...headers, ...regionTables]) {
    const file = Buffer.from(made);
    file.fill(0xee, at + 2000, at + 2010);
    assert.ok((await readOf('vhdx', file)).read.equals(bytes), `${at}`);
  }
});

test('the newer header counts: its log has to be replayed', async () => {
  const file = Buffer.from(made);
  const [first = 0, second = 0] = headers;
  const isFirstNewer = file.readBigUInt64LE(first + 8) > file.readBigUInt64LE(second + 8);
  const [newer, older] = isFirstNewer ? [first, second] : [second, first];
  file.fill(7, older + 48, older + 64);
  summed(file, older, 4096);
  assert.ok((await readOf('vhdx', file)).read.equals(bytes));
  file.fill(7, newer + 48, newer + 64);
  summed(file, newer, 4096);
  assert.match(await refusalOf('vhdx', file), /was not closed: its log has to be replayed/);
});

test('sectors of 4096 bytes are read, and said', async () => {
  const file = Buffer.from(made);
  file.writeUInt32LE(4096, itemAt(file, guids.logicalSector));
  const { read, facts } = await readOf('vhdx', file);
  assert.ok(read.equals(bytes));
  assert.match(facts.notes.join(), /sectors have 4096 bytes/);
});

describe('refused', () => {
  const changes: [string, (file: Buffer) => void, RegExp][] = [
    ['no beginning', (file) => file.write('VHDXFILE', 0), /does not begin as one/],
    [
      'no header',
      (file) => {
        for (const at of headers) file.writeUInt8(1, at + 3000);
      },
      /neither of its headers is whole/,
    ],
    [
      'no region table',
      (file) => {
        for (const at of regionTables) file.writeUInt8(1, at + 3000);
      },
      /neither of its region tables/,
    ],
    [
      'a region that is required and not known',
      (file) => {
        const at = regionTables[0] as number;
        file.writeUInt32LE(3, at + 8);
        file.fill(9, at + 80, at + 96);
        file.writeUInt32LE(1, at + 108);
        summed(file, at, 65_536);
      },
      /needs the region 09090909-0909/,
    ],
    [
      'more regions than there can be',
      (file) => {
        file.writeUInt32LE(0xffffffff, (regionTables[0] as number) + 8);
        summed(file, regionTables[0] as number, 65_536);
      },
      /has 4294967295 entries/,
    ],
    [
      'metadata outside of the file',
      (file) => {
        const at = file.indexOf(guidBytes(guids.metadata), regionTables[0]);
        file.writeBigUInt64LE(1n << 60n, at + 16);
        summed(file, regionTables[0] as number, 65_536);
      },
      /metadata is not inside the file/,
    ],
    [
      'metadata that names bytes behind it',
      (file) => file.writeUInt32LE(0xffff0000, entryAt(file, guids.diskSize) + 16),
      /not in its region/,
    ],
    [
      'metadata that is required and not known',
      (file) =>
        guidBytes('11111111-2222-3333-4444-555555555555').copy(file, entryAt(file, guids.diskId)),
      /needs the metadata 11111111-2222/,
    ],
    [
      'no size',
      (file) => file.fill(0, entryAt(file, guids.diskSize), entryAt(file, guids.diskSize) + 32),
      /lacks the metadata 2fa54224/,
    ],
    [
      'a parent',
      (file) => file.writeUInt32LE(2, itemAt(file, guids.fileParameters) + 4),
      /differencing disk/,
    ],
    [
      'blocks of 3 MiB',
      (file) => file.writeUInt32LE(3 * mib, itemAt(file, guids.fileParameters)),
      /blocks have 3145728/,
    ],
    [
      'sectors of 1000 bytes',
      (file) => file.writeUInt32LE(1000, itemAt(file, guids.logicalSector)),
      /sectors are 1000/,
    ],
    [
      'a disk of 1 PiB',
      (file) => file.writeBigUInt64LE(1n << 50n, itemAt(file, guids.diskSize)),
      /more than the/,
    ],
    [
      'a disk larger than its table',
      (file) => file.writeBigUInt64LE(1n << 42n, itemAt(file, guids.diskSize)),
      /table is too small/,
    ],
    [
      'a block that is partly there',
      (file) => file.writeUInt8(7, regionAt(file, guids.blockTable)),
      /block 0 is in the state 7/,
    ],
    [
      'a block outside of the file',
      (file) => file.writeBigUInt64LE((1n << 50n) | 6n, regionAt(file, guids.blockTable)),
      /not inside the file/,
    ],
  ];
  for (const [name, change, message] of changes) {
    test(name, async () => {
      const file = Buffer.from(made);
      change(file);
      assert.match(await refusalOf('vhdx', file), message);
    });
  }

  test('all blocks at one place', async () => {
    const file = Buffer.from(made);
    const table = regionAt(file, guids.blockTable);
    file.writeBigUInt64LE(BigInt(64 * mib), itemAt(file, guids.diskSize));
    const first = file.readBigUInt64LE(table);
    for (let n = 0; n < 64; n++) file.writeBigUInt64LE(first, table + n * 8);
    assert.match(await refusalOf('vhdx', file), /the same bytes more than once/);
  });
});

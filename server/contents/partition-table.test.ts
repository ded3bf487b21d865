/** Where sfdisk puts partitions, they are found; what is damaged is read no further. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { readPartitions } from './partition-table.ts';
import { BufferDisk, makeDisk } from './test-file-systems.ts';

const mib = 1024 ** 2;
const read = (bytes: Buffer) => readPartitions(BoundedReader.of(new BufferDisk(bytes)));
const two = [{ bytes: Buffer.alloc(mib) }, { bytes: Buffer.alloc(2 * mib) }];
const places = [
  { start: mib, sizeBytes: mib },
  { start: 2 * mib, sizeBytes: 2 * mib },
];

let gpt: Buffer;
let dos: Buffer;
before(async () => {
  gpt = await makeDisk('gpt', two);
  dos = await makeDisk('dos', two);
});

const offsets = (found: readonly { start: number; sizeBytes: number }[]) =>
  found.map(({ start, sizeBytes }) => ({ start, sizeBytes }));

test('GPT, and the copy of it where the first is damaged', async () => {
  const found = await read(gpt);
  assert.deepEqual(offsets(found), places);
  assert.deepEqual(
    found.map(({ number, type }) => ({ number, type })),
    [1, 2].map((number) => ({ number, type: '0fc63daf-8483-4772-8e79-3d69d8477de4' })),
  );
  const bytes = Buffer.from(gpt);
  bytes.fill(7, 512, 34 * 512);
  assert.deepEqual(await read(bytes), found);
});

test('MBR with primary and logical partitions', async () => {
  assert.deepEqual(offsets(await read(dos)), places);
  const bytes = Buffer.from(dos);
  // The second becomes an extended one, with two logical partitions in it.
  bytes.writeUInt8(0x05, 462 + 4);
  for (const [at, next] of [
    [2 * mib, 512],
    [2 * mib + 512 * 512, 0],
  ] as const) {
    bytes.writeUInt16BE(0x55aa, at + 510);
    bytes.writeUInt8(0x83, at + 446 + 4);
    bytes.writeUInt32LE(64, at + 446 + 8);
    bytes.writeUInt32LE(128, at + 446 + 12);
    if (next === 0) continue;
    bytes.writeUInt8(0x05, at + 462 + 4);
    bytes.writeUInt32LE(next, at + 462 + 8);
    bytes.writeUInt32LE(1024, at + 462 + 12);
  }
  const logical = [2 * mib, 2 * mib + 512 * 512].map((at) => ({
    start: at + 64 * 512,
    sizeBytes: 128 * 512,
  }));
  const found = await read(bytes);
  assert.deepEqual(offsets(found), [places[0], ...logical]);
  const id = dos.readUInt32LE(440).toString(16).padStart(8, '0');
  assert.deepEqual(
    found.map((each) => [each.number, each.type, each.id]),
    [1, 5, 6].map((number) => [number, '0x83', `${id}-0${number}`]),
  );
  // The second names the first as the next.
  bytes.writeUInt8(0x05, 2 * mib + 512 * 512 + 462 + 4);
  bytes.writeUInt32LE(1, 2 * mib + 512 * 512 + 462 + 12);
  assert.deepEqual(offsets(await read(bytes)), [places[0], ...logical]);
});

test('a disk without a table is one, and a tiny one has none', async () => {
  assert.deepEqual(await read(Buffer.alloc(mib)), [{ start: 0, sizeBytes: mib }]);
  assert.deepEqual(await read(Buffer.alloc(512)), []);
});

test('whatever is in the tables, few sectors are read and partitions begin on the disk', async () => {
  const disks = fc.constantFrom('gpt', 'dos');
  const change = fc.record({
    place: fc.oneof(fc.integer({ min: 440, max: 520 }), fc.integer({ min: 512, max: 2048 })),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(disks, fc.array(change, { maxLength: 5 }), async (kind, changes) => {
      const bytes = Buffer.from(kind === 'gpt' ? gpt : dos);
      for (const each of changes) bytes.set(each.bytes, each.place);
      const disk = new BufferDisk(bytes);
      try {
        for (const { start } of await readPartitions(BoundedReader.of(disk))) {
          assert.ok(start >= 0 && start < bytes.length);
        }
      } catch (error) {
        if (!(error instanceof UnreadableContents)) throw error;
      }
      assert.ok(disk.reads < 100);
    }),
    { numRuns: 300 },
  );
});

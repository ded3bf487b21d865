/**
 * What a disk file's bytes come from: errors of a source come through as they are and are no verdict
 * on the file, what failed is asked for anew, and little is asked for more than once.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { DiskFileFormat } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { accessOfBuffer, inWindows, partOf, type RandomAccess } from './random-access.ts';
import { diskOf, limits, MemorySink, mib, numbers, someBytes } from './test-disks.ts';
import { writeDiskFile } from './write-disk-file.ts';

const formats: DiskFileFormat[] = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx'];
let bytes: Buffer;
let files: Map<DiskFileFormat, Buffer>;
before(async () => {
  bytes = someBytes(9 * mib);
  files = new Map();
  for (const format of formats) {
    const sink = new MemorySink();
    await writeDiskFile(format, diskOf(bytes), sink, { compression: 'zstd' });
    files.set(format, sink.bytes);
  }
});

class Gone extends Error {}

/** Every few reads fail, at random. */
function unreliable(source: RandomAccess, seed: number): RandomAccess {
  const random = numbers(seed);
  return {
    sizeBytes: source.sizeBytes,
    async read(offset, length) {
      if (random(4) === 0) throw new Gone('the source went away');
      return source.read(offset, length);
    },
  };
}

async function untilRead<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    try {
      return await work();
    } catch (error) {
      assert.ok(error instanceof Gone, String((error as Error).stack));
    }
  }
  throw new Error('it is never read');
}

describe('a source that fails now and then', () => {
  for (const format of formats) {
    test(format, async () => {
      const file = accessOfBuffer(files.get(format) ?? Buffer.alloc(0));
      for (const source of [unreliable(file, 1), inWindows(unreliable(file, 2))]) {
        const { disk } = await untilRead(() => openDiskFile(format, source, limits));
        for (let at = 0; at < bytes.length; at += mib / 2) {
          const part = await untilRead(() => disk.pread(at, mib / 2));
          assert.ok(part.equals(bytes.subarray(at, at + mib / 2)), `${at}`);
        }
      }
    });
  }
});

describe('where each read costs a round trip', () => {
  for (const format of formats) {
    test(`${format}: about one a MiB of the file`, async () => {
      const file = files.get(format) ?? Buffer.alloc(0);
      let reads = 0;
      let readBytes = 0;
      const source = inWindows({
        sizeBytes: file.length,
        async read(offset, length) {
          reads++;
          readBytes += length;
          return file.subarray(offset, offset + length);
        },
      });
      const { disk } = await openDiskFile(format, source, limits);
      for (let at = 0; at < bytes.length; at += mib / 2) await disk.pread(at, mib / 2);
      const most = Math.ceil(file.length / mib) + 4;
      assert.ok(reads <= most, `${reads} reads of ${file.length} bytes`);
      assert.ok(readBytes <= most * mib, `${readBytes} bytes`);
    });
  }
});

describe('windows and parts are the same bytes', () => {
  test('at any place', async () => {
    const file = accessOfBuffer(bytes);
    const part = partOf(inWindows(partOf(file, 1000, 7 * mib)), 500, 6 * mib);
    const random = numbers(5);
    for (let n = 0; n < 300; n++) {
      const offset = random(6 * mib);
      const length = random(Math.min(6 * mib - offset, random(2) ? 5000 : 3 * mib));
      const read = await part.read(offset, length);
      assert.ok(read.equals(bytes.subarray(1500 + offset, 1500 + offset + length)));
    }
  });

  test('and nothing beyond', async () => {
    const part = partOf(accessOfBuffer(bytes), 1000, 5000);
    for (const [offset, length] of [
      [0, 5001],
      [5000, 1],
      [-1, 1],
      [Number.NaN, 1],
    ]) {
      await assert.rejects(async () => part.read(offset as number, length as number), RangeError);
    }
    assert.throws(() => partOf(part, 10, 5000), RangeError);
  });
});

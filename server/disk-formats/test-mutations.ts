/**
 * Bytes changed at random, for tests of every format: whatever becomes of a file, opening and
 * reading it ends in the disk or in a DiskFormatError, within bounds, and never reads outside of the
 * file.
 */
import assert from 'node:assert/strict';
import { DiskFormatError } from './disk-format-error.ts';
import type { DiskFileFormat } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { openOva } from './ova.ts';
import type { RandomAccess } from './random-access.ts';
import { gib, mib, numbers } from './test-disks.ts';

/** What a mutation may cost: a file that asks for more is one that gets away with it. */
const limits = { maxSizeBytes: 64 * gib };
const bytesReadMax = 512 * mib;

export interface Mutated {
  name: string;
  format: DiskFileFormat | 'ova';
  bytes: Buffer;
  /** Where the tables are: changed as often as anything else. */
  places: [start: number, length: number][];
  /** Sums the tables anew, so that what was changed in them is not refused for that alone. */
  sum?: (bytes: Buffer) => void;
}

/** A file that fails the test when it is read outside of its bytes, or without end. */
function watched(bytes: Buffer): RandomAccess {
  let readBytes = 0;
  return {
    sizeBytes: bytes.length,
    async read(offset, length) {
      const inside = Number.isSafeInteger(offset) && offset >= 0 && offset + length <= bytes.length;
      assert.ok(inside && length >= 0, `${length} bytes at ${offset} of ${bytes.length}`);
      readBytes += length;
      assert.ok(readBytes < bytesReadMax, 'it is read over and over');
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** How many of the files were refused. */
export async function tryMutations(
  { name, format, bytes, places, sum }: Mutated,
  count: number,
  seed: number,
): Promise<number> {
  const random = numbers(seed);
  let refused = 0;
  for (let n = 0; n < count; n++) {
    const changed = mutated(bytes, places, random);
    if (random(4) > 0 && changed.length === bytes.length) sum?.(changed);
    try {
      await readSome(format, watched(changed), random);
    } catch (error) {
      if (!(error instanceof DiskFormatError)) {
        throw new Error(`${name}, seed ${seed}, mutation ${n}`, { cause: error });
      }
      assert.ok(error.message.length < 500, error.message);
      refused++;
    }
  }
  return refused;
}

async function readSome(
  format: DiskFileFormat | 'ova',
  source: RandomAccess,
  random: (below: number) => number,
): Promise<void> {
  if (format === 'ova') {
    await using ova = await openOva(source, { limits });
    for (const { disk } of ova.disks) await readDisk(disk, random);
    return;
  }
  const { disk, facts } = await openDiskFile(format, source, limits);
  assert.ok(facts.sizeBytes > 0 && facts.sizeBytes <= limits.maxSizeBytes);
  await readDisk(disk, random);
}

/** A disk that became very large is read where it begins, ends, and somewhere. */
async function readDisk(
  disk: Awaited<ReturnType<typeof openDiskFile>>['disk'],
  random: (below: number) => number,
): Promise<void> {
  const length = Math.min(disk.sizeBytes, mib / 2);
  const last = disk.sizeBytes - length;
  for (const offset of [0, Math.floor(random(1000) * (last / 1000)), last]) {
    assert.equal((await disk.pread(offset, length)).length, length);
  }
  const extents = (await disk.extents?.(0, disk.sizeBytes)) ?? [];
  const sum = extents.reduce((bytes, extent) => bytes + extent.length, 0);
  assert.ok(extents.length === 0 || sum === disk.sizeBytes);
}

function mutated(
  source: Buffer,
  places: Mutated['places'],
  random: (below: number) => number,
): Buffer {
  const bytes = Buffer.from(source);
  const anywhere: Mutated['places'] = [...places, [0, bytes.length]];
  const count = 1 + random(6);
  for (let n = 0; n < count; n++) {
    const [start, length] = anywhere[random(anywhere.length)] as [number, number];
    const at = start + random(length);
    if (at >= bytes.length) continue;
    const kind = random(4);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    else if (kind === 2) bytes.fill(random(2) ? 0xff : 0, at, Math.min(at + 8, bytes.length));
    // A table that points at what another entry of it does, or at itself.
    else {
      const from = (start + random(length)) & ~7;
      bytes.copy(bytes, at & ~7, from, from + 8);
    }
  }
  return random(12) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

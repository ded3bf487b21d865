/**
 * Bytes changed at random, for tests of every format: whatever becomes of a file, opening and
 * reading it ends in the disk or in a DiskFormatError, within bounds, and never reads outside of the
 * file.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32cWithout } from './crc32c.ts';
import { DiskFormatError } from './disk-format-error.ts';
import type { DiskFileFormat } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { openOva } from './ova.ts';
import type { RandomAccess } from './random-access.ts';
import { diskOf, gib, MemorySink, mib, numbers, qemuImg, qemuName } from './test-disks.ts';
import { checksumOf } from './vhd-footer.ts';
import { type DiskFileOptions, writeDiskFile } from './write-disk-file.ts';
import { writeOva } from './write-ova.ts';

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

/** A small disk: short files are mutated where it matters. */
const sourceBytes = 2 * mib + 512;
const random = numbers(3);
/** Little noise, so that the tables are a good part of the file. */
const sourceDisk = Buffer.alloc(sourceBytes);
for (let at = 0; at < 300_000; at += 16) sourceDisk.write(`line ${random(900)}`, at);
for (let at = 700_000; at < 710_000; at++) sourceDisk[at] = random(256);
for (let at = sourceBytes - 3000; at < sourceBytes; at++) sourceDisk[at] = random(4);

/** A file of every format and kind, its tables in reach. */
export async function mutatedFiles(): Promise<Mutated[]> {
  const made = async (
    name: string,
    format: DiskFileFormat,
    options: DiskFileOptions,
    more: (bytes: Buffer) => Pick<Mutated, 'places' | 'sum'>,
  ): Promise<Mutated> => {
    const sink = new MemorySink();
    await writeDiskFile(format, diskOf(sourceDisk), sink, options);
    return { name, format, bytes: sink.bytes, ...more(sink.bytes) };
  };
  const theirs = async (format: DiskFileFormat, options: string, more: typeof qcow2Places) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mutations-'));
    try {
      const [raw, file] = [path.join(folder, 'raw'), path.join(folder, 'file')];
      await writeFile(raw, sourceDisk);
      qemuImg('convert', '-f', 'raw', '-O', qemuName[format], '-o', options, raw, file);
      const bytes = await readFile(file);
      return { name: `qemu-img's ${format}, ${options}`, format, bytes, ...more(bytes) };
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const ovaSink = new MemorySink();
  await writeOva({ name: 'm', disks: [diskOf(sourceDisk), diskOf(sourceDisk)] }, ovaSink);
  return [
    await made('raw', 'raw', {}, () => ({ places: [[0, 512]] })),
    await made('qcow2', 'qcow2', {}, qcow2Places),
    await made('qcow2 of deflate', 'qcow2', { compression: 'deflate' }, qcow2Places),
    await made('qcow2 of zstd', 'qcow2', { compression: 'zstd' }, qcow2Places),
    await made('stream-optimised VMDK', 'vmdk', {}, vmdkPlaces),
    await made('dynamic VHD', 'vhd', {}, vhdPlaces),
    await made('fixed VHD', 'vhd', { variant: 'fixed' }, vhdPlaces),
    await made('VHDX', 'vhdx', {}, vhdxPlaces),
    await theirs('qcow2', 'compat=0.10,cluster_size=4k', qcow2Places),
    await theirs('vmdk', 'subformat=monolithicSparse', sparseVmdkPlaces),
    await theirs('vhdx', 'subformat=fixed,block_size=1M', vhdxPlaces),
    { name: 'OVA', format: 'ova', bytes: ovaSink.bytes, ...ovaPlaces(ovaSink.bytes) },
  ];
}

function qcow2Places(bytes: Buffer): Pick<Mutated, 'places'> {
  const l1 = Number(bytes.readBigUInt64BE(40));
  const l2 = Number(bytes.readBigUInt64BE(l1) & 0x00fffffffffffe00n);
  return {
    places: [
      [0, 120],
      [l1, 16],
      [l2, 300],
    ],
  };
}

function vmdkPlaces(bytes: Buffer): Pick<Mutated, 'places'> {
  const footer = bytes.length - 1024;
  const directory = Number(bytes.readBigUInt64LE(footer + 56)) * 512;
  const table = bytes.readUInt32LE(directory) * 512;
  return {
    places: [
      [0, 80],
      [512, 400],
      [footer, 80],
      [directory, 8],
      [table, 140],
      [bytes.readUInt32LE(table) * 512, 40],
    ],
  };
}

function sparseVmdkPlaces(bytes: Buffer): Pick<Mutated, 'places'> {
  const directory = Number(bytes.readBigUInt64LE(56)) * 512;
  return {
    places: [
      [0, 80],
      [512, 400],
      [directory, 8],
      [bytes.readUInt32LE(directory) * 512, 140],
    ],
  };
}

function vhdPlaces(bytes: Buffer): Pick<Mutated, 'places' | 'sum'> {
  return {
    places: [
      [bytes.length - 512, 90],
      [512, 60],
      [1536, 16],
    ],
    sum(changed) {
      const footer = changed.subarray(-512);
      footer.writeUInt32BE(checksumOf(footer, 64), 64);
      const header = changed.subarray(512, 1536);
      if (header.toString('latin1', 0, 8) !== 'cxsparse') return;
      header.writeUInt32BE(checksumOf(header, 36), 36);
    },
  };
}

function vhdxPlaces(): Pick<Mutated, 'places' | 'sum'> {
  const summed: [number, number][] = [
    [65_536, 4096],
    [131_072, 4096],
    [196_608, 65_536],
    [262_144, 65_536],
  ];
  return {
    places: [
      ...summed.map(([at]): [number, number] => [at, 90]),
      [2 * mib, 200],
      [2 * mib + 65_536, 40],
      [3 * mib, 16],
    ],
    sum(changed) {
      for (const [at, length] of summed) {
        const part = changed.subarray(at, at + length);
        part.writeUInt32LE(crc32cWithout(part, 4), 4);
      }
    },
  };
}

/** With the sums of its headers, and half of the time without a manifest by that name. */
function ovaPlaces(bytes: Buffer): Pick<Mutated, 'places' | 'sum'> {
  const headers: number[] = [];
  for (let at = 0; bytes[at] !== 0; ) {
    headers.push(at);
    at +=
      512 + Math.ceil(Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8) / 512) * 512;
  }
  const manifestAt = headers.at(-1) ?? 0;
  return {
    places: [...headers.map((at): [number, number] => [at, 300]), [512, 3000]],
    sum(changed) {
      // By a byte that is as often odd as not.
      if (changed.subarray(0, 2048).reduce((all, byte) => all ^ byte, 0) & 1) {
        changed.write('m.xx', manifestAt);
      }
      for (const at of headers) {
        const header = changed.subarray(at, at + 512);
        header.write(' '.repeat(8), 148, 'latin1');
        const sum = header.reduce((all, byte) => all + byte, 0);
        header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      }
    },
  };
}

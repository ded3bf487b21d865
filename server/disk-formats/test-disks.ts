/**
 * For tests of disk files: disks with everything in them that formats treat differently, files in
 * memory, and qemu-img as the judge of what it reads and writes as well.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Disk, Extent } from '../disk/disk.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { DiskFormatError } from './disk-format-error.ts';
import type { DiskFileFormat, DiskLimits } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { accessOfBuffer, accessOfFile } from './random-access.ts';
import { type DiskFileOptions, writeDiskFile } from './write-disk-file.ts';
import type { DiskSink } from './written-disk.ts';

export const mib = 1024 ** 2;
export const gib = 1024 ** 3;
export const limits: DiskLimits = { maxSizeBytes: 16 * 1024 * gib };

/** What QEMU calls the format. */
export const qemuName: Record<DiskFileFormat, string> = {
  raw: 'raw',
  qcow2: 'qcow2',
  vmdk: 'vmdk',
  vhd: 'vpc',
  vhdx: 'vhdx',
};

/** The same numbers from the same seed. */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Text that compresses, noise that does not, zeros in pieces of all sizes, and an odd end. */
export function someBytes(sizeBytes: number, seed = 7): Buffer {
  const random = numbers(seed);
  const disk = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; ) {
    const length = Math.min(sizeBytes - at, 1 + random(random(3) === 0 ? 3 * mib : 100_000));
    const kind = random(3);
    if (kind === 0) for (let n = 0; n < length; n += 16) disk.write(`line ${random(5000)}`, at + n);
    if (kind === 1) for (let n = 0; n < length; n++) disk[at + n] = random(256);
    at += length;
  }
  disk.fill(1, sizeBytes - 100);
  return disk;
}

export function diskOf(bytes: Buffer): Disk {
  return {
    sizeBytes: bytes.length,
    async pread(offset, length) {
      assert.ok(offset >= 0 && offset + length <= bytes.length, `${length} at ${offset}`);
      return bytes.subarray(offset, offset + length);
    },
    async close() {},
  };
}

/** A large disk of which little is there, and which knows that. */
export function sparseDisk(sizeBytes: number, parts: ReadonlyMap<number, Buffer>): Disk {
  const within = (offset: number, length: number) =>
    [...parts]
      .map(([at, bytes]) => ({ at, bytes, end: at + bytes.length }))
      .filter(({ at, end }) => at < offset + length && end > offset)
      .sort((a, b) => a.at - b.at);
  return {
    sizeBytes,
    async pread(offset, length) {
      const target = Buffer.alloc(length);
      for (const { at, bytes } of within(offset, length)) {
        bytes.copy(target, Math.max(0, at - offset), Math.max(0, offset - at));
      }
      return target;
    },
    async extents(offset, length) {
      const extents: Extent[] = [];
      let done = offset;
      const until = (end: number, zero: boolean) => {
        if (end > done) extents.push({ length: end - done, zero });
        done = Math.max(done, end);
      };
      for (const { at, end } of within(offset, length)) {
        until(at, true);
        until(Math.min(end, offset + length), false);
      }
      until(offset + length, true);
      return extents;
    },
    async close() {},
  };
}

/** A file in memory, in which nothing may be written twice. */
export class MemorySink implements DiskSink {
  bytes = Buffer.alloc(0);
  readonly #written: { start: number; end: number }[] = [];

  async write(bytes: Buffer, position: number): Promise<void> {
    const end = position + bytes.length;
    const again = this.#written.find((range) => range.start < end && position < range.end);
    assert.equal(again, undefined, `${position} to ${end} again`);
    this.#written.push({ start: position, end });
    if (end > this.bytes.length) this.bytes = Buffer.concat([this.bytes], Math.ceil(end * 1.5));
    bytes.copy(this.bytes, position);
  }

  async truncate(sizeBytes: number): Promise<void> {
    for (const { end } of this.#written) assert.ok(sizeBytes >= end, `${sizeBytes} is inside`);
    this.bytes = Buffer.concat([this.bytes.subarray(0, sizeBytes)], sizeBytes);
  }
}

export async function writtenTo(
  path: string,
  format: DiskFileFormat,
  disk: Disk,
  options: DiskFileOptions = {},
): Promise<void> {
  await using file = await nodeFiles.open(path, 'create');
  await writeDiskFile(format, disk, file, options);
}

/** All bytes of the disk in a file, by the reader under test. */
export async function wholeOf(format: DiskFileFormat, path: string): Promise<Buffer> {
  await using file = await nodeFiles.open(path, 'read');
  const { disk, facts } = await openDiskFile(format, await accessOfFile(file), limits);
  assert.equal(disk.sizeBytes, facts.sizeBytes);
  return await disk.pread(0, disk.sizeBytes);
}

export function qemuImg(...argv: string[]): string {
  return execFileSync('qemu-img', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A disk, in a folder in which qemu-img makes files of other formats of it. */
export class Converted {
  readonly bytes: Buffer;
  readonly #folder: string;

  private constructor(bytes: Buffer, folder: string) {
    this.bytes = bytes;
    this.#folder = folder;
  }

  static async of(bytes: Buffer): Promise<Converted> {
    const converted = new Converted(bytes, await mkdtemp(path.join(tmpdir(), 'converted-')));
    await writeFile(converted.file('disk.raw'), bytes);
    return converted;
  }

  file(name: string): string {
    return path.join(this.#folder, name);
  }

  async to(format: DiskFileFormat, options: string[], name = `disk.${format}`): Promise<Buffer> {
    const argv = ['convert', '-f', 'raw', '-O', qemuName[format], ...options];
    qemuImg(...argv, this.file('disk.raw'), this.file(name));
    return readFile(this.file(name));
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }
}

/** All bytes of the disk in a file, and what is said of it. */
export async function readOf(format: DiskFileFormat, file: Buffer) {
  const { disk, facts } = await openDiskFile(format, accessOfBuffer(file), limits);
  return { facts, read: await disk.pread(0, disk.sizeBytes) };
}

export async function patched(path: string, position: number, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
}

/** The error that a file is refused with, which must be of the one class. */
export async function refusalOf(
  format: DiskFileFormat,
  bytes: Buffer,
  most: DiskLimits = limits,
): Promise<string> {
  try {
    const { disk } = await openDiskFile(format, accessOfBuffer(bytes), most);
    await disk.pread(0, Math.min(disk.sizeBytes, 64 * mib));
  } catch (error) {
    assert.ok(error instanceof DiskFormatError, String((error as Error).stack));
    return error.message;
  }
  throw new Error('it was read');
}

/**
 * Every format in both directions, with qemu-img as the judge: what it writes is read as the disk
 * that it was made of, what is written it reads as that disk, and finds nothing wrong where it
 * checks.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeFiles } from '../files/node/node-files.ts';
import type { DiskFileFormat } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { accessOfFile, inWindows } from './random-access.ts';
import {
  diskOf,
  gib,
  limits,
  MemorySink,
  mib,
  numbers,
  qemuImg,
  qemuName,
  someBytes,
  sparseDisk,
  wholeOf,
  writtenTo,
} from './test-disks.ts';
import { type DiskFileOptions, writeDiskFile } from './write-disk-file.ts';

/** Neither whole MiB nor whole clusters. */
const diskBytes = 23 * mib + 5 * 512;

let folder = '';
let bytes: Buffer;
let raw = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'disk-formats-'));
  bytes = someBytes(diskBytes);
  raw = path.join(folder, 'disk.raw');
  await writeFile(raw, bytes);
});
after(() => rm(folder, { recursive: true }));

/** A format as qemu-img writes it. */
const readKinds: [name: string, format: DiskFileFormat, argv: string[]][] = [
  ['raw', 'raw', []],
  ['qcow2', 'qcow2', []],
  ['qcow2 of deflate', 'qcow2', ['-c']],
  ['qcow2 of zstd', 'qcow2', ['-c', '-o', 'compression_type=zstd']],
  ['qcow2 of version 2', 'qcow2', ['-c', '-o', 'compat=0.10']],
  ['qcow2 of small clusters', 'qcow2', ['-c', '-o', 'cluster_size=4k']],
  ['qcow2 of large clusters', 'qcow2', ['-c', '-o', 'cluster_size=2M']],
  [
    'qcow2 of large clusters of zstd',
    'qcow2',
    ['-c', '-o', 'cluster_size=2M,compression_type=zstd'],
  ],
  ['monolithic sparse VMDK', 'vmdk', ['-o', 'subformat=monolithicSparse']],
  ['VMDK of zeroed grains', 'vmdk', ['-o', 'subformat=monolithicSparse,zeroed_grain=on']],
  ['stream-optimised VMDK', 'vmdk', ['-o', 'subformat=streamOptimized']],
  ['dynamic VHD', 'vhd', ['-o', 'subformat=dynamic,force_size=on']],
  ['fixed VHD', 'vhd', ['-o', 'subformat=fixed,force_size=on']],
  ['dynamic VHDX', 'vhdx', ['-o', 'subformat=dynamic']],
  ['fixed VHDX', 'vhdx', ['-o', 'subformat=fixed']],
  ['VHDX of small blocks', 'vhdx', ['-o', 'block_size=1M']],
];

describe('what qemu-img wrote is read as what it was made of', () => {
  for (const [name, format, argv] of readKinds) {
    test(name, async () => {
      const file = path.join(folder, `read-${name.replaceAll(' ', '-')}`);
      qemuImg('convert', '-f', 'raw', '-O', qemuName[format], ...argv, raw, file);
      assert.ok((await wholeOf(format, file)).equals(bytes));
      await readInParts(format, file);
    });
  }
});

async function readInParts(format: DiskFileFormat, file: string): Promise<void> {
  await using opened = await nodeFiles.open(file, 'read');
  const source = inWindows(await accessOfFile(opened));
  const { disk, facts } = await openDiskFile(format, source, limits);
  const random = numbers(11);
  for (let n = 0; n < 100; n++) {
    const offset = random(diskBytes);
    const length = Math.min(diskBytes - offset, 1 + random(700_000));
    const part = await disk.pread(offset, length);
    assert.ok(part.equals(bytes.subarray(offset, offset + length)), `${length} at ${offset}`);
  }
  await assert.rejects(async () => disk.pread(diskBytes - 10, 11), RangeError);
  assert.equal((await disk.pread(diskBytes, 0)).length, 0);
  if (!disk.extents) return;
  let at = 0;
  let allocatedBytes = 0;
  for (const { length, zero } of await disk.extents(0, diskBytes)) {
    if (zero) assert.ok(bytes.subarray(at, at + length).equals(Buffer.alloc(length)));
    else allocatedBytes += length;
    at += length;
  }
  assert.equal(at, diskBytes);
  assert.equal(facts.allocatedBytes, allocatedBytes);
  assert.ok(allocatedBytes > diskBytes / 4);
}

/** As we write it; whether qemu-img can check the file. */
const writeKinds: [string, DiskFileFormat, DiskFileOptions, checked: boolean][] = [
  ['raw', 'raw', {}, false],
  ['qcow2', 'qcow2', {}, true],
  ['qcow2 of deflate', 'qcow2', { compression: 'deflate' }, true],
  ['qcow2 of zstd', 'qcow2', { compression: 'zstd' }, true],
  ['stream-optimised VMDK', 'vmdk', {}, true],
  ['dynamic VHD', 'vhd', {}, false],
  ['fixed VHD', 'vhd', { variant: 'fixed' }, false],
  ['dynamic VHDX', 'vhdx', {}, true],
];

describe('what is written is the disk, for qemu-img and for ourselves', () => {
  for (const [name, format, options, checked] of writeKinds) {
    test(name, async () => {
      const file = path.join(folder, `written-${name.replaceAll(' ', '-')}`);
      await writtenTo(file, format, diskOf(bytes), options);
      if (checked) qemuImg('check', '-f', qemuName[format], file);
      const info = JSON.parse(qemuImg('info', '-f', qemuName[format], '--output=json', file));
      assert.equal(info['virtual-size'], diskBytes);
      const same = qemuImg('compare', '-f', qemuName[format], '-F', 'raw', file, raw);
      assert.match(same, /Images are identical/);
      assert.ok((await wholeOf(format, file)).equals(bytes));
      // A sink in memory looks at the order of the writes.
      const sink = new MemorySink();
      await writeDiskFile(format, diskOf(bytes), sink, options);
      assert.equal(sink.bytes.length, (await stat(file)).size);
    });
  }

  test('a compressed one is a quarter smaller at least, a sparse one has no room for zeros', async () => {
    const sizeOf = async (name: string) => (await stat(path.join(folder, `written-${name}`))).size;
    const plain = await sizeOf('qcow2');
    assert.ok((await sizeOf('qcow2-of-deflate')) < plain * 0.75);
    assert.ok((await sizeOf('qcow2-of-zstd')) < plain * 0.75);
    const { blocks } = await stat(path.join(folder, 'written-raw'));
    assert.ok(blocks * 512 < diskBytes * 0.9, `${blocks} blocks`);
  });
});

describe('a large disk costs what is in it', () => {
  const parts = new Map([
    [0, someBytes(200_000, 1)],
    [600 * mib + 512, someBytes(3 * mib, 2)],
    [4 * gib + 100 * mib, someBytes(70_000, 3)],
    [9 * gib - 4096, someBytes(4096, 4)],
  ]);
  const disk = sparseDisk(9 * gib, parts);
  for (const [name, format, options, checked] of writeKinds) {
    if (options.variant === 'fixed') continue;
    test(name, async () => {
      const file = path.join(folder, `large-${name.replaceAll(' ', '-')}`);
      const told: number[] = [];
      const onProgress = (done: number, total: number) => told.push(done / total);
      await writtenTo(file, format, disk, { ...options, onProgress });
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
      );
      assert.equal(told.at(-1), 1);
      const { blocks, size } = await stat(file);
      assert.ok(Math.min(blocks * 512, size) < 48 * mib, `${blocks} blocks of ${size} bytes`);
      if (checked) qemuImg('check', '-f', qemuName[format], file);
      for (const [at, part] of parts) {
        const back = path.join(folder, 'part.raw');
        await rm(back, { force: true });
        const [first, last] = [Math.floor(at / 512), Math.ceil((at + part.length) / 512)];
        const source = ['-f', qemuName[format], '-O', 'raw'];
        qemuImg(
          'dd',
          ...source,
          'bs=512',
          `skip=${first}`,
          `count=${last}`,
          `if=${file}`,
          `of=${back}`,
        );
        const read = await readFile(back);
        assert.ok(read.subarray(at % 512, (at % 512) + part.length).equals(part), `${at}`);
      }
      await using opened = await nodeFiles.open(file, 'read');
      const { disk: again } = await openDiskFile(format, await accessOfFile(opened), limits);
      for (const [at, part] of parts) {
        assert.ok((await again.pread(at, part.length)).equals(part), `${at}`);
      }
      assert.ok((await again.pread(2 * gib, mib)).equals(Buffer.alloc(mib)));
    });
  }
});

describe('what a writer is asked to stop', () => {
  for (const [name, format, options] of writeKinds) {
    test(name, async () => {
      const stop = new AbortController();
      const onProgress = () => stop.abort(new Error('enough'));
      const asked = { ...options, signal: stop.signal, onProgress };
      const written = writeDiskFile(format, diskOf(bytes), new MemorySink(), asked);
      await assert.rejects(written, /enough/);
    });
  }
});

test('a disk that cannot be read is no file', async () => {
  const broken = { ...diskOf(bytes), pread: () => Promise.reject(new Error('gone')) };
  for (const [, format, options] of writeKinds) {
    await assert.rejects(writeDiskFile(format, broken, new MemorySink(), options), /gone/);
  }
});

test('a sink that fails ends the writing with its error, and no write is under way then', async () => {
  for (const [, format, options] of writeKinds) {
    for (const failing of [1, 2, 3]) {
      let writes = 0;
      let underWay = 0;
      const sink = {
        async write() {
          const fails = ++writes === failing;
          underWay++;
          assert.equal(underWay, 1);
          await sleep(1);
          underWay--;
          if (fails) throw new Error('the disk is full');
        },
        async truncate() {},
      };
      const large = sparseDisk(64 * mib, new Map([0, 20, 40].map((at) => [at * mib, bytes])));
      await assert.rejects(writeDiskFile(format, large, sink, options), /the disk is full/);
      assert.equal(underWay, 0);
      assert.ok(writes <= failing + 1);
    }
  }
});

/**
 * Vendors' images, as qemu-img makes them: compressed both ways, of version 2 and 3, and then with
 * bytes changed at random.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { LayeredDisk } from './layered-disk.ts';
import { decompressCluster } from './qcow2-compression.ts';
import { Qcow2Error } from './qcow2-format.ts';
import { openImage, openLayer } from './qcow2-layer.ts';
import { openSnapshotDisk } from './snapshot-disk.ts';
import { uploadImage } from './upload-layers.ts';

const mib = 1024 ** 2;
const diskBytes = 24 * mib;
const mutations = 2000;
/** A cluster of 2 MiB, the frame's window, and what reading holds besides; far below a bomb's. */
const memoryMaxBytes = 256 * mib;

let folder = '';
let raw: Buffer;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'qcow2-image-'));
  raw = someDisk();
  await writeFile(path.join(folder, 'disk.raw'), raw);
  await writeFile(path.join(folder, 'small.raw'), raw.subarray(8 * mib + 600_000, 10 * mib));
});
after(() => rm(folder, { recursive: true }));

/** Text that compresses, noise that does not, zeros, and holes. */
function someDisk(): Buffer {
  const random = numbers(7);
  const disk = Buffer.alloc(diskBytes);
  for (let at = 0; at < 6 * mib; at += 16) disk.write(`line ${random(5000)}`, at);
  for (let at = 8 * mib + 700_000; at < 9 * mib; at += 16) disk.write(`word ${random(900)}`, at);
  for (let at = 9 * mib; at < 10 * mib + 1000; at++) disk[at] = random(256);
  for (let at = diskBytes - 3000; at < diskBytes; at++) disk[at] = random(4);
  return disk;
}

/** The same numbers from the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function imageOf(name: string, ...options: string[]): Promise<string> {
  return converted('disk', name, options);
}

async function converted(disk: string, name: string, options: string[]): Promise<string> {
  const file = path.join(folder, `${name}.qcow2`);
  const argv = ['convert', '-f', 'raw', '-O', 'qcow2', ...options];
  execFileSync('qemu-img', [...argv, path.join(folder, `${disk}.raw`), file], { stdio: 'pipe' });
  return file;
}

async function wholeOf(file: string): Promise<Buffer> {
  const disk = new LayeredDisk([await openImage(file)]);
  try {
    return await disk.pread(0, disk.sizeBytes);
  } finally {
    await disk.close();
  }
}

describe('what is read is what was converted', () => {
  const kinds = {
    plain: [],
    deflate: ['-c'],
    zstd: ['-c', '-o', 'compression_type=zstd'],
    'version 2': ['-c', '-o', 'compat=0.10'],
    'small clusters': ['-c', '-o', 'cluster_size=4k'],
    'large clusters': ['-c', '-o', 'cluster_size=2M'],
    'large clusters of zstd': ['-c', '-o', 'cluster_size=2M,compression_type=zstd'],
  };
  for (const [name, options] of Object.entries(kinds)) {
    test(name, async () => {
      const file = await imageOf(name.replaceAll(' ', '-'), ...options);
      assert.ok((await wholeOf(file)).equals(raw));
    });
  }

  test('in parts that begin and end anywhere', async () => {
    const disk = new LayeredDisk([await openImage(await imageOf('parts', '-c'))]);
    const random = numbers(11);
    for (let n = 0; n < 200; n++) {
      const offset = random(diskBytes);
      const length = Math.min(diskBytes - offset, 1 + random(300_000));
      assert.ok((await disk.pread(offset, length)).equals(raw.subarray(offset, offset + length)));
    }
    await disk.close();
  });

  test('and what a block store has of it, which is read only where something is', async () => {
    const store = new MemoryBlockStore();
    const image = await openImage(await imageOf('upload', '-c'));
    const { root, changedBlocks } = await uploadImage({ store, image });
    await image.close();
    const reader = new CachedBlockReader(store, { capacityBytes: 64 * mib });
    const disk = await openSnapshotDisk(reader, root);
    assert.ok((await disk.pread(0, diskBytes)).equals(raw));
    assert.ok(changedBlocks < diskBytes / blockSizeBytes, `${changedBlocks} blocks`);
  });
});

describe('what is refused', () => {
  test('a layer of a guest’s is not compressed, and not of version 2', async () => {
    const layer = await openLayer(await imageOf('as-layer', '-c'));
    await assert.rejects(layer.segments(0, mib), /compressed clusters/);
    await layer.close();
    const old = await imageOf('as-old-layer', '-o', 'compat=0.10');
    await assert.rejects(openLayer(old), /version is 2, only 3 is read/);
  });

  const changes: [string, (bytes: Buffer) => void, RegExp][] = [
    ['a backing file', (bytes) => bytes.writeUInt32BE(7, 16), /backing file/],
    ['encryption', (bytes) => bytes.writeUInt32BE(1, 32), /encrypted/],
    ['internal snapshots', (bytes) => bytes.writeUInt32BE(1, 60), /snapshots/],
    ['another version', (bytes) => bytes.writeUInt32BE(4, 4), /version is 4/],
    ['no magic', (bytes) => bytes.writeUInt32BE(4, 0), /not qcow2/],
    ['tiny clusters', (bytes) => bytes.writeUInt32BE(9, 20), /cluster bits/],
    ['a huge disk', (bytes) => bytes.writeBigUInt64BE(1n << 60n, 24), /virtual size/],
    ['an external data file', (bytes) => bytes.writeBigUInt64BE(4n, 72), /external data file/],
    ['extended L2 entries', (bytes) => bytes.writeBigUInt64BE(16n, 72), /extended L2/],
    ['another compression', (bytes) => bytes.writeUInt8(2, 104), /compression type is 2/],
  ];
  for (const [name, change, message] of changes) {
    test(name, async () => {
      const file = path.join(folder, 'changed.qcow2');
      const bytes = await readFile(await imageOf('unchanged', '-c'));
      change(bytes);
      await writeFile(file, bytes);
      await assert.rejects(openImage(file), (error: Error) => {
        assert.ok(error instanceof Qcow2Error);
        return message.test(error.message);
      });
    });
  }

  test('a file that ends too early', async () => {
    const file = await imageOf('cut', '-c');
    const { size } = await stat(file);
    await truncate(file, Math.floor(size / 2));
    await assert.rejects(wholeOf(file), Qcow2Error);
  });

  for (const compression of ['zlib', 'zstd']) {
    test(`a cluster of ${compression} that becomes more than one`, async () => {
      const file = await imageOf('bomb', '-c', '-o', `compression_type=${compression}`);
      const bytes = await readFile(file);
      const large = await openImage(file);
      const [segment] = await large.segments(0, 65_536);
      await large.close();
      const data = bytes.subarray(segment?.fileOffset ?? 0);
      const kind = compression === 'zlib' ? 'deflate' : 'zstd';
      await assert.rejects(decompressCluster(kind, data, 4096), { code: 'ERR_BUFFER_TOO_LARGE' });
      await assert.rejects(decompressCluster(kind, data, 2 * 65_536), /it has 65536 bytes/);
    });
  }
});

test('bytes changed at random are the disk, or refused; never more memory, never another error', async () => {
  const seed = 20_261;
  const random = numbers(seed);
  const sources = [
    await readFile(await converted('small', 'fuzz-deflate', ['-c'])),
    await readFile(await converted('small', 'fuzz-zstd', ['-c', '-o', 'compression_type=zstd'])),
    await readFile(await converted('small', 'fuzz-old', ['-c', '-o', 'compat=0.10'])),
  ];
  const file = path.join(folder, 'fuzz.qcow2');
  const before = process.memoryUsage().rss;
  let refused = 0;
  for (let n = 0; n < mutations; n++) {
    const bytes = mutated(sources[n % sources.length] as Buffer, random);
    await writeFile(file, bytes);
    try {
      await readSome(file, random);
    } catch (error) {
      assert.ok(error instanceof Qcow2Error, `seed ${seed}, mutation ${n}: ${error}`);
      refused++;
    }
  }
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < memoryMaxBytes, `${grown} bytes`);
  assert.ok(refused > mutations / 4 && refused < mutations, `${refused} of ${mutations} refused`);
});

/** Where the header and the tables are as often as anywhere; some are cut. */
function mutated(source: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(source);
  const l1Offset = Number(source.readBigUInt64BE(40));
  const l2Offset = Number(source.readBigUInt64BE(l1Offset) & 0x00fffffffffffe00n);
  const places = [
    [0, 112],
    [l1Offset, 64],
    [l2Offset, 3072],
    [0, bytes.length],
  ] as const;
  const count = 1 + random(6);
  for (let n = 0; n < count; n++) {
    const [start, length] = places[random(places.length)] ?? places[0];
    const at = start + random(length);
    if (at < bytes.length)
      bytes[at] = random(2) ? random(256) : (bytes[at] ?? 0) ^ (1 << random(8));
  }
  return random(10) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

/** A disk that became very large is read where it begins. */
async function readSome(file: string, random: (below: number) => number): Promise<void> {
  const image = await openImage(file);
  try {
    const disk = new LayeredDisk([image]);
    const length = Math.min(disk.sizeBytes, mib / 4);
    for (const offset of [0, Math.floor(random(1000) * ((disk.sizeBytes - length) / 1000))]) {
      assert.equal((await disk.pread(offset, length)).length, length);
    }
  } finally {
    await image.close();
  }
}

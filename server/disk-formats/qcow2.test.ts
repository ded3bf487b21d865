/** What of qcow2 is refused, left out, or given up before it is there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { openLayer } from '../disk/qcow2-layer.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { uploadDisk } from '../disk/upload-layers.ts';
import { openDiskFile } from './open-disk-file.ts';
import { decompressCluster } from './qcow2-compression.ts';
import { accessOfBuffer } from './random-access.ts';
import {
  Converted,
  gib,
  limits,
  mib,
  qemuImg,
  readOf,
  refusalOf,
  someBytes,
} from './test-disks.ts';

let source: Converted;
let bytes: Buffer;
before(async () => {
  bytes = someBytes(8 * mib);
  source = await Converted.of(bytes);
});
after(() => source.remove());

const imageOf = (...options: string[]) => source.to('qcow2', options);

/** qemu-img measures the processor first, and gives up where that one's clock has a jolt. */
function madeEncrypted(argv: string[]): boolean {
  try {
    qemuImg('create', ...argv);
    return true;
  } catch (error) {
    if (!/accurate CPU usage/.test(String(error))) throw error;
    return false;
  }
}

describe('refused by its name', () => {
  const changes: [string, (image: Buffer) => void, RegExp][] = [
    ['a backing file', (image) => image.writeUInt32BE(7, 16), /names a backing file/],
    ['encryption', (image) => image.writeUInt32BE(2, 32), /is encrypted/],
    ['another version', (image) => image.writeUInt32BE(4, 4), /version is 4/],
    ['no magic', (image) => image.writeUInt32BE(4, 0), /does not begin as one/],
    ['tiny clusters', (image) => image.writeUInt32BE(9, 20), /cluster bits are 9/],
    ['huge clusters', (image) => image.writeUInt32BE(22, 20), /cluster bits are 22/],
    ['a disk of 1 PiB', (image) => image.writeBigUInt64BE(1n << 50n, 24), /virtual size/],
    ['a disk of nothing', (image) => image.writeBigUInt64BE(0n, 24), /disk is empty/],
    ['dirty', (image) => image.writeBigUInt64BE(1n, 72), /not closed.*qemu-img check/],
    ['corrupt', (image) => image.writeBigUInt64BE(2n, 72), /'corrupt'.*qemu-img check/],
    ['an external data file', (image) => image.writeBigUInt64BE(4n, 72), /external data file/],
    ['extended L2 entries', (image) => image.writeBigUInt64BE(16n, 72), /extended L2/],
    ['an unknown bit', (image) => image.writeBigUInt64BE(1n << 40n, 72), /incompatible bit 40/],
    ['another compression', (image) => image.writeUInt8(2, 104), /compression type is 2/],
    ['no extensions’ end', (image) => image.fill(0xee, 112, 65_536), /extensions do not end/],
    ['L1 behind the end', (image) => image.writeBigUInt64BE(1n << 40n, 40), /L1 offset/],
    ['a short L1', (image) => image.writeUInt32BE(0, 36), /L1 table is too small/],
    ['a long L1', (image) => image.writeUInt32BE(1 << 30, 36), /L1 table is too large/],
  ];
  for (const [name, change, message] of changes) {
    test(name, async () => {
      const image = await imageOf('-c');
      change(image);
      assert.match(await refusalOf('qcow2', image), message);
    });
  }

  test('extended L2 entries as qemu-img makes them', async () => {
    assert.match(await refusalOf('qcow2', await imageOf('-o', 'extended_l2=on')), /extended L2/);
  });

  test('encryption as qemu-img makes it', async () => {
    const secret = ['--object', 'secret,id=key,data=secret'];
    const file = source.file('encrypted.qcow2');
    const luks = 'encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10';
    const argv = [...secret, '-f', 'qcow2', '-o', luks, file, '1M'];
    for (let made = false; !made; ) made = madeEncrypted(argv);
    assert.match(await refusalOf('qcow2', await readFile(file)), /is encrypted/);
  });

  test('a disk larger than is allowed, before its tables are read', async () => {
    const image = await imageOf();
    const most = { maxSizeBytes: 7 * mib };
    assert.match(await refusalOf('qcow2', image, most), /has 8388608 bytes, more than the 7340032/);
  });

  test('a file that ends too early, wherever', async () => {
    const image = await imageOf('-c');
    for (let part = 1; part < 8; part++) {
      const cut = image.subarray(0, Math.floor((image.length * part) / 8));
      assert.match(await refusalOf('qcow2', cut), /cannot be read/);
    }
  });
});

test('a layer of a guest’s is not compressed, and not of version 2', async () => {
  const file = source.file('disk.qcow2');
  await imageOf('-c');
  const layer = await openLayer(file);
  await assert.rejects(layer.segments(0, bytes.length), /compressed clusters/);
  await layer.close();
  await imageOf('-o', 'compat=0.10');
  await assert.rejects(openLayer(file), /version is 2, only 3 is read/);
});

test('internal snapshots are left out, and said', async () => {
  const file = source.file('snapshots.qcow2');
  await imageOf();
  await writeFile(file, await readFile(source.file('disk.qcow2')));
  qemuImg('snapshot', '-c', 'before', file);
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 9 1M 64k', file]);
  const { read, facts } = await readOf('qcow2', await readFile(file));
  const now = Buffer.from(bytes);
  now.fill(9, mib, mib + 65_536);
  assert.ok(read.equals(now));
  assert.match(facts.notes.join(), /Its 1 internal snapshots were left out/);
});

test('what is uploaded of one is read only where something is', async () => {
  const image = accessOfBuffer(await imageOf('-c'));
  const { disk } = await openDiskFile('qcow2', image, limits);
  const store = new MemoryBlockStore();
  const { root, changedBlocks } = await uploadDisk({ store, disk });
  const reader = new CachedBlockReader(store, { capacityBytes: 64 * mib });
  const snapshot = await openSnapshotDisk(reader, root);
  assert.ok((await snapshot.pread(0, bytes.length)).equals(bytes));
  assert.equal(changedBlocks, blocksWithData());
});

/** Of 512 KiB, that have a cluster with something in it. */
function blocksWithData(): number {
  const blocks = new Set<number>();
  for (let at = 0; at < bytes.length; at += 65_536) {
    if (!bytes.subarray(at, at + 65_536).equals(Buffer.alloc(65_536))) {
      blocks.add(Math.floor(at / (mib / 2)));
    }
  }
  return blocks.size;
}

describe('tables that name the same bytes over and over', () => {
  /** 64 KiB clusters: header, L1, one L2 table, one cluster of data. */
  function imageWith(sizeBytes: number, l1: (index: number) => bigint, l2: bigint): Buffer {
    const image = Buffer.alloc(4 * 65_536);
    image.write('QFI\xfb', 0, 'latin1');
    image.writeUInt32BE(3, 4);
    image.writeUInt32BE(16, 20);
    image.writeBigUInt64BE(BigInt(sizeBytes), 24);
    const entries = Math.ceil(sizeBytes / (512 * mib));
    image.writeUInt32BE(entries, 36);
    image.writeBigUInt64BE(65_536n, 40);
    image.writeUInt32BE(4, 96);
    image.writeUInt32BE(104, 100);
    for (let n = 0; n < entries; n++) image.writeBigUInt64BE(l1(n), 65_536 + n * 8);
    for (let at = 2 * 65_536; at < 3 * 65_536; at += 8) image.writeBigUInt64BE(l2, at);
    return image;
  }

  test('every cluster of 512 MiB is the same one', async () => {
    const image = imageWith(512 * mib, () => 2n * 65_536n, 3n * 65_536n);
    assert.match(await refusalOf('qcow2', image), /name the same bytes more than once/);
  });

  test('every L2 table of 2 TiB is the same one', async () => {
    const image = imageWith(2048 * gib, () => 2n * 65_536n, 0n);
    assert.match(await refusalOf('qcow2', image), /names L2 tables more than once/);
  });

  test('the L2 table is its own data, and that is bytes of the file', async () => {
    const image = imageWith(65_536, () => 2n * 65_536n, 2n * 65_536n);
    const { disk } = await openDiskFile('qcow2', accessOfBuffer(image), limits);
    assert.ok((await disk.pread(0, 65_536)).equals(image.subarray(2 * 65_536, 3 * 65_536)));
  });

  test('every compressed cluster is the same one', async () => {
    const sectors = 127n << 54n;
    const image = imageWith(512 * mib, () => 2n * 65_536n, (1n << 62n) | sectors | 196_608n);
    // 8192 of them could be in a file of this length, if each were as short as can be.
    const refusal = await refusalOf('qcow2', image);
    assert.match(refusal, /compressed cluster 0 is none/);
  });
});

test('a cluster that becomes more or less than one is given up', async () => {
  const cluster = bytes.subarray(0, 65_536);
  const packed = {
    deflate: deflateRawSync(cluster, { windowBits: 12 }),
    zstd: zstdCompressSync(cluster),
  };
  for (const kind of ['deflate', 'zstd'] as const) {
    assert.ok((await decompressCluster(kind, packed[kind], 65_536)).equals(cluster));
    const tooMuch = decompressCluster(kind, packed[kind], 4096);
    await assert.rejects(tooMuch, { code: 'ERR_BUFFER_TOO_LARGE' });
    await assert.rejects(decompressCluster(kind, packed[kind], 2 * 65_536), /it has 65536 bytes/);
  }
});

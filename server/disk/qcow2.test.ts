import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LayeredDisk } from './layered-disk.ts';
import { createLayer } from './qcow2-create.ts';
import { Qcow2Error } from './qcow2-format.ts';
import { openLayer } from './qcow2-layer.ts';

const kib = 1024;
const mib = 1024 ** 2;
const gib = 1024 ** 3;

let folder = '';
let files = 0;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'qcow2-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});
const newPath = () => path.join(folder, `${files++}.qcow2`);

async function newLayer(sizeBytes: number): Promise<string> {
  const layer = newPath();
  await createLayer(layer, sizeBytes);
  return layer;
}

/** Runs commands of qemu-io on a layer, as a guest's QEMU would have written it. */
function qemuIo(layer: string, ...commands: string[]): void {
  const image = [
    '--image-opts',
    `driver=qcow2,discard=unmap,file.driver=file,file.filename=${layer}`,
  ];
  const output = execFileSync('qemu-io', [...image, ...commands.flatMap((c) => ['-c', c])]);
  assert.doesNotMatch(String(output), /fail|error/i);
}

function qemuImg(...args: string[]): string {
  return execFileSync('qemu-img', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** All that a layer over zeros holds, by the reader under test. */
async function readWhole(layer: string): Promise<Buffer> {
  const opened = await openLayer(layer);
  const disk = new LayeredDisk([opened]);
  try {
    return await disk.pread(0, disk.sizeBytes);
  } finally {
    await disk.close();
  }
}

async function allocatedOf(layer: string): Promise<string[]> {
  const opened = await openLayer(layer);
  try {
    const segments = await Array.fromAsync(opened.allocated());
    return segments.map(({ kind, offset, length }) => `${kind} ${offset / kib}+${length / kib}`);
  } finally {
    await opened.close();
  }
}

for (const sizeBytes of [512, mib + 512, 8 * gib, 513 * mib, 64 * 1024 * gib]) {
  test(`QEMU finds nothing wrong with an empty layer of ${sizeBytes} bytes`, async () => {
    const layer = await newLayer(sizeBytes);
    const check = JSON.parse(qemuImg('check', '-f', 'qcow2', '--output=json', layer));
    assert.deepEqual(
      [check['check-errors'], check.leaks, check.corruptions],
      [0, undefined, undefined],
    );
    const info = JSON.parse(qemuImg('info', '-f', 'qcow2', '--output=json', layer));
    assert.equal(info['virtual-size'], sizeBytes);
    assert.equal(info['cluster-size'], 64 * kib);
    assert.equal(info['backing-filename'], undefined);
    assert.equal(info['format-specific'].data.compat, '1.1');
    assert.ok((await stat(layer)).blocks * 512 <= 32 * kib);
    assert.deepEqual(await allocatedOf(layer), []);
    qemuIo(layer, `write -P 1 ${sizeBytes - 512} 512`);
    assert.match(qemuImg('check', '-f', 'qcow2', layer), /No errors/);
  });
}

test('a layer that exists is never replaced, and no temporary file stays', async () => {
  const layer = await newLayer(mib);
  qemuIo(layer, 'write -P 1 0 64k');
  await assert.rejects(createLayer(layer, mib), { code: 'EEXIST' });
  assert.equal((await readWhole(layer))[0], 1);
  await assert.rejects(stat(`${layer}.new`), { code: 'ENOENT' });
});

test('impossible sizes are refused', async () => {
  for (const sizeBytes of [0, -512, 100, 65 * 1024 * gib]) {
    await assert.rejects(createLayer(newPath(), sizeBytes), RangeError);
  }
});

test('tells data, zeros and holes apart', async () => {
  const layer = await newLayer(4 * gib);
  qemuIo(
    layer,
    'write -P 1 0 4k',
    'write -P 2 128k 64k',
    'write -P 3 192k 64k',
    'write -z -u 1M 128k',
    'write -P 4 3G 512',
    'write -P 5 320k 64k',
    'discard 320k 64k',
  );
  const allocated = await allocatedOf(layer);
  assert.deepEqual(allocated, [
    'data 0+64',
    'data 128+128',
    'zero 320+64',
    'zero 1024+128',
    `data ${3 * mib}+64`,
  ]);
});

test('reads what QEMU wrote: random writes, zeros and discards against a buffer', async () => {
  const sizeBytes = 24 * mib;
  const layer = await newLayer(sizeBytes);
  const model = Buffer.alloc(sizeBytes);
  let state = 11;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 4; round++) {
    const commands: string[] = [];
    for (let i = 0; i < 60; i++) {
      const offset = random(sizeBytes / 512 - 512) * 512;
      const length = (1 + random(400)) * 512;
      const value = random(256);
      const zero = random(4) === 0;
      commands.push(
        zero ? `write -z ${offset} ${length}` : `write -P ${value} ${offset} ${length}`,
      );
      model.fill(zero ? 0 : value, offset, offset + length);
    }
    qemuIo(layer, ...commands);
    assert.ok((await readWhole(layer)).equals(model));
  }
});

test('reads other cluster sizes, and a file that ends inside its last cluster', async () => {
  for (const cluster of ['512', '4k', '2M']) {
    const layer = newPath();
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `cluster_size=${cluster}`, layer, '64M');
    qemuIo(layer, 'write -P 9 33M 1M');
    const bytes = await readWhole(layer);
    assert.equal(bytes.indexOf(9), 33 * mib);
    assert.equal(bytes.lastIndexOf(9), 34 * mib - 1);
  }
});

test('shows the layers under the holes, the topmost first, and zeros beyond a smaller one', async () => {
  const low = await newLayer(2 * mib);
  const high = await newLayer(4 * mib);
  qemuIo(low, 'write -P 1 0 256k', 'write -P 1 2044k 4k');
  qemuIo(high, 'write -P 2 64k 64k', 'write -z 128k 64k', 'write -P 3 3M 64k');
  const disk = new LayeredDisk([await openLayer(low), await openLayer(high)]);
  const bytes = await disk.pread(0, disk.sizeBytes);
  const model = Buffer.alloc(4 * mib);
  model.fill(1, 0, 256 * kib).fill(1, 2044 * kib, 2 * mib);
  model.fill(2, 64 * kib, 128 * kib).fill(0, 128 * kib, 192 * kib);
  model.fill(3, 3 * mib, 3 * mib + 64 * kib);
  assert.ok(bytes.equals(model));
  assert.ok((await disk.pread(60 * kib, 80 * kib)).equals(model.subarray(60 * kib, 140 * kib)));
  await assert.rejects(disk.pread(4 * mib - 1, 2), RangeError);
  await disk.close();
});

describe('hostile files are refused:', () => {
  let good = '';
  before(async () => {
    good = await newLayer(64 * mib);
    qemuIo(good, 'write -P 1 0 64k');
  });
  const write = async (layer: string, at: number, bytes: Buffer) => {
    await using handle = await open(layer, 'r+');
    await handle.write(bytes, 0, bytes.length, at);
  };
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const u64 = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return bytes;
  };
  const l1 = 3 * 64 * kib;
  const edits: Record<string, (layer: string) => Promise<void>> = {
    'no qcow2': (layer) => writeFile(layer, Buffer.alloc(200_000, 'x')),
    'an empty file': (layer) => truncate(layer, 0),
    'half a header': (layer) => truncate(layer, 60),
    'version 2': (layer) => write(layer, 4, u32(2)),
    'a backing file': async (layer) => {
      await write(layer, 8, u64(200n));
      await write(layer, 16, u32(11));
      await write(layer, 200, Buffer.from('/etc/passwd'));
    },
    encryption: (layer) => write(layer, 32, u32(1)),
    'internal snapshots': (layer) => write(layer, 60, u32(1)),
    'a data file by feature bit': (layer) => write(layer, 72, u64(4n)),
    'a data file by header extension': async (layer) => {
      await write(layer, 104, Buffer.concat([u32(0x44415441), u32(8), Buffer.from('/secret\0')]));
    },
    'extensions without end': (layer) => write(layer, 104, Buffer.alloc(65_432, 0x11)),
    'compressed clusters of another type': (layer) => write(layer, 72, u64(8n)),
    'extended L2 entries': (layer) => write(layer, 72, u64(16n)),
    'the corrupt bit': (layer) => write(layer, 72, u64(2n)),
    'an unknown feature': (layer) => write(layer, 72, u64(1n << 40n)),
    'clusters of 8 bytes': (layer) => write(layer, 20, u32(3)),
    'clusters of 1 TiB': (layer) => write(layer, 20, u32(40)),
    'an impossible size': (layer) => write(layer, 24, u64(2n ** 60n)),
    'an L1 table that is too small': (layer) => write(layer, 24, u64(2n ** 40n)),
    'an L1 table of 32 GiB': (layer) => write(layer, 36, u32(0xffff_ffff)),
    'an L1 table outside of the file': (layer) => write(layer, 40, u64(1n << 40n)),
    'an L1 table between clusters': (layer) => write(layer, 40, u64(BigInt(l1 + 8))),
    'an L2 table outside of the file': (layer) => write(layer, l1, u64((1n << 63n) | (1n << 40n))),
    'an L2 table between clusters': (layer) => write(layer, l1, u64((1n << 63n) | 512n)),
    'reserved bits in the L1 table': (layer) => write(layer, l1, u64(1n)),
    'a header length of 8': (layer) => write(layer, 100, u32(8)),
  };
  for (const [edit, apply] of Object.entries(edits)) {
    test(edit, async () => {
      const layer = newPath();
      await copyFile(good, layer);
      assert.deepEqual(await allocatedOf(layer), ['data 0+64']);
      await apply(layer);
      await assert.rejects(allocatedOf(layer), Qcow2Error);
    });
  }

  const entries: Record<string, bigint> = {
    'a cluster outside of the file': (1n << 63n) | (1n << 40n),
    'a cluster between clusters': (1n << 63n) | 0x10200n,
    'a compressed cluster': (1n << 62n) | 0x10000n,
    'reserved bits of a cluster': 0x10002n,
  };
  for (const [edit, entry] of Object.entries(entries)) {
    test(edit, async () => {
      const layer = newPath();
      await copyFile(good, layer);
      await using handle = await open(layer, 'r');
      const pointer = Buffer.alloc(8);
      await handle.read(pointer, 0, 8, l1);
      const table = Number(pointer.readBigUInt64BE() & 0x00ff_ffff_ffff_fe00n);
      await write(layer, table, u64(entry));
      await assert.rejects(allocatedOf(layer), Qcow2Error);
      await assert.rejects(readWhole(layer), Qcow2Error);
    });
  }

  test('every cut of the file either reads as it was or is refused', async () => {
    const whole = await readWhole(good);
    const { size } = await stat(good);
    for (let length = size - 30_000; length > 0; length -= 37_777) {
      const layer = newPath();
      await copyFile(good, layer);
      await truncate(layer, length);
      await readWhole(layer).then(
        // The end of the last cluster may be missing: QEMU does not write zeros there.
        (bytes) => assert.ok(length > size - 64 * kib && bytes.length === whole.length),
        (error) => assert.ok(error instanceof Qcow2Error),
      );
      await rm(layer);
    }
  });
});

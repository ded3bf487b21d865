/** Encrypted layers: what we make QEMU opens, what it writes we read, and without the key nobody. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { LayeredDisk } from './layered-disk.ts';
import { luksBytes, makeLuks, openLuks, SectorCipher } from './luks.ts';
import { createLayer, isWholeLayer } from './qcow2-create.ts';
import { Qcow2Error } from './qcow2-format.ts';
import { openLayer } from './qcow2-layer.ts';

const mib = 1024 ** 2;
const secret = 'of-the-volume';
let folder = '';
let files = 0;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'luks-'));
});
after(() => rm(folder, { recursive: true }));
const newPath = () => path.join(folder, `${files++}.qcow2`);

async function newLayer(sizeBytes: number, options = {}): Promise<string> {
  const layer = newPath();
  await createLayer(layer, sizeBytes, { secret, ...options });
  return layer;
}

/** As a guest's QEMU writes it. */
function qemuIo(layer: string, ...commands: string[]): string {
  const image = `driver=qcow2,encrypt.format=luks,encrypt.key-secret=s,file.driver=file,file.filename=${layer}`;
  const words = ['--object', `secret,id=s,data=${secret}`, '--image-opts', image];
  return execFileSync('qemu-io', [...words, ...commands.flatMap((c) => ['-c', c])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function readWhole(layer: string, key?: string): Promise<Buffer> {
  const disk = new LayeredDisk([await openLayer(layer, undefined, key)]);
  try {
    return await disk.pread(0, disk.sizeBytes);
  } finally {
    await disk.close();
  }
}

test('sectors are encrypted as OpenSSL’s XTS does it, one by one', () => {
  const key = randomBytes(64);
  const plain = randomBytes(512 * 70);
  for (const first of [0, 1, 2 ** 32 - 3, 2 ** 40]) {
    const expected = Array.from({ length: 70 }, (_, i) => {
      const place = Buffer.alloc(16);
      place.writeBigUInt64LE(BigInt(first + i));
      const cipher = createCipheriv('aes-256-xts', key, place);
      return cipher.update(plain.subarray(i * 512, (i + 1) * 512));
    });
    const encrypted = new SectorCipher(key).encrypt(plain, first);
    assert.deepEqual(encrypted, Buffer.concat(expected));
    assert.deepEqual(new SectorCipher(key).decrypt(encrypted, first), plain);
  }
});

for (const sizeBytes of [512, mib + 512, 513 * mib, 64 * 1024 ** 4]) {
  test(`QEMU opens an empty encrypted layer of ${sizeBytes} bytes and finds nothing wrong`, async () => {
    const layer = await newLayer(sizeBytes);
    assert.ok(await isWholeLayer(layer));
    const text = execFileSync('qemu-img', ['info', '--output=json', '-f', 'qcow2', layer]);
    const info = JSON.parse(text.toString());
    assert.equal(info.encrypted, true);
    assert.equal(info['virtual-size'], sizeBytes);
    assert.equal(info['format-specific'].data.encrypt.format, 'luks');
    const image = `driver=qcow2,encrypt.format=luks,encrypt.key-secret=s,file.filename=${layer}`;
    const words = ['check', '--object', `secret,id=s,data=${secret}`, '--image-opts', image];
    execFileSync('qemu-img', words, { stdio: 'pipe' });
    // Sparse: no launch writes as much as the header is long.
    assert.ok((await stat(layer)).blocks * 512 < mib);
    if (sizeBytes <= 513 * mib)
      assert.ok((await readWhole(layer, secret)).equals(Buffer.alloc(sizeBytes)));
  });
}

test('what QEMU writes is read with the key, and nothing of it is in the file', async () => {
  const layer = await newLayer(8 * mib);
  qemuIo(layer, 'write -P 0x61 0 1M', 'write -P 0x62 3145728 512', 'write -z 4M 64k');
  const bytes = await readWhole(layer, secret);
  assert.ok(bytes.subarray(0, mib).equals(Buffer.alloc(mib, 'a')));
  assert.ok(bytes.subarray(3 * mib, 3 * mib + 512).equals(Buffer.alloc(512, 'b')));
  assert.ok(bytes.subarray(3 * mib + 512).equals(Buffer.alloc(5 * mib - 512)));
  const file = await readFile(layer);
  assert.equal(file.indexOf('aaaaaaaaaaaaaaaa'), -1);
  assert.equal(file.indexOf('bbbbbbbbbbbbbbbb'), -1);
  const opened = await openLayer(layer, undefined, secret);
  const part = await new LayeredDisk([opened]).pread(3 * mib + 100, 1000);
  assert.equal(part.toString().replaceAll('\0', ''), 'b'.repeat(412));
  await opened.close();
});

test('a layer is opened by its own secret alone, and a plain one not in its place', async () => {
  const layer = await newLayer(mib);
  await assert.rejects(openLayer(layer, undefined, 'another'), /encrypted with another key/);
  await assert.rejects(openLayer(layer), Qcow2Error);
  const plain = await newLayer(mib, { secret: undefined });
  await assert.rejects(openLayer(plain, undefined, secret), /is not encrypted, and should be/);
  const other = await newLayer(mib);
  const [one, two] = [await readFile(layer), await readFile(other)];
  assert.notDeepEqual(one.subarray(4 * 65_536), two.subarray(4 * 65_536), 'a key of its own');
});

test('headers of another form, or that contradict themselves, are refused', async () => {
  const { pieces } = makeLuks(secret);
  const whole = Buffer.alloc(luksBytes);
  for (const { offset, bytes } of pieces) bytes.copy(whole, offset);
  const open = (change: (header: Buffer) => void) => {
    const header = Buffer.from(whole);
    change(header);
    return openLuks(async (length, offset) => header.subarray(offset, offset + length), secret);
  };
  await open(() => {});
  const wrong: [RegExp, (header: Buffer) => void][] = [
    [/no LUKS header/, (header) => header.writeUInt16BE(2, 6)],
    [/its cipher/, (header) => header.write('cbc-essiv:sha256', 40)],
    [/its cipher/, (header) => header.writeUInt32BE(32, 108)],
    [/key slot/, (header) => header.writeUInt32BE(0x0000dead, 208)],
    [/key slot/, (header) => header.writeUInt32BE(2 ** 31, 248)],
    [/iterations/, (header) => header.writeUInt32BE(2 ** 32 - 1, 212)],
    [/iterations/, (header) => header.writeUInt32BE(0, 164)],
    [/another key/, (header) => header.writeUInt8(1, 5000)],
  ];
  for (const [message, change] of wrong) await assert.rejects(open(change), message);
  const layer = await newLayer(mib);
  const file = await readFile(layer);
  for (const [at, value] of [
    [32, 0],
    [32, 1],
    [104, 0x12345678],
    [108, 8],
    [119, 1],
  ] as const) {
    const changed = Buffer.from(file);
    changed.writeUInt32BE(value, at === 119 ? 116 : at);
    const name = newPath();
    await writeFile(name, changed);
    await assert.rejects(openLayer(name, undefined, secret), Qcow2Error, `${at}`);
  }
});

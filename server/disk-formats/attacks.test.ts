/**
 * Disk files that name a file of the host (case N5): with each of these `qemu-img convert` was seen
 * to copy that file into the volume. Here the host's file holds a secret that must never be read,
 * and the answer is an error that says what is wrong; or, of a raw file, its own bytes.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nodeFiles } from '../files/node/node-files.ts';
import { DiskFormatError } from './disk-format-error.ts';
import type { DiskFileFormat } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { accessOfFile } from './random-access.ts';
import { limits, mib, patched, qemuImg } from './test-disks.ts';

let folder = '';
let secret = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'attacks-'));
  secret = path.join(folder, 'secret');
  await writeFile(secret, Buffer.alloc(mib, 'the secret of the host '));
  // What is read gets a later time.
  await utimes(secret, 1000, 1000);
});
after(() => rm(folder, { recursive: true }));

async function opened(format: DiskFileFormat, file: string) {
  await using handle = await nodeFiles.open(file, 'read');
  const { disk, facts } = await openDiskFile(format, await accessOfFile(handle), limits);
  return { facts, bytes: await disk.pread(0, Math.min(disk.sizeBytes, mib)) };
}

async function assertRefused(format: DiskFileFormat, file: string, message: RegExp) {
  await assert.rejects(opened(format, file), (error: Error) => {
    assert.ok(error instanceof DiskFormatError, String(error.stack));
    assert.match(error.message, message);
    assert.ok(!error.message.includes('the secret'));
    return true;
  });
  assert.equal((await stat(secret)).atimeMs, 1000_000, 'the secret was read');
}

describe('three that qemu-img fell for', () => {
  test('a qcow2 file with a backing file', async () => {
    const file = path.join(folder, 'backing.qcow2');
    qemuImg('create', '-f', 'qcow2', '-u', '-F', 'raw', '-b', secret, file, '1M');
    await assertRefused('qcow2', file, /names a backing file/);
  });

  test('a qcow2 file with an external data file', async () => {
    const file = path.join(folder, 'data-file.qcow2');
    // The name is patched in: qemu-img would overwrite what it is given.
    const stand = path.join(folder, 'a'.repeat(path.basename(secret).length));
    qemuImg('create', '-f', 'qcow2', '-o', `data_file=${stand},data_file_raw=on`, file, '1M');
    const at = (await readFile(file)).indexOf(stand);
    assert.ok(at > 0);
    await patched(file, at, Buffer.from(secret));
    await assertRefused('qcow2', file, /external data file/);
    // Without the bit, the header extension alone.
    await patched(file, 72, Buffer.alloc(8));
    await assertRefused('qcow2', file, /external data file/);
  });

  test('a raw file that begins as a qcow2 file is the bytes that it is, and that is said', async () => {
    const file = path.join(folder, 'backing.qcow2');
    const { bytes, facts } = await opened('raw', file);
    assert.ok(bytes.equals((await readFile(file)).subarray(0, bytes.length)));
    assert.match(facts.notes.join(), /begins as a qcow2 file/);
    assert.equal((await stat(secret)).atimeMs, 1000_000, 'the secret was read');
  });
});

describe('others of that kind', () => {
  const descriptor = (lines: string) =>
    `# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n${lines}\n`;

  test('a VMDK descriptor that names a flat extent', async () => {
    const file = path.join(folder, 'flat.vmdk');
    const text = descriptor(`createType="monolithicFlat"\nRW 2048 FLAT "${secret}" 0`);
    await writeFile(file, text.padEnd(1024));
    await assertRefused('vmdk', file, /descriptor, and its disk is in other files/);
  });

  test('a sparse VMDK whose descriptor names other extents, or a parent', async () => {
    const file = path.join(folder, 'sparse.vmdk');
    qemuImg('create', '-f', 'vmdk', '-o', 'subformat=monolithicSparse', file, '1M');
    const put = (text: string) => patched(file, 512, Buffer.from(text.padEnd(1024, '\0')));
    await put(descriptor(`createType="monolithicFlat"\nRW 2048 FLAT "${secret}" 0`));
    await assertRefused('vmdk', file, /its type is 'monolithicFlat'/);
    await put(descriptor(`createType="monolithicSparse"\nRW 2048 FLAT "${secret}" 0`));
    await assertRefused('vmdk', file, /names 1 extents, none of which is opened/);
    const two = 'RW 1024 SPARSE "a"\nRW 1024 SPARSE "b"';
    await put(descriptor(`createType="monolithicSparse"\n${two}`));
    await assertRefused('vmdk', file, /names 2 extents/);
    const extent = 'createType="monolithicSparse"\nRW 2048 SPARSE "sparse.vmdk"';
    await put(descriptor(`${extent}\nparentFileNameHint="${secret}"`));
    await assertRefused('vmdk', file, /names a parent disk/);
    await put(descriptor(extent).replace('ffffffff', '12345677'));
    await assertRefused('vmdk', file, /is a delta/);
    await put(descriptor(`${extent}\nencryption.keySafe="x"`));
    await assertRefused('vmdk', file, /is encrypted/);
  });

  test('a VMDK with a parent, as qemu-img makes it', async () => {
    const parent = path.join(folder, 'parent.vmdk');
    const file = path.join(folder, 'child.vmdk');
    qemuImg('create', '-f', 'vmdk', parent, '1M');
    qemuImg('create', '-f', 'vmdk', '-F', 'vmdk', '-b', parent, file);
    await assertRefused('vmdk', file, /is a delta/);
  });
});

test('every other format that a raw file looks like is said', async () => {
  const file = path.join(folder, 'like.raw');
  const kinds: [string[], RegExp][] = [
    [['-f', 'vmdk', '-o', 'subformat=streamOptimized'], /begins as a VMDK file/],
    [['-f', 'vpc', '-o', 'force_size=on'], /begins as a dynamic VHD file/],
    [['-f', 'vpc', '-o', 'subformat=fixed,force_size=on'], /ends with the footer of a VHD file/],
    [['-f', 'vhdx'], /begins as a VHDX file/],
    [['-f', 'vdi'], /begins as a VDI file/],
    [['-f', 'qed'], /begins as a QED file/],
  ];
  for (const [argv, note] of kinds) {
    qemuImg('create', ...argv, file, '1M');
    const { facts, bytes } = await opened('raw', file);
    assert.match(facts.notes.join(), note);
    assert.equal(facts.sizeBytes, (await stat(file)).size);
    assert.ok((await readFile(file)).subarray(0, mib).equals(bytes));
    await rm(file);
  }
});

test('a file of another format than it was declared is refused, and what it looks like is said', async () => {
  const file = path.join(folder, 'other');
  qemuImg('create', '-f', 'qcow2', file, '1M');
  for (const format of ['vmdk', 'vhd', 'vhdx'] as const) {
    await assertRefused(format, file, /begins as a qcow2 file; give its own format/);
  }
  await rm(file);
  qemuImg('create', '-f', 'vpc', '-o', 'subformat=fixed,force_size=on', file, '1M');
  for (const format of ['qcow2', 'vhdx'] as const) {
    await assertRefused(format, file, /ends as a VHD file; give its own format/);
  }
});

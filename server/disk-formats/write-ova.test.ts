/** OVAs that we write, unpacked and judged by the tools of others, and by ourselves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { nodeFiles } from '../files/node/node-files.ts';
import { DiskFormatError, refusalsOf } from './disk-format-error.ts';
import { accessOfFile, type RandomAccess } from './random-access.ts';
import { indexTar } from './tar-index.ts';
import { diskOf, gib, MemorySink, qemuImg, sparseDisk } from './test-disks.ts';
import { data, folder, opened, root } from './test-ova.ts';
import { writeOva } from './write-ova.ts';

test('what tar and qemu-img find in it is what was put there, and its digests are right', async () => {
  const file = path.join(folder, 'written.ova');
  const told: number[] = [];
  {
    await using sink = await nodeFiles.open(file, 'create');
    const contents = {
      name: 'machine-1.0',
      disks: [diskOf(root), diskOf(data)],
      system: { cpus: 4, memoryMiB: 4096, firmware: 'efi' as const },
    };
    await writeOva(contents, sink, { onProgress: (done, total) => told.push(done / total) });
  }
  assert.equal(told.at(-1), 1);
  const work = await mkdtemp(path.join(folder, 'unpacked-'));
  execFileSync('tar', ['-xf', file], { cwd: work });
  const listed = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
  const names = ['machine-1.0.ovf', 'machine-1.0-disk1.vmdk', 'machine-1.0-disk2.vmdk'];
  assert.deepEqual(listed, [...names, 'machine-1.0.mf']);
  for (const name of names) {
    const digest = createHash('sha256').update(await readFile(path.join(work, name)));
    const manifest = await readFile(path.join(work, 'machine-1.0.mf'), 'utf8');
    assert.ok(manifest.includes(`SHA256(${name})= ${digest.digest('hex')}\n`));
  }
  for (const [index, disk] of [root, data].entries()) {
    const raw = path.join(work, `${index}.raw`);
    const vmdk = path.join(work, `machine-1.0-disk${index + 1}.vmdk`);
    qemuImg('convert', '-f', 'vmdk', '-O', 'raw', vmdk, raw);
    assert.ok((await readFile(raw)).equals(disk));
    const text = await readFile(path.join(work, 'machine-1.0.ovf'), 'utf8');
    assert.ok(text.includes(`ovf:size="${(await stat(vmdk)).size}"`));
  }
  await using again = await nodeFiles.open(file, 'read');
  const { disks, system, notes } = await opened(await accessOfFile(again));
  assert.ok(disks[0]?.bytes.equals(root));
  assert.ok(disks[1]?.bytes.equals(data));
  assert.deepEqual(notes, []);
  assert.deepEqual(system, {
    name: 'machine-1.0',
    osType: '100',
    firmware: 'efi',
    cpus: 4,
    memoryMiB: 4096,
  });
});

test('a name that could be taken for something else is refused', async () => {
  for (const name of ['', '../x', 'a b', '-x', 'x"y', 'x'.repeat(100)]) {
    const written = writeOva({ name, disks: [diskOf(root)] }, new MemorySink());
    await assert.rejects(written, DiskFormatError);
  }
});

test('a member of more than 8 GiB has its size in binary, as GNU has it', async () => {
  const size = 9 * gib;
  const header = Buffer.alloc(512);
  header.write('large.raw');
  header.writeUInt8(0x80, 124);
  header.writeBigUInt64BE(BigInt(size), 128);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0`,
    148,
  );
  const disk = sparseDisk(size + 2048, new Map([[0, header]]));
  const source: RandomAccess = { sizeBytes: disk.sizeBytes, read: disk.pread.bind(disk) };
  const members = await indexTar(source, refusalsOf('ova'));
  assert.deepEqual(members, [{ name: 'large.raw', offset: 512, sizeBytes: size }]);
});

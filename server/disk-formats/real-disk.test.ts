/**
 * A real disk, `micro` with its partitions, boot loaders and file systems, through every format and
 * back: from ours to ours, from ours to qemu-img, and from qemu-img to ours.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openRawFileDisk } from '../disk/raw-file-disk.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { buildProviderImage } from '../provider-images/provider-image.ts';
import type { DiskFileFormat } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import { accessOfFile } from './random-access.ts';
import { limits, qemuImg, qemuName, writtenTo } from './test-disks.ts';
import type { DiskFileOptions } from './write-disk-file.ts';

let folder = '';
let raw = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'real-disk-'));
  const workFolder = path.join(folder, 'work');
  const built = await buildProviderImage({ name: 'micro', workFolder, now: new Date() });
  raw = built.diskPath;
});
after(() => rm(folder, { recursive: true, force: true }));

async function rewritten(
  from: DiskFileFormat,
  file: string,
  to: DiskFileFormat,
  options: DiskFileOptions = {},
): Promise<string> {
  const written = path.join(folder, `${path.basename(file)}.${to}`);
  await using source = await nodeFiles.open(file, 'read');
  const { disk } = await openDiskFile(from, await accessOfFile(source), limits);
  await writtenTo(written, to, disk, options);
  return written;
}

function assertSame(file: string): void {
  execFileSync('cmp', [file, raw]);
}

test('from each format to the next, and raw again', async () => {
  const first = path.join(folder, 'first');
  const disk = await openRawFileDisk(raw);
  await writtenTo(first, 'qcow2', disk, { compression: 'zstd' });
  await disk.close();
  let [format, file]: [DiskFileFormat, string] = ['qcow2', first];
  for (const next of ['vmdk', 'vhd', 'vhdx', 'qcow2', 'raw'] as const) {
    const written = await rewritten(format, file, next);
    const compared = ['-f', qemuName[next], '-F', 'raw', written, raw];
    assert.match(qemuImg('compare', ...compared), /Images are identical/);
    await rm(file);
    [format, file] = [next, written];
  }
  assertSame(file);
  const [now, made] = [await stat(file), await stat(raw)];
  assert.ok(now.blocks < made.blocks * 1.5, `${now.blocks} blocks, ${made.blocks} before`);
});

test('from qemu-img, each format', async () => {
  const kinds: [DiskFileFormat, string[]][] = [
    ['qcow2', ['-c']],
    ['vmdk', ['-o', 'subformat=streamOptimized']],
    ['vmdk', ['-o', 'subformat=monolithicSparse']],
    ['vhd', ['-o', 'force_size=on']],
    ['vhdx', []],
  ];
  for (const [format, argv] of kinds) {
    const file = path.join(folder, 'theirs');
    qemuImg('convert', '-f', 'raw', '-O', qemuName[format], ...argv, raw, file);
    const written = await rewritten(format, file, 'raw');
    assertSame(written);
    await rm(written);
  }
});

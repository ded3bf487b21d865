/**
 * Reading and writing disk files of every format against `qemu-img convert` to and from raw, on the
 * same disk, in turns in one run: a file system with what is in this machine's /usr, holes between.
 * Both have the files in the page cache. Prints times and their ratio: 1.0 is qemu-img's speed,
 * larger is faster than it.
 *
 *   tools/node24 bench/disk-formats.bench.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Disk } from '../server/disk/disk.ts';
import { openRawFileDisk } from '../server/disk/raw-file-disk.ts';
import type { DiskFileFormat } from '../server/disk-formats/limits.ts';
import { openDiskFile } from '../server/disk-formats/open-disk-file.ts';
import { accessOfFile } from '../server/disk-formats/random-access.ts';
import { type DiskFileOptions, writeDiskFile } from '../server/disk-formats/write-disk-file.ts';
import { nodeFiles } from '../server/files/node/node-files.ts';
import { inTurn, load, median, ratio } from './figures.ts';

const rounds = 3;
const dataBytes = 384 * 1024 ** 2;
const diskBytes = 1024 ** 3;
const limits = { maxSizeBytes: diskBytes };

interface Kind {
  name: string;
  format: DiskFileFormat;
  qemu: string;
  argv: string[];
  options: DiskFileOptions;
}

const kinds: Kind[] = [
  { name: 'raw', format: 'raw', qemu: 'raw', argv: [], options: {} },
  { name: 'qcow2', format: 'qcow2', qemu: 'qcow2', argv: [], options: {} },
  {
    name: 'qcow2, deflate',
    format: 'qcow2',
    qemu: 'qcow2',
    argv: ['-c'],
    options: { compression: 'deflate' },
  },
  {
    name: 'qcow2, zstd',
    format: 'qcow2',
    qemu: 'qcow2',
    argv: ['-c', '-o', 'compression_type=zstd'],
    options: { compression: 'zstd' },
  },
  {
    name: 'VMDK, stream',
    format: 'vmdk',
    qemu: 'vmdk',
    argv: ['-o', 'subformat=streamOptimized'],
    options: {},
  },
  {
    name: 'VHD, dynamic',
    format: 'vhd',
    qemu: 'vpc',
    argv: ['-o', 'subformat=dynamic,force_size=on'],
    options: {},
  },
  { name: 'VHDX', format: 'vhdx', qemu: 'vhdx', argv: [], options: {} },
];

/** A raw disk, of whose MiB every third to fourth is a hole. */
async function makeDisk(file: string): Promise<void> {
  const tar = path.join(path.dirname(file), 'data.tar');
  const script = `tar -C / -cf - usr/lib usr/bin usr/share 2>/dev/null | head -c ${dataBytes} > ${tar}`;
  execFileSync('sh', ['-c', script]);
  await using source = await open(tar, 'r');
  await using target = await open(file, 'wx');
  const piece = Buffer.alloc(1024 ** 2);
  for (let n = 0; n < dataBytes / piece.length; n++) {
    await source.read(piece, 0, piece.length, n * piece.length);
    await target.write(piece, 0, piece.length, Math.floor(n * 2.5) * piece.length);
  }
  await target.truncate(diskBytes);
  await rm(tar);
}

async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Both sides of a read make a raw file of it. */
async function readOurs(kind: Kind, from: string, to: string): Promise<void> {
  await using source = await nodeFiles.open(from, 'read');
  const { disk } = await openDiskFile(kind.format, await accessOfFile(source), limits);
  await writeOurs('raw', disk, to, {});
}

async function writeOurs(
  format: DiskFileFormat,
  disk: Disk,
  to: string,
  options: DiskFileOptions,
): Promise<void> {
  await using sink = await nodeFiles.open(to, 'create');
  await writeDiskFile(format, disk, sink, options);
}

const convert = (argv: string[]) => execFileSync('qemu-img', ['convert', ...argv]);

const folder = await mkdtemp(path.join(tmpdir(), 'bench-disk-formats-'));
try {
  const raw = path.join(folder, 'disk.raw');
  const to = path.join(folder, 'to');
  await makeDisk(raw);
  const disk = await openRawFileDisk(raw);
  const timed = async (work: () => Promise<unknown> | unknown) => {
    const seconds = await secondsOf(work);
    const { size } = await stat(to);
    await rm(to);
    return { seconds, size };
  };
  for (const kind of kinds) {
    const from = path.join(folder, 'from');
    convert(['-f', 'raw', '-O', kind.qemu, ...kind.argv, raw, from]);
    const write = { ours: [] as number[], theirs: [] as number[] };
    const read = { ours: [] as number[], theirs: [] as number[] };
    const sizes = { ours: 0, theirs: 0 };
    for (let round = 0; round < rounds; round++) {
      for (const side of inTurn(round, ['ours', 'theirs'] as const)) {
        const written = await timed(() =>
          side === 'ours'
            ? writeOurs(kind.format, disk, to, kind.options)
            : convert(['-f', 'raw', '-O', kind.qemu, ...kind.argv, raw, to]),
        );
        write[side].push(written.seconds);
        sizes[side] = written.size;
        const back = await timed(() =>
          side === 'ours'
            ? readOurs(kind, from, to)
            : convert(['-f', kind.qemu, '-O', 'raw', from, to]),
        );
        read[side].push(back.seconds);
      }
    }
    const line = (what: string, times: typeof write) =>
      `${what} ${median(times.ours).toFixed(2)} s, qemu-img ${median(times.theirs).toFixed(2)} s, ` +
      `${ratio(times.theirs, times.ours)}`;
    console.log(
      `${kind.name.padEnd(15)} ${line('read', read)}; ${line('write', write)}; ` +
        `size ${(sizes.ours / sizes.theirs).toFixed(2)}`,
    );
    await rm(from);
  }
  console.log(load());
  await disk.close();
} finally {
  await rm(folder, { recursive: true });
}

/**
 * Reading and writing disk files of every format against `qemu-img convert` to and from raw, on the
 * same disk, in turns in one run: what is in this machine's /usr, holes between. Both have the files
 * in the page cache. Prints times and their ratio, 1.0 is qemu-img's speed, larger is faster; and the
 * same of processor time, which others on the host disturb less. From raw to what is not compressed
 * qemu-img asks the kernel for the holes and has it copy the rest, which Node cannot.
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
const dataBytes = 256 * 1024 ** 2;
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

interface Times {
  seconds: number;
  processorSeconds: number;
}

async function timesOfOurs(work: () => Promise<unknown>): Promise<Times> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - start) / 1000,
    processorSeconds: (user + system) / 1e6,
  };
}

/** Of qemu-img, whose processor time its shell tells. */
function timesOfTheirs(argv: string[]): Times {
  const start = performance.now();
  const shell = ['-c', 'qemu-img convert "$@" && times', 'sh', ...argv];
  const told = execFileSync('bash', shell, { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  const [user = 0, system = 0] = [
    ...(told.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g),
  ].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return { seconds, processorSeconds: user + system };
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

function lineOf(
  what: 'read' | 'write',
  taken: Record<'read' | 'write', Record<'ours' | 'theirs', Times[]>>,
): string {
  const of = (side: 'ours' | 'theirs', key: keyof Times) =>
    taken[what][side].map((each) => each[key]);
  const seconds = ratio(of('theirs', 'seconds'), of('ours', 'seconds'));
  const processor = ratio(of('theirs', 'processorSeconds'), of('ours', 'processorSeconds'));
  const ours = median(of('ours', 'seconds')).toFixed(2);
  const theirs = median(of('theirs', 'seconds')).toFixed(2);
  return `${what} ${ours} s, qemu-img ${theirs} s, ${seconds} (processor ${processor})`;
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-disk-formats-'));
try {
  const raw = path.join(folder, 'disk.raw');
  const to = path.join(folder, 'to');
  await makeDisk(raw);
  const disk = await openRawFileDisk(raw);
  for (const kind of kinds) {
    const from = path.join(folder, 'from');
    const write = ['-f', 'raw', '-O', kind.qemu, ...kind.argv, raw];
    timesOfTheirs([...write, from]);
    const taken: Record<'read' | 'write', Record<'ours' | 'theirs', Times[]>> = {
      read: { ours: [], theirs: [] },
      write: { ours: [], theirs: [] },
    };
    const sizes = { ours: 0, theirs: 0 };
    for (let round = 0; round < rounds; round++) {
      for (const side of inTurn(round, ['ours', 'theirs'] as const)) {
        taken.write[side].push(
          side === 'ours'
            ? await timesOfOurs(() => writeOurs(kind.format, disk, to, kind.options))
            : timesOfTheirs([...write, to]),
        );
        sizes[side] = (await stat(to)).size;
        await rm(to);
        taken.read[side].push(
          side === 'ours'
            ? await timesOfOurs(() => readOurs(kind, from, to))
            : timesOfTheirs(['-f', kind.qemu, '-O', 'raw', from, to]),
        );
        await rm(to);
      }
    }
    const size = (sizes.ours / sizes.theirs).toFixed(2);
    console.log(
      `${kind.name.padEnd(15)} ${lineOf('read', taken)}; ${lineOf('write', taken)}; size ${size}`,
    );
    await rm(from);
  }
  console.log(load());
  await disk.close();
} finally {
  await rm(folder, { recursive: true });
}

/** Disk files for tests of imports and exports, in a folder that is removed afterwards. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FilePlaces } from '../domain/file-places.ts';
import { mibBytes } from '../foundations/sizes.ts';

const efi = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
/** Microsoft's reserved partition, and its data. */
const reserved = 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE';
const basicData = 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7';
const ntfsSector = 28672;
/** Where the file system of a disk of Linux begins. */
export const linuxPartitionBytes = 20480 * 512;

const pieceBytes = 4096;
const zeros = Buffer.alloc(pieceBytes);

export class DiskFiles implements Disposable {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'imago-disk-files-'));
  readonly places: FilePlaces = {
    importFolders: { disks: this.folder },
    exportFolders: { disks: this.folder },
    importUrls: [],
  };

  path(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, bytes: Buffer): void {
    writeFileSync(this.path(name), bytes);
  }

  /** A raw disk of `mib`, zeros but for a mark in each of some of its MiB. */
  raw(name: string, mib: number, marked: readonly number[] = [0, mib - 1]): Buffer {
    const bytes = Buffer.alloc(mib * mibBytes);
    const fd = openSync(this.path(name), 'w');
    ftruncateSync(fd, bytes.length);
    for (const each of marked) {
      bytes.fill(each + 1, each * mibBytes, each * mibBytes + 4096);
      writeSync(fd, bytes, each * mibBytes, 4096, each * mibBytes);
    }
    closeSync(fd);
    return bytes;
  }

  /** A raw disk with an EFI partition and one of ext4, in which there is /etc. */
  linux(name: string, { bios = false, etc = true } = {}): void {
    const disk = etc ? withEtc() : withoutEtc();
    const fd = openSync(this.path(name), 'w');
    ftruncateSync(fd, disk.sizeBytes);
    for (const { at, bytes } of disk.pieces) writeSync(fd, bytes, 0, bytes.length, at);
    if (bios) writeSync(fd, Buffer.alloc(16, 0x90), 0, 16, 0);
    closeSync(fd);
  }

  /**
   * A raw disk parted as Windows' own setup parts one for UEFI; of the systems there is no more than
   * what they are known by.
   */
  windows(name: string): void {
    const file = this.path(name);
    this.raw(name, 64, []);
    const parts = [`start=2048,size=16384,type=${efi}`, `size=8192,type=${reserved}`];
    const script = ['label: gpt', ...parts, `start=${ntfsSector},type=${basicData}`, ''];
    execFileSync('sfdisk', ['--quiet', file], { input: script.join('\n') });
    const place = ['-i', `${file}@@${2048 * 512}`];
    const geometry = ['-T', '16384', '-h', '16', '-s', '63'];
    execFileSync('mformat', [...place, ...geometry, '::']);
    const folders = ['::/EFI', '::/EFI/Microsoft', '::/EFI/Microsoft/Boot'];
    execFileSync('mmd', [...place, ...folders]);
    const bytes = readFileSync(file);
    bytes.fill(0x90, 0, 16);
    bytes.write('\xebR\x90NTFS    ', ntfsSector * 512, 'latin1');
    this.write(name, bytes);
  }

  /** The same disk in another format, by QEMU. */
  convert(from: string, to: string, format: string, options: string[] = []): void {
    const args = ['convert', '-f', 'raw', '-O', format, ...options, this.path(from), this.path(to)];
    execFileSync('qemu-img', args);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** What is in a disk, without its zeros. */
interface Pieces {
  sizeBytes: number;
  pieces: { at: number; bytes: Buffer }[];
}

const withEtc = once(() => linuxDisk('etc'));
const withoutEtc = once(() => linuxDisk('srv'));

/** Other programs make it, which take longer than most tests: once a process. */
function linuxDisk(folder: string): Pieces {
  const work = mkdtempSync(path.join(os.tmpdir(), 'imago-linux-disk-'));
  try {
    const file = path.join(work, 'disk');
    const tree = path.join(work, 'tree');
    const part = path.join(work, 'part');
    const script = `label: gpt\nstart=2048,size=16384,type=${efi}\nstart=20480,type=L\n`;
    writeFileSync(file, '');
    truncateSync(file, 64 * mibBytes);
    execFileSync('sfdisk', ['--quiet', file], { input: script });
    mkdirSync(path.join(tree, folder), { recursive: true });
    execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', tree, part, '48m']);
    const bytes = readFileSync(file);
    readFileSync(part).copy(bytes, linuxPartitionBytes);
    return piecesOf(bytes);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function piecesOf(disk: Buffer): Pieces {
  const pieces: Pieces['pieces'] = [];
  for (let at = 0; at < disk.length; at += pieceBytes) {
    const bytes = disk.subarray(at, at + pieceBytes);
    if (!bytes.equals(zeros)) pieces.push({ at, bytes: Buffer.from(bytes) });
  }
  return { sizeBytes: disk.length, pieces };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

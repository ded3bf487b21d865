/** Disk files for tests of imports and exports, in a folder that is removed afterwards. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FilePlaces } from '../domain/file-places.ts';
import { mibBytes } from '../foundations/sizes.ts';

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

  /** The same disk in another format, by QEMU. */
  convert(from: string, to: string, format: string, options: string[] = []): void {
    const args = ['convert', '-f', 'raw', '-O', format, ...options, this.path(from), this.path(to)];
    execFileSync('qemu-img', args);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/**
 * Which kind of system is on a disk, as far as its partitions say: a file system with /etc in it,
 * or what only Linux or only Windows has. Whether it starts only a guest can tell.
 */
import type { Disk } from '../disk/disk.ts';
import { budgets, UnreadableContents } from './bounded-reader.ts';
import { type DiskPart, openDisk } from './disk-contents.ts';
import { FileTree } from './file-tree.ts';

export type System = 'Linux' | 'Windows';

export interface FoundSystem {
  system?: System;
  /** There is nothing on the disk that is known: no partitions, no file system. */
  isBare: boolean;
}

const ofLinux = ['xfs', 'btrfs', 'luks', 'squashfs', 'erofs', 'f2fs', 'lvm', 'linux-raid'];
const ofWindows = ['ntfs', 'refs', 'bitlocker'];

export async function systemOnDisk(disk: Disk): Promise<FoundSystem> {
  let isBare = true;
  for (const part of await openDisk(disk, budgets.look)) {
    const system = await systemOf(part);
    if (system) return { system, isBare: false };
    const isWhole = part.partition.number === undefined;
    isBare &&= isWhole && ['nothing', 'unknown'].includes(part.kind);
  }
  return { isBare };
}

async function systemOf({ kind, fileSystem }: DiskPart): Promise<System | undefined> {
  if (fileSystem && (await hasEtc(fileSystem))) return 'Linux';
  if (ofLinux.includes(kind)) return 'Linux';
  return ofWindows.includes(kind) ? 'Windows' : undefined;
}

/** A damaged file system bars none beside it. */
async function hasEtc(fileSystem: NonNullable<DiskPart['fileSystem']>): Promise<boolean> {
  try {
    return (await new FileTree(fileSystem).list('/etc')) !== undefined;
  } catch (error) {
    if (error instanceof UnreadableContents) return false;
    throw error;
  }
}

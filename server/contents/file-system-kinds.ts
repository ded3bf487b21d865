/**
 * What is in a part of a disk: file systems that are read here, and others, volumes and the like by
 * what they begin with, which are named and not read.
 */
import type { BoundedReader } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';
import { Fat } from './fat.ts';
import type { FileSystem } from './file-system.ts';
import { Xfs } from './xfs.ts';

export interface Reader {
  /** What it is called as long as it cannot be opened. */
  kind: string;
  isHere(part: BoundedReader): Promise<boolean>;
  open(part: BoundedReader): Promise<FileSystem>;
}

/** Every file system that is read. */
export const readers: readonly Reader[] = [
  { kind: 'ext4', isHere: Ext4.isHere, open: Ext4.open },
  { kind: 'xfs', isHere: Xfs.isHere, open: Xfs.open },
  // Has no mark of its own, so it comes last.
  { kind: 'vfat', isHere: Fat.isHere, open: Fat.open },
];

interface Mark {
  kind: string;
  /** As people call it. */
  title: string;
  at: number | readonly number[];
  /** In Latin-1. */
  text: string;
}

const marks: readonly Mark[] = [
  { kind: 'luks', title: 'LUKS', at: 0, text: 'LUKS\xba\xbe' },
  { kind: 'bitlocker', title: 'BitLocker', at: 3, text: '-FVE-FS-' },
  { kind: 'lvm', title: 'LVM', at: [0, 512, 1024, 1536], text: 'LABELONE' },
  { kind: 'linux-raid', title: 'Linux RAID', at: [0, 4096], text: '\xfc\x4e\x2b\xa9' },
  { kind: 'btrfs', title: 'Btrfs', at: 0x10040, text: '_BHRfS_M' },
  { kind: 'ntfs', title: 'NTFS', at: 3, text: 'NTFS    ' },
  { kind: 'refs', title: 'ReFS', at: 3, text: 'ReFS\0\0\0\0' },
  { kind: 'exfat', title: 'exFAT', at: 3, text: 'EXFAT   ' },
  { kind: 'squashfs', title: 'SquashFS', at: 0, text: 'hsqs' },
  { kind: 'erofs', title: 'EROFS', at: 1024, text: '\xe2\xe1\xf5\xe0' },
  { kind: 'f2fs', title: 'F2FS', at: 1024, text: '\x10\x20\xf5\xf2' },
  { kind: 'jfs', title: 'JFS', at: 32_768, text: 'JFS1' },
  { kind: 'reiserfs', title: 'ReiserFS', at: 65_588, text: 'ReIsEr' },
  { kind: 'apfs', title: 'APFS', at: 32, text: 'NXSB' },
  { kind: 'hfsplus', title: 'HFS+', at: 1024, text: 'H+' },
  { kind: 'iso9660', title: 'ISO 9660', at: 32_769, text: 'CD001' },
  { kind: 'udf', title: 'UDF', at: 32_769, text: 'BEA01' },
  // At the end of a page, of which some machines have larger ones.
  { kind: 'swap', title: 'swap', at: [4086, 8182, 16_374, 65_526], text: 'SWAPSPACE2' },
  { kind: 'swap', title: 'swap', at: 4086, text: 'S1SUSPEND' },
];

/** All of the marks are in it. */
const headBytes = 66 * 1024;

/** One in each KiB of the second half of a label; the first that are written are not the first. */
const zfs = { start: 128 * 1024, step: 1024, text: '\x0c\xb1\xba\x00\x00\x00\x00\x00' };

/** GRUB's core image, in a partition of its own, begins with no mark that anybody relies on. */
const bootLoaderMaxBytes = 16 * 1024 ** 2;

/** What it is called, and people call it, of what is not read. */
export interface Named {
  /** `nothing`: empty, or a boot loader's; `unknown` where there is something else. */
  kind: string;
  title: string;
}

export async function nameOf(part: BoundedReader): Promise<Named> {
  const head = await part.read(0, Math.min(part.sizeBytes, headBytes));
  for (const { kind, title, at, text } of marks) {
    for (const offset of typeof at === 'number' ? [at] : at) {
      if (head.toString('latin1', offset, offset + text.length) === text) return { kind, title };
    }
  }
  if (await isZfs(part)) return { kind: 'zfs', title: 'ZFS' };
  const isEmpty = head.every((byte) => byte === 0) || part.sizeBytes <= bootLoaderMaxBytes;
  return isEmpty
    ? { kind: 'nothing', title: 'nothing that is known' }
    : { kind: 'unknown', title: 'an unknown kind' };
}

async function isZfs(part: BoundedReader): Promise<boolean> {
  if (!part.has(zfs.start, zfs.start)) return false;
  const ring = (await part.read(zfs.start, zfs.start)).toString('latin1');
  for (let at = ring.indexOf(zfs.text); at >= 0; at = ring.indexOf(zfs.text, at + 1)) {
    if (at % zfs.step === 0) return true;
  }
  return false;
}

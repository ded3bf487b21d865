/**
 * Opens a disk file of the format that it was declared to be: the disk in it, and what is to be told
 * of it. Never probed: a file that is something else is refused, or, where any bytes are right
 * (raw), taken as they are. Whatever the bytes are, it throws a DiskFormatError and no other, but
 * for the source's own errors; so does reading the disk. Nothing that the file names is opened.
 */
import type { DiskFileFormat, DiskLimits, OpenedDiskFile } from './limits.ts';
import { openQcow2 } from './qcow2.ts';
import type { RandomAccess } from './random-access.ts';
import { openRaw } from './raw.ts';
import { openVhd } from './vhd.ts';
import { openVhdx } from './vhdx.ts';
import { openVmdk } from './vmdk.ts';

type Opener = (source: RandomAccess, limits: DiskLimits) => Promise<OpenedDiskFile>;

const openers: Record<DiskFileFormat, Opener> = {
  raw: openRaw,
  qcow2: openQcow2,
  vmdk: openVmdk,
  vhd: openVhd,
  vhdx: openVhdx,
};

/** The source stays the caller's: to be kept open while the disk is read, and closed after. */
export function openDiskFile(
  format: DiskFileFormat,
  source: RandomAccess,
  limits: DiskLimits,
): Promise<OpenedDiskFile> {
  return openers[format](source, limits);
}

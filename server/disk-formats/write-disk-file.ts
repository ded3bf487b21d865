/**
 * Writes a disk as a file of a format, from its front to its back and without a second copy: what
 * is zeros takes no room in it.
 */
import type { Disk } from '../disk/disk.ts';
import type { Compression } from '../disk/qcow2-format.ts';
import type { DiskFileFormat } from './limits.ts';
import { writeQcow2 } from './write-qcow2.ts';
import { writeRaw } from './write-raw.ts';
import { writeVhd } from './write-vhd.ts';
import { writeVhdx } from './write-vhdx.ts';
import { writeVmdk } from './write-vmdk.ts';
import { type DiskSink, type WriteOptions, writeBehind } from './written-disk.ts';

export interface DiskFileOptions extends WriteOptions {
  /** Of qcow2, which is plain without it; VMDK is always deflated, the others never. */
  compression?: Compression;
  /** Of VHD. */
  variant?: 'dynamic' | 'fixed';
}

type Writer = (disk: Disk, sink: DiskSink, options: DiskFileOptions) => Promise<void>;

const writers: Record<DiskFileFormat, Writer> = {
  raw: writeRaw,
  qcow2: writeQcow2,
  vmdk: writeVmdk,
  vhd: writeVhd,
  vhdx: writeVhdx,
};

/**
 * The file is whole when it resolves; syncing and naming it is the caller's. Throws a
 * DiskFormatError where the format cannot hold the disk. A disk whose size is not in whole sectors
 * gets zeros to the end of the last, but in a raw file.
 */
export function writeDiskFile(
  format: DiskFileFormat,
  disk: Disk,
  sink: DiskSink,
  options: DiskFileOptions = {},
): Promise<void> {
  return writeBehind(sink, (behind) => writers[format](disk, behind, options));
}

/** What a disk file may ask of its reader, and what is told of one. */
import type { Disk } from '../disk/disk.ts';
import type { Refuse } from './disk-format-error.ts';

export const diskFileFormats = ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx'] as const;
export type DiskFileFormat = (typeof diskFileFormats)[number];

export interface DiskLimits {
  /** Of the disk in the file, not of the file. */
  maxSizeBytes: number;
}

export interface DiskFacts {
  format: DiskFileFormat;
  /** Such as `dynamic` or `streamOptimized`, in the format's own word. */
  variant?: string;
  /** Of the disk. */
  sizeBytes: number;
  /** How much of it the file has bytes for; the rest is zeros. */
  allocatedBytes: number;
  /** Sentences for whoever sent it: what was left out, and what looks like a mistake. */
  notes: string[];
}

export interface OpenedDiskFile {
  /** Closing it does not close the source. */
  disk: Disk;
  facts: DiskFacts;
}

/** QEMU's own limit for what it writes, and Imago's for a volume. */
export const diskMaxBytes = 64 * 1024 ** 4;

/** Before anything is made or read that depends on it. */
export function checkSize(size: number | bigint, limits: DiskLimits, refuse: Refuse): number {
  const most = Math.min(limits.maxSizeBytes, diskMaxBytes);
  if (size > most) {
    throw refuse(`its disk has ${size} bytes, more than the ${most} that are allowed`);
  }
  if (size <= 0) throw refuse('its disk is empty');
  return Number(size);
}

/**
 * What is on a disk: each of its partitions, or the whole of it where it has none, with its file
 * system opened, or why it was not.
 */
import type { Disk } from '../disk/disk.ts';
import { BoundedReader, type Budget, UnreadableContents } from './bounded-reader.ts';
import type { FileSystem } from './file-system.ts';
import { nameOf, readers } from './file-system-kinds.ts';
import { type Partition, readPartitions } from './partition-table.ts';

export interface DiskPart {
  /** Where it is; without a number it is the whole disk. */
  partition: Partition;
  sizeBytes: number;
  /** That of the file system, or of what is there instead: `nothing` and `unknown` too. */
  kind: string;
  fileSystem?: FileSystem;
  /** Why there is none. */
  refused?: string;
  /** There is one that is read here, and this one cannot be. */
  isDamaged: boolean;
}

/** All that is read of it, then and later, is within one budget. */
export async function openDisk(disk: Disk, budget: Budget): Promise<DiskPart[]> {
  const reader = BoundedReader.of(disk, budget);
  const parts: DiskPart[] = [];
  for (const partition of await readPartitions(reader)) {
    const part = reader.part(partition.start, partition.sizeBytes);
    parts.push({ partition, sizeBytes: part.sizeBytes, ...(await openPart(part)) });
  }
  return parts;
}

/** A damaged one bars none beside it. */
async function openPart(part: BoundedReader): Promise<Omit<DiskPart, 'partition' | 'sizeBytes'>> {
  for (const { kind, isHere, open } of readers) {
    if (!(await isHere(part))) continue;
    try {
      const fileSystem = await open(part);
      return { kind: fileSystem.kind, fileSystem, isDamaged: false };
    } catch (error) {
      if (!(error instanceof UnreadableContents)) throw error;
      return { kind, refused: error.message, isDamaged: true };
    }
  }
  const { kind, title } = await nameOf(part);
  return { kind, refused: `there is ${title}, which is not read`, isDamaged: false };
}

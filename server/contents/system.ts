/**
 * Which kind of system is on a disk, as far as its partitions say: an ext file system with /etc in
 * it, or what only Linux or only Windows has. Whether it starts only a guest can tell.
 */
import type { Disk } from '../disk/disk.ts';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';
import { fileSystemOf, systemByMark } from './file-system-kinds.ts';
import { readPartitions } from './partition-table.ts';

export type System = 'Linux' | 'Windows';

export interface FoundSystem {
  system?: System;
  /** There is nothing on the disk that is known: no partitions, no file system. */
  isBare: boolean;
}

export async function systemOnDisk(disk: Disk): Promise<FoundSystem> {
  const reader = BoundedReader.of(disk);
  const partitions = await readPartitions(reader);
  let isBare = true;
  for (const { start, sizeBytes } of partitions) {
    const part = reader.part(start, sizeBytes);
    const system = await systemOf(part);
    if (system) return { system, isBare: false };
    const whole = start === 0;
    isBare &&= whole && ['nothing', 'unknown'].includes(await fileSystemOf(part));
  }
  return { isBare };
}

/** A damaged file system bars none beside it. */
async function systemOf(part: BoundedReader): Promise<System | undefined> {
  try {
    if (!(await Ext4.isHere(part))) return await systemByMark(part);
    const files = await Ext4.open(part);
    return (await files.list('/etc')) === undefined ? undefined : 'Linux';
  } catch (error) {
    if (error instanceof UnreadableContents) return undefined;
    throw error;
  }
}

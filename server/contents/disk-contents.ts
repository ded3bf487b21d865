/**
 * What is on disks: each of their partitions, or the whole of one where it has none, and the logical
 * volumes that they have together; with the file system opened, or why it was not.
 */
import type { Disk } from '../disk/disk.ts';
import { BoundedReader, type Budget, UnreadableContents } from './bounded-reader.ts';
import type { FileSystem } from './file-system.ts';
import { nameOf, readers } from './file-system-kinds.ts';
import {
  type LogicalVolume,
  listLogicalVolumes,
  type PhysicalVolume,
  readPhysicalVolume,
} from './logical-volumes.ts';
import { type Partition, readPartitions } from './partition-table.ts';

export interface DiskPart {
  /** Its place among the disks. */
  disk: number;
  /** Where it is; without a number it is the whole disk. */
  partition: Partition;
  /** What it is of a disk's logical volumes; where it begins is then in that partition. */
  volume?: { group: string; name: string };
  sizeBytes: number;
  /** That of the file system, or of what is there instead: `nothing` and `unknown` too. */
  kind: string;
  fileSystem?: FileSystem;
  /** Why there is none. */
  refused?: string;
  /** There is one that is read here, and this one cannot be. */
  isDamaged: boolean;
}

type Opened = Pick<DiskPart, 'kind' | 'fileSystem' | 'refused' | 'isDamaged'>;

/** All that is read of it, then and later, is within one budget. */
export function openDisk(disk: Disk, budget: Budget): Promise<DiskPart[]> {
  return openDisks([disk], budget);
}

/** Of one machine, whose logical volumes may be on several. Each disk has a budget of its own. */
export async function openDisks(disks: readonly Disk[], budget: Budget): Promise<DiskPart[]> {
  const parts: DiskPart[] = [];
  const physical = new Map<PhysicalVolume, DiskPart>();
  for (const [index, disk] of disks.entries()) {
    const reader = BoundedReader.of(disk, budget);
    for (const partition of await readPartitions(reader)) {
      const piece = reader.part(partition.start, partition.sizeBytes);
      const opened = await openPart(piece);
      const part = { disk: index, partition, sizeBytes: piece.sizeBytes, ...opened };
      parts.push(part);
      if (part.kind !== 'lvm') continue;
      await unlessDamaged(part, async () => {
        physical.set(await readPhysicalVolume(piece), part);
        part.refused = 'there is a part of logical volumes';
      });
    }
  }
  const [firstPart] = physical.values();
  if (firstPart) {
    await unlessDamaged(firstPart, async () => {
      for (const volume of listLogicalVolumes([...physical.keys()])) {
        parts.push(
          await openVolume(volume, (volume.first && physical.get(volume.first)) ?? firstPart),
        );
      }
    });
  }
  return parts;
}

async function openVolume(
  { group, name, sizeBytes, bytes }: LogicalVolume,
  { disk, partition }: DiskPart,
): Promise<DiskPart> {
  const opened =
    typeof bytes === 'string'
      ? { kind: 'logical-volume', refused: bytes, isDamaged: false }
      : await openPart(bytes);
  return { disk, partition, volume: { group, name }, sizeBytes, ...opened };
}

/** A damaged one bars none beside it. */
async function openPart(part: BoundedReader): Promise<Opened> {
  let kind = 'unknown';
  try {
    for (const reader of readers) {
      if (!(await reader.isHere(part))) continue;
      kind = reader.kind;
      const fileSystem = await reader.open(part);
      return { kind: fileSystem.kind, fileSystem, isDamaged: false };
    }
    const named = await nameOf(part);
    const refused = `there is ${named.title}, which is not read`;
    return { kind: named.kind, refused, isDamaged: false };
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    return { kind, refused: error.message, isDamaged: true };
  }
}

async function unlessDamaged(part: DiskPart, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    part.refused = error.message;
    part.isDamaged = true;
  }
}

/**
 * By which firmware a disk can be started, as far as its first sector and its partition table say:
 * code for a BIOS in the one, a system partition for UEFI in the other. Whether what is there
 * starts anything only a guest can tell.
 */
import type { Disk } from '../disk/disk.ts';
import { BoundedReader } from './bounded-reader.ts';
import { isEfiSystem, readPartitions } from './partition-table.ts';

export type BootMode = 'legacy-bios' | 'uefi' | 'uefi-preferred';

const sectorBytes = 512;
/** Before the disk's id and the table of an MBR. */
const codeBytes = 440;

/** Undefined where neither would find anything. */
export async function bootModeOf(disk: Disk): Promise<BootMode | undefined> {
  const reader = BoundedReader.of(disk);
  if (!reader.has(0, sectorBytes)) return undefined;
  const sector = await reader.read(0, sectorBytes);
  const hasCode = sector.subarray(0, codeBytes).some((byte) => byte !== 0);
  const bios = hasCode && sector.readUInt16BE(510) === 0x55aa;
  const uefi = (await readPartitions(reader)).some(isEfiSystem);
  if (uefi) return bios ? 'uefi-preferred' : 'uefi';
  return bios ? 'legacy-bios' : undefined;
}

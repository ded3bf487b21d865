/** What of a host's disk is kept for Imago itself (domain/capacity.ts). */
import { mibBytes } from '../foundations/sizes.ts';
import type { DiskMeasures } from './host.ts';

/** A small disk is not to be all reserve; of a large one nobody needs more. */
const reservedDiskShare = 1 / 20;
const reservedDiskMaxBytes = 512 * mibBytes;

export function reservedDiskBytes({ diskBytes }: Pick<DiskMeasures, 'diskBytes'>): number {
  return Math.min(reservedDiskMaxBytes, Math.floor(diskBytes * reservedDiskShare));
}

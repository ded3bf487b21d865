/** What this machine has: memory, processors, and the disks that folders are on. */
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { mibBytes } from '../../foundations/sizes.ts';
import type { DiskMeasures, HostMeasures } from '../host.ts';

/** `storeFolders` are those of regions that have a store of their own. */
export async function measureHost(
  folder: string,
  storeFolders: Readonly<Record<string, string>> = {},
): Promise<HostMeasures> {
  const regionDisks: NonNullable<HostMeasures['regionDisks']> = {};
  for (const [region, each] of Object.entries(storeFolders)) {
    // One that is lost has no room.
    const disk = await measureDisk(each).catch(() => ({ diskBytes: 0, freeDiskBytes: 0 }));
    regionDisks[region] = { folder: each, ...disk };
  }
  return {
    memoryMiB: Math.floor(memoryBytes() / mibBytes),
    vcpus: os.availableParallelism(),
    ...(await measureDisk(folder)),
    regionDisks,
  };
}

async function measureDisk(folder: string): Promise<DiskMeasures> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { diskBytes: blocks * bsize, freeDiskBytes: bavail * bsize };
}

/** A container's limit, where there is one below the host's memory. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

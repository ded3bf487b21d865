/** What this machine has: memory, processors, and the disk that a folder is on. */
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { mibBytes } from '../../foundations/sizes.ts';
import type { HostMeasures } from '../host.ts';

export async function measureHost(folder: string): Promise<HostMeasures> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return {
    memoryMiB: Math.floor(memoryBytes() / mibBytes),
    vcpus: os.availableParallelism(),
    diskBytes: blocks * bsize,
    freeDiskBytes: bavail * bsize,
  };
}

/** A container's limit, where there is one below the host's memory. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

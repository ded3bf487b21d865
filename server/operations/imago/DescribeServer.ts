import type {
  Capacity,
  DescribeServerRequest,
  DescribeServerResult,
  DiskSpace,
  RegionDisk,
} from '../../../api/imago.ts';
import manifest from '../../../package.json' with { type: 'json' };
import type { GarbageCollector } from '../../collection/garbage-collector.ts';
import { type Committed, committed, memoryOf } from '../../domain/capacity.ts';
import type { Site } from '../../domain/site.ts';
import { mibBytes } from '../../foundations/sizes.ts';
import { reservedDiskBytes } from '../../host/disk-reserve.ts';
import { type HostMeasures, type PlainBaseFile, plainBytesOf } from '../../host/host.ts';
import type { Operation } from '../operation.ts';

export const describeServer: Operation<DescribeServerRequest, DescribeServerResult> = {
  accepts: [],
  audience: 'operator',
  async run(_input, { catalog, home, site, host, garbage }) {
    const measures = await host.measure();
    const { kind, version, accelerator, machineType, cpuModel } = host.describe();
    return {
      Version: manifest.version,
      Home: home.folder,
      Pid: process.pid,
      Regions: [...site.regions],
      Simulated: site.simulated,
      Hypervisor: {
        Kind: kind,
        Version: version,
        Accelerator: accelerator,
        MachineType: machineType,
        CpuModel: cpuModel,
      },
      Capacity: {
        ...capacityShape(measures, site, await catalog.read(committed)),
        Disk: diskShape(measures, garbage, await host.plainBases()),
        RegionDisks: regionDisks(measures),
      },
    };
  },
};

function diskShape(
  host: HostMeasures,
  garbage: GarbageCollector,
  plainBases: readonly PlainBaseFile[],
): DiskSpace {
  const usage = garbage.usage();
  return {
    TotalBytes: host.diskBytes,
    FreeBytes: host.freeDiskBytes,
    ReservedBytes: reservedDiskBytes(host),
    BlockBytes: usage?.blockBytes,
    ReclaimableBytes: usage?.reclaimableBytes,
    PlainBaseBytes: plainBytesOf(plainBases),
  };
}

function regionDisks({ regionDisks: disks = {} }: HostMeasures): RegionDisk[] {
  return Object.entries(disks).map(([Region, disk]) => ({
    Region,
    Folder: disk.folder,
    TotalBytes: disk.diskBytes,
    FreeBytes: disk.freeDiskBytes,
    ReservedBytes: reservedDiskBytes(disk),
  }));
}

function capacityShape(
  host: HostMeasures,
  site: Site,
  { memoryMiB, vcpus }: Committed,
): Omit<Capacity, 'Disk' | 'RegionDisks'> {
  const { totalMiB, reservedMiB, budgetMiB } = memoryOf(host, site);
  return {
    Memory: {
      TotalMiB: totalMiB,
      ReservedMiB: reservedMiB,
      ...(site.blockCacheBytes && { BlockCacheMiB: site.blockCacheBytes / mibBytes }),
      ForInstancesMiB: budgetMiB,
      CommittedMiB: memoryMiB,
      FreeMiB: budgetMiB && Math.max(0, budgetMiB - memoryMiB),
    },
    Vcpus: { Total: host.vcpus, Committed: vcpus },
  };
}

import type { Capacity, DescribeServerRequest, DescribeServerResult } from '../../../api/imago.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { type Committed, committed, memoryOf, reservedDiskBytes } from '../../domain/capacity.ts';
import type { Site } from '../../domain/site.ts';
import type { HostMeasures } from '../../host/host.ts';
import type { Operation } from '../operation.ts';

export const describeServer: Operation<DescribeServerRequest, DescribeServerResult> = {
  accepts: [],
  audience: 'operator',
  async run(_input, { catalog, home, site, host }) {
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
      Capacity: capacityShape(await host.measure(), site, await catalog.read(committed)),
    };
  },
};

function capacityShape(host: HostMeasures, site: Site, { memoryMiB, vcpus }: Committed): Capacity {
  const { totalMiB, reservedMiB, budgetMiB } = memoryOf(host, site);
  return {
    Memory: {
      TotalMiB: totalMiB,
      ReservedMiB: reservedMiB,
      ForInstancesMiB: budgetMiB,
      CommittedMiB: memoryMiB,
      FreeMiB: budgetMiB && Math.max(0, budgetMiB - memoryMiB),
    },
    Vcpus: { Total: host.vcpus, Committed: vcpus },
    Disk: {
      TotalBytes: host.diskBytes,
      FreeBytes: host.freeDiskBytes,
      ReservedBytes: reservedDiskBytes(host),
    },
  };
}

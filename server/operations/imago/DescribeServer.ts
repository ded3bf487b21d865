import type { DescribeServerRequest, DescribeServerResult } from '../../../api/imago.ts';
import manifest from '../../../package.json' with { type: 'json' };
import type { Operation } from '../operation.ts';

export const describeServer: Operation<DescribeServerRequest, DescribeServerResult> = {
  accepts: [],
  async run(_input, { home, site, host }) {
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
    };
  },
};

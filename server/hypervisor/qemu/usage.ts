/**
 * What machines take: time of processors, as the kernel counts it for QEMU's process, and what goes
 * to and from the disks, as QEMU counts it. One that is stuck is left out.
 */

import { Limit } from '../../foundations/limit.ts';
import { processorMsOf } from '../../foundations/process-record.ts';
import type { MachineUsage } from '../hypervisor.ts';
import type { QemuMachine } from './machine.ts';

/** What a machine that is well takes a fraction of. */
const answerLimitMs = 2000;
/** So that a thousand machines are asked bit by bit. */
const atOnce = 16;

/** What of `query-blockstats` is looked at: a device of ours, and what its guest asked of it. */
interface BlockStats {
  qdev?: string;
  stats?: Record<string, unknown>;
}

export async function usageOf(
  machines: Iterable<readonly [string, QemuMachine]>,
): Promise<Map<string, MachineUsage>> {
  const usage = new Map<string, MachineUsage>();
  const limit = new Limit(atOnce);
  await Promise.all(
    Array.from(machines, ([instanceId, machine]) =>
      limit.run(async () => {
        const used = await usageOfOne(machine).catch(() => undefined);
        if (used) usage.set(instanceId, used);
      }),
    ),
  );
  return usage;
}

async function usageOfOne({ process, qmp }: QemuMachine): Promise<MachineUsage | undefined> {
  const answer = await qmp.execute('query-blockstats', {}, answerLimitMs);
  const cpuMs = processorMsOf(process);
  if (cpuMs === undefined) return undefined;
  const disks = (answer as BlockStats[]).filter(({ qdev }) =>
    qdev?.startsWith('/machine/peripheral/v'),
  );
  const sum = (name: string) => disks.reduce((all, { stats }) => all + count(stats?.[name]), 0);
  return {
    cpuMs,
    readBytes: sum('rd_bytes'),
    readOperations: sum('rd_operations'),
    writtenBytes: sum('wr_bytes'),
    writeOperations: sum('wr_operations'),
  };
}

/** A broken-out QEMU may say anything. */
function count(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}

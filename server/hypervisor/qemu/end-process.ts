/** The end of a machine's process: in order where it can be had, and in any case. */
import type { ProcessRecord } from '../../foundations/process-record.ts';
import type { QemuMachine } from './machine.ts';
import { killProcess, waitForExit } from './process.ts';

/**
 * `quit` writes what QEMU holds back; it hangs while a read waits for a data plane that is away.
 */
const quitLimitMs = 5000;
const killLimitMs = 10_000;

export async function endProcess(
  instanceId: string,
  process: ProcessRecord,
  machine?: QemuMachine,
): Promise<void> {
  if (machine && (await machine.quit(quitLimitMs))) {
    if (await waitForExit(instanceId, process, quitLimitMs)) return;
  }
  killProcess(instanceId, process);
  if (await waitForExit(instanceId, process, killLimitMs)) return;
  throw new Error(`process ${process.pid} of machine ${instanceId} does not end`);
}

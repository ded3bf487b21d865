/**
 * The host while no Imago drives it: what it has of guests and volumes, and how that is given up.
 * The processes beside the control plane may be up nevertheless, and are told as far as they are.
 */
import type { Belongings } from './collection/strays.ts';
import { dataPlaneFiles } from './data-plane/places.ts';
import { nodeFiles } from './files/node/node-files.ts';
import type { Home } from './foundations/home.ts';
import { belongingsOf } from './host/local/belongings.ts';
import { LayerFiles } from './host/local/layer-files.ts';
import { removeMachineFolder } from './hypervisor/machine-folder.ts';
import { findProcess, killProcess, waitForExit } from './hypervisor/qemu/process.ts';
import { portForwarderFiles } from './port-forwarder/places.ts';
import { callControlSocket } from './processes/control-socket.ts';

const killLimitMs = 10_000;

export function hostAtRest(home: Home): Belongings {
  const layers = new LayerFiles(home, nodeFiles);
  return {
    belongings: () => belongingsOf(home),
    async remove(instanceId) {
      await endMachine(instanceId, home.machineFolder(instanceId));
      await tellOthers(home, instanceId);
    },
    forget: (instanceId) => removeMachineFolder(home.machineFolder(instanceId)),
    removeVolume: (volumeId) => layers.removeVolume(volumeId),
  };
}

/** Nothing that it would still write is needed. */
async function endMachine(instanceId: string, folder: string): Promise<void> {
  const process = findProcess(instanceId, folder);
  if (!process) return;
  killProcess(instanceId, process);
  if (await waitForExit(instanceId, process, killLimitMs)) return;
  throw new Error(`process ${process.pid} of machine ${instanceId} does not end`);
}

async function tellOthers(home: Home, instanceId: string): Promise<void> {
  const resource = `/guests/${instanceId}`;
  const { socketPath: forwarder } = portForwarderFiles(home.runFolder);
  await Promise.allSettled([
    callControlSocket(dataPlaneFiles(home).socketPath, 'DELETE', resource),
    callControlSocket(forwarder, 'PUT', resource, { body: { ports: [] } }),
  ]);
}

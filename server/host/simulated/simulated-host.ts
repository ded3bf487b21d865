/**
 * The local host's own code over machines that only change state and a data plane that serves
 * nobody.
 */

import type { BlockStores } from '../../blocks/block-stores.ts';
import type { Sealing } from '../../blocks/sealed-blocks.ts';
import { createIdleDataPlane } from '../../data-plane/idle/idle-data-plane.ts';
import { createLayer } from '../../disk/qcow2-create.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import type { Home } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import { createSimulatedHypervisor } from '../../hypervisor/simulated/simulated-hypervisor.ts';
import { createNoPortForwarder } from '../../port-forwarder/none/no-port-forwarder.ts';
import type { GuestKeys, Host } from '../host.ts';
import { createLocalHost } from '../local/local-host.ts';

export interface SimulatedHostOptions {
  home: Home;
  blocks: BlockStores;
  storeFolders?: Readonly<Record<string, string>>;
  keys?: GuestKeys;
  sealing?: Sealing;
  log: Log;
}

export function createSimulatedHost(options: SimulatedHostOptions): Host {
  return createLocalHost({
    ...options,
    files: nodeFiles,
    hypervisor: createSimulatedHypervisor({ createLayer }),
    dataPlane: createIdleDataPlane(),
    portForwarder: createNoPortForwarder(),
  });
}

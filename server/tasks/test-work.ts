/**
 * What goes on beside operations in the Imago of tests (test-imago.ts), over a catalog and block
 * stores that outlive it: host, driver of instances, runner of tasks and drafts, with the faults
 * that a test puts into their ports.
 */

import type { Alerts } from '../alerts/alerts.ts';
import type { BlockStore } from '../blocks/block-store.ts';
import { blockStores } from '../blocks/block-stores.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { noticeChanges } from '../catalog/changes.ts';
import type { DataPlane } from '../data-plane/data-plane.ts';
import { createIdleDataPlane } from '../data-plane/idle/idle-data-plane.ts';
import { createLayer } from '../disk/qcow2-create.ts';
import type { FilePlaces } from '../domain/file-places.ts';
import { type Clock, randomIds } from '../domain/identity.ts';
import { keyBytes, MasterKey } from '../domain/master-key.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { Drafts } from '../drafts/drafts.ts';
import { createInstanceDriver } from '../driver/driver.ts';
import { Locks } from '../driver/locks.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import type { Home } from '../foundations/home.ts';
import { Limit } from '../foundations/limit.ts';
import { silentLog } from '../foundations/log.ts';
import type { Host } from '../host/host.ts';
import { createLocalHost } from '../host/local/local-host.ts';
import { type TimeLimits, withTimeLimits } from '../host/time-limits.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { createSimulatedHypervisor } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { createNoPortForwarder } from '../port-forwarder/none/no-port-forwarder.ts';
import type { PortForwarder } from '../port-forwarder/port-forwarder.ts';
import { Archives } from '../transfers/archives.ts';
import { OfferedFiles } from '../transfers/offered-files.ts';
import type { VulnerabilityFeed } from '../vulnerabilities/vulnerability-feed.ts';
import { taskDefinitions } from './definitions.ts';
import { createTaskRunner, type StepHook } from './runner.ts';
import { type TaskServices, uploadsAtOnce } from './task.ts';

export interface TestWorkOptions {
  onStep?: StepHook;
  /** Puts faults into the machines. */
  wrap?: (hypervisor: Hypervisor) => Hypervisor;
  /** The same for the host, and for the catalog as driver and tasks have it. */
  wrapHost?: (host: Host) => Host;
  wrapCatalog?: (catalog: Catalog) => Catalog;
  wrapDataPlane?: (dataPlane: DataPlane) => DataPlane;
  wrapBlocks?: (blocks: BlockStore) => BlockStore;
  wrapFiles?: (files: Files) => Files;
  wrapPortForwarder?: (portForwarder: PortForwarder) => PortForwarder;
  timeLimits?: TimeLimits;
  /** Where disk files come from and go to. */
  filePlaces?: FilePlaces;
  vulnerabilities?: VulnerabilityFeed;
  alerts?: Alerts;
}

/** What is there before it and after it. */
interface Under {
  home: Home;
  catalog: Catalog;
  /** Of us-east-1. */
  blocks: BlockStore;
  /** Of eu-west-1; absent: it is not there. */
  blocksElsewhere?: BlockStore;
  clock: Clock;
}

/** With the faults, as the parts have them; the hypervisor as the host has it. */
export function testServices({ home, catalog, clock, ...stores }: Under, options: TestWorkOptions) {
  const { wrap = asItIs, wrapHost = asItIs, wrapCatalog = asItIs, wrapFiles = asItIs } = options;
  const { wrapDataPlane = asItIs, wrapBlocks = asItIs, wrapPortForwarder = asItIs } = options;
  const { timeLimits, filePlaces, vulnerabilities, alerts } = options;
  const masterKey = MasterKey.of(Buffer.alloc(keyBytes, 'test'));
  const files = wrapFiles(nodeFiles);
  const hypervisor = wrap(
    createSimulatedHypervisor({
      createLayer: (path, sizeBytes, options) =>
        createLayer(path, sizeBytes, { ...options, files }),
    }),
  );
  const here = wrapBlocks(stores.blocks);
  const elsewhere = stores.blocksElsewhere && wrapBlocks(stores.blocksElsewhere);
  const blocks = blockStores(here, [{ regions: ['eu-west-1'], store: elsewhere }]);
  const host = createLocalHost({
    home,
    blocks,
    hypervisor,
    dataPlane: wrapDataPlane(createIdleDataPlane()),
    files,
    portForwarder: wrapPortForwarder(createNoPortForwarder()),
    keys: new VolumeKeys({ catalog, masterKey }),
    log: silentLog,
  });
  const seen = wrapCatalog(catalog);
  const services: TaskServices = {
    catalog: seen,
    orders: seen,
    host: withTimeLimits(wrapHost(host), timeLimits),
    blocks,
    masterKey,
    offers: new OfferedFiles(),
    archives: new Archives(files, { own: home.archiveFolder, level: 1 }),
    home,
    files,
    ...(vulnerabilities && { vulnerabilities }),
    ...(alerts && { alerts }),
    clock,
    ids: randomIds,
    site: {
      regions: ['us-east-1', 'eu-west-1'],
      simulated: true,
      hostId: 'h-0123456789abcdef0',
      zones: 1,
      publicNetwork: '127.37.0.0/16',
      memoryOvercommit: 1,
      ...(filePlaces && { filePlaces }),
    },
    log: silentLog,
    locks: new Locks(),
    uploads: new Limit(uploadsAtOnce),
    silenceMs: timeLimits?.silenceMs,
  };
  return { hypervisor, services };
}

export async function beginTestWork(services: TaskServices, { onStep }: TestWorkOptions) {
  const drafts = new Drafts({
    ...services,
    // Faults of files are for tasks: drafts have a story of their own.
    files: nodeFiles,
    hostId: services.site.hostId,
    checkRoom: async () => {},
  });
  await drafts.start();
  const driver = createInstanceDriver(services);
  await driver.start();
  const waits = { backOffMs: () => 1, pauseMs: 1 };
  const orders = noticeChanges(services.catalog, (changes) => {
    driver.wake(changes);
    if (changes.has('tasks')) runner.wake();
  });
  const working = { ...services, orders };
  const parts = { services: working, definitions: taskDefinitions, onStep };
  const runner = createTaskRunner({ ...parts, ...waits });
  runner.start();
  return { drafts, driver, runner };
}

function asItIs<T>(port: T): T {
  return port;
}

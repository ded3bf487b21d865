/**
 * Composition root of the control plane: it chooses the implementations (open-catalog.ts that of
 * the catalog), makes the parts, starts them in order and stops them in the opposite order; guests
 * and the data plane go on without it. (The data plane's own composition root is
 * data-plane/main.ts.)
 */

import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { type AlertPlaces, Alerts } from './alerts/alerts.ts';
import { Ballast } from './ballast.ts';
import { beginWork } from './begin-work.ts';
import { SealThreads } from './blocks/seal-threads.ts';
import type { Catalog } from './catalog/catalog.ts';
import { ChangeFeed } from './catalog/change-feed.ts';
import { noticeChanges } from './catalog/changes.ts';
import { recordCatalogPlace } from './catalog-place.ts';
import { keyOfClients, writeCredentials, writeEndpoint } from './client-files.ts';
import { type CatalogDatabase, type Fault, faultOf } from './config.ts';
import type { CopyStoreOptions } from './copy-stores.ts';
import { createProcessDataPlane } from './data-plane/process/process-data-plane.ts';
import { createLayer } from './disk/qcow2-create.ts';
import { findCredential, whileAllowed } from './domain/access-keys.ts';
import { usualBlockCacheBytes } from './domain/capacity.ts';
import type { FilePlaces } from './domain/file-places.ts';
import { ensureFirstAccount } from './domain/first-account.ts';
import { claimOldRows } from './domain/hosts.ts';
import { randomIds, systemClock } from './domain/identity.ts';
import { drivenStates } from './domain/instances.ts';
import type { Site } from './domain/site.ts';
import { VolumeKeys } from './domain/volume-keys.ts';
import type { InstanceDriver } from './driver/driver.ts';
import { HostLease } from './driver/lease.ts';
import { Locks } from './driver/locks.ts';
import { makeLastingFolder } from './files/lasting-folder.ts';
import { nodeFiles } from './files/node/node-files.ts';
import { checkRecovered } from './foundations/half-recovered.ts';
import type { Home } from './foundations/home.ts';
import { Limit } from './foundations/limit.ts';
import { jsonLog, type Log } from './foundations/log.ts';
import { LogOutput } from './foundations/log-output.ts';
import { RecentLog } from './foundations/recent-log.ts';
import {
  identitiesInUse,
  type UnprivilegedIdentity,
  unprivilegedIdentity,
} from './foundations/unprivileged.ts';
import { lockHome, waitForHome } from './home-lock.ts';
import { checkPassage } from './home-passage.ts';
import type { Host } from './host/host.ts';
import { createLocalHost } from './host/local/local-host.ts';
import { usualPlainBytes } from './host/local/plain-rounds.ts';
import { createSimulatedHost } from './host/simulated/simulated-host.ts';
import { withTimeLimits } from './host/time-limits.ts';
import { hostIdOf } from './host-id.ts';
import { createListener, type Listener } from './http/listener.ts';
import { createQemuHypervisor } from './hypervisor/qemu/qemu-hypervisor.ts';
import { Inspector } from './inspection/inspector.ts';
import type { ServerMetrics } from './metrics/server-metrics.ts';
import { openCatalog } from './open-catalog.ts';
import { type MasterKeySource, openMasterKey } from './open-master-key.ts';
import { type OpenedStores, openServedStores } from './open-stores.ts';
import { services as serviceTables } from './operations/generated/tables.ts';
import type { OperationContext } from './operations/operation.ts';
import { createNoPortForwarder } from './port-forwarder/none/no-port-forwarder.ts';
import { createProcessPortForwarder } from './port-forwarder/process/process-port-forwarder.ts';
import type { RecoveryKeySource } from './recovery/recovery-key.ts';
import { SealedCatalogs } from './sealed-catalogs.ts';
import type { StepHook, TaskRunner } from './tasks/runner.ts';
import { type TaskServices, uploadsAtOnce } from './tasks/task.ts';
import { tokenKeyOf } from './token-key.ts';
import { Archives } from './transfers/archives.ts';
import { OfferedFiles } from './transfers/offered-files.ts';
import { VulnerabilityFeed } from './vulnerabilities/vulnerability-feed.ts';

export interface ServeOptions {
  /**
   * What of the host guests may reach: `all`, or `address:port` separated by commas; nothing by
   * default.
   */
  hostReach?: string;
  home: Home;
  listen: { host: string; port: number };
  /** Of web pages elsewhere that may ask as the console does. */
  consoleOrigins?: readonly string[];
  hypervisor: 'qemu' | 'simulated';
  /** Waits until no other Imago runs with the home, then takes over. */
  standBy?: boolean;
  /** Absent: the catalog is in the home. */
  catalog?: CatalogDatabase;
  /** How many times the memory that there is may be promised to instances. */
  memoryOvercommit: number;
  /** In memory, for blocks that guests read; without it as usual. */
  blockCacheBytes?: number;
  /** The first is the default. */
  regions: readonly string[];
  /** Folders of block stores of their own, by region; also those on record in the home are used. */
  stores?: Readonly<Record<string, string>>;
  /** How many each region has. */
  zones: number;
  /** What plain bases that nobody ordered take at most: a tenth of what is free without it. */
  plainBasesBytes?: number;
  /** In how many days every block is read and verified: 30 without it, 0 never. */
  scrubDays?: number;
  /** Absent: a file in the home. */
  masterKey?: MasterKeySource;
  /** What catalogs are sealed with; absent: none is. */
  recoveryKey?: RecoveryKeySource;
  /** Where blocks and sealed catalogs are copied to. */
  copyStores?: CopyStoreOptions;
  /** Where disk files come from and go to, besides clients. */
  filePlaces?: FilePlaces;
  /** Of archived snapshots; absent: in the home. */
  archiveFolder?: string;
  /** Whom the operator wants told of drills that fail. */
  alertPlaces?: AlertPlaces;
  /** A file or a folder of what is known of vulnerabilities. */
  vulnerabilityFeed?: string;
}

export interface RunningServer {
  endpoint: string;
  /** Resolves when another process drives this host: nothing is left to do but to end. */
  lost: Promise<void>;
  /** Stops Imago, not the guests. */
  close(): Promise<void>;
}

/** Where set-up builds the console. */
const consoleFolder = path.resolve(import.meta.dirname, '../console/dist');

interface ApiParts {
  options: ServeOptions;
  driver: InstanceDriver;
  runner: TaskRunner;
  serverMetrics: ServerMetrics;
}

export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { home, regions } = options;
  const { log, recentLog } = openLog();
  const identity = unprivilegedIdentity();
  const onStep = killAt(faultOf(), systemClock.now());
  checkHome(options);
  await makeFolders(home);
  const lock = await (options.standBy ? waitForHome(home, log) : lockHome(home));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => lock.release());

  const ballast = new Ballast(home.ballastFile, log);
  ballast.makeRoomForStart();
  const room = { takesRoom: true, makeRoom: () => ballast.giveUp() };
  const changes = new ChangeFeed(await openCatalog(home, options.catalog, room));
  const sealed = new SealedCatalogs(changes.catalog);
  const { catalog } = sealed;
  undo.defer(() => catalog.close());
  await recordCatalogPlace(home, nodeFiles, options.catalog);
  const [clock, ids] = [systemClock, randomIds];
  const hostId = await hostIdOf(home, nodeFiles, ids);
  const lease = await HostLease.take({ catalog, hostId, clock, log });
  undo.defer(() => lease.release());
  await claimOldRows(catalog, hostId);
  const site = siteOf(options, hostId);
  const credential = await ensureFirstAccount(catalog, { site, clock, ids }, keyOfClients(home));
  writeCredentials(home, credential, regions[0], log);
  const masterKey = await openMasterKey({ ...options, catalog, files: nodeFiles, clock, log });
  const stores = await openServedStores(options, { catalog, hostId, identity, log });
  undo.defer(() => stores.close());
  const sealing = new SealThreads({ background: true });
  undo.defer(() => sealing.close());
  const ends = { undo, afterSealing: undo.use(new AsyncDisposableStack()) };
  const keeper = undo.use(await sealed.keep(options, { ...stores, sealing, clock, log }));
  const keys = new VolumeKeys({ catalog, masterKey });
  const host = withTimeLimits(await createHost(options, { stores, keys, sealing, log, identity }));
  await host.start();
  // A catalog that cannot be asked is no reason to leave guests without their disks.
  undo.defer(async () => host.close({ keepServing: await hasGuests(catalog).catch(() => true) }));

  const services: Omit<TaskServices, 'orders'> = {
    host,
    blocks: stores.blocks,
    masterKey,
    offers: new OfferedFiles(),
    archives: new Archives(nodeFiles, { own: home.archiveFolder, named: options.archiveFolder }),
    sealing,
    home,
    clock,
    ids,
    site,
    log,
    catalog: lease.catalog,
    files: nodeFiles,
    locks: new Locks(),
    uploads: new Limit(uploadsAtOnce),
    vulnerabilities: VulnerabilityFeed.at(options.vulnerabilityFeed),
    ...(options.alertPlaces && { alerts: new Alerts({ places: options.alertPlaces, log }) }),
  };
  const asked = { scrubDays: options.scrubDays, copyStores: options.copyStores };
  const parts = { ...room, ...ends, ...asked, catalog, changes, sealed, onStep, keeper };
  const { driver, runner, serverMetrics, ...work } = await beginWork(services, parts);
  const tokenKey = await tokenKeyOf(home, nodeFiles);
  const inspector = new Inspector(services);
  undo.defer(() => inspector.settled());
  const known = { ...services, ...work, tokenKey, changes, recentLog, inspector, catalog };
  const listener = listenerFor(known, { driver, runner, serverMetrics, options });
  const endpoint = endpointOf(await listener.listen(options.listen.port, options.listen.host));
  undo.defer(() => listener.close());
  undo.use(writeEndpoint(home, endpoint, regions[0], log));
  ballast.keep();
  undo.defer(() => ballast.stop());
  log.info('Imago is ready', { endpoint, home: home.folder, ...host.describe() });

  const running = undo.move();
  return { endpoint, lost: lease.lost, close: () => running.disposeAsync() };
}

function checkHome({ home, hypervisor }: ServeOptions): void {
  checkRecovered(home);
  if (hypervisor === 'qemu') checkPassage(home.folder, identitiesInUse());
}

/** It goes to this process' output, and its newest lines to operators who ask. */
function openLog(): { log: Log; recentLog: RecentLog } {
  const output = new LogOutput(process.stderr.fd);
  const recentLog = new RecentLog();
  const log = jsonLog((line) => {
    output.write(line);
    recentLog.write(line);
  });
  return { log, recentLog };
}

const tablesOfCallers = ['accounts', 'credentials', 'sessions'] as const;

/** Driver, runner and open connections act on what requests have written. */
function listenerFor(
  services: Omit<OperationContext, 'caller' | 'requestId'> & { log: Log },
  { options: { regions, consoleOrigins }, driver, runner, serverMetrics }: ApiParts,
): Listener {
  const { catalog } = services;
  const noticed = noticeChanges(catalog, (changes) => {
    driver.wake(changes);
    if (changes.has('tasks')) runner.wake();
    if (tablesOfCallers.some((table) => changes.has(table))) void listener.checkCallers();
  });
  const listener = createListener({
    clock: services.clock,
    ids: services.ids,
    log: services.log,
    regions,
    consoleFolder,
    consoleOrigins,
    metrics: serverMetrics,
    onAnswered: (answered) => serverMetrics.request(answered),
    findCredential: (accessKeyId) => findCredential(catalog, accessKeyId, services.clock),
    services: serviceTables,
    contextFor: (caller, requestId) => ({
      ...services,
      catalog: whileAllowed(noticed, caller, services.clock),
      caller,
      requestId,
    }),
  });
  return listener;
}

function endpointOf({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function siteOf(options: ServeOptions, hostId: string): Site {
  const { hypervisor, home, memoryOvercommit, regions, zones, filePlaces } = options;
  const { blockCacheBytes = usualBlockCacheBytes } = options;
  return {
    hostId,
    regions,
    simulated: hypervisor === 'simulated',
    zones,
    publicNetwork: publicNetworkOf(home),
    memoryOvercommit,
    ...(hypervisor !== 'simulated' && { blockCacheBytes }),
    ...(filePlaces && { filePlaces }),
  };
}

async function hasGuests(catalog: Catalog): Promise<boolean> {
  const where = { state: drivenStates };
  return (await catalog.read(({ instances }) => instances.count({ where }))) > 0;
}

interface HostParts {
  stores: OpenedStores;
  keys: VolumeKeys;
  sealing: SealThreads;
  log: Log;
  identity?: UnprivilegedIdentity;
}

async function createHost(
  options: ServeOptions,
  { stores, keys, sealing, log, identity }: HostParts,
): Promise<Host> {
  const { home, hypervisor, hostReach, plainBasesBytes } = options;
  const { blockCacheBytes = usualBlockCacheBytes } = options;
  const { blocks, folders: storeFolders } = stores;
  if (hypervisor === 'simulated') {
    log.warn('machines are simulated: they change state and run nothing');
    return createSimulatedHost({ home, blocks, storeFolders, keys, sealing, log });
  }
  return createLocalHost({
    home,
    blocks,
    storeFolders,
    hypervisor: await createQemuHypervisor({
      log,
      createLayer,
      identity,
      firmwareFolder: home.firmwareFolder,
    }),
    dataPlane: createProcessDataPlane({ home, log, identity, hostReach, blockCacheBytes }),
    files: nodeFiles,
    portForwarder: identity
      ? createProcessPortForwarder({ home, log, identity })
      : createNoPortForwarder(),
    plainBases: { limitBytes: plainBasesBytes ?? usualPlainBytes(home.folder) },
    keys,
    sealing,
    log,
    identity,
  });
}

/**
 * As root others may pass through the home (QEMU and the data plane are others then), but not look
 * around.
 */
async function makeFolders(home: Home): Promise<void> {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  for (const folder of [
    home.folder,
    home.runFolder,
    home.instancesFolder,
    path.dirname(home.volumeFolder('any')),
  ]) {
    await makeLastingFolder(nodeFiles, folder, mode);
    chmodSync(folder, mode);
  }
}

/**
 * Two homes on one host hardly ever share a network: one from 127.1.0.0 to 127.254.0.0, by the
 * home's path.
 */
function publicNetworkOf(home: Home): string {
  const [network = 0] = createHash('sha256').update(home.folder).digest();
  return `127.${1 + (network % 254)}.0.0/16`;
}

/** Tasks of an earlier start go on: what recovers of one fault waits for the next. */
function killAt(fault: Fault | undefined, startedAt: Date): StepHook | undefined {
  if (!fault) return undefined;
  return (kind, step, moment, { createdAt }) => {
    if (kind !== fault.kind || step !== fault.step || moment !== fault.moment) return;
    if (Date.parse(createdAt) < startedAt.getTime()) return;
    process.kill(process.pid, 'SIGKILL');
  };
}

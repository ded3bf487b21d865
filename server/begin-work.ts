/**
 * What an Imago does beside requests: it drives instances, runs tasks, collects garbage, verifies
 * blocks, keeps drafts and figures. Started in order, and put on the stack that ends it all in the
 * opposite one. Which implementations it does this with is said in main.ts.
 */
import { beginBackupRounds } from './backup-rounds.ts';
import type { Ballast } from './ballast.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ChangeFeed } from './catalog/change-feed.ts';
import { noticeChanges } from './catalog/changes.ts';
import { ArchiveScrubber } from './collection/archive-scrubber.ts';
import { GarbageCollector } from './collection/garbage-collector.ts';
import { Scrubber, usualScrubDays } from './collection/scrubber.ts';
import { StorageHistory } from './collection/storage-history.ts';
import { StorageUsage } from './collection/storage-usage.ts';
import { beginCopies, type CopyStoreOptions } from './copy-stores.ts';
import { examine, shared } from './doctor/examine.ts';
import { checkDiskRoom } from './domain/capacity.ts';
import { draftBlocks } from './drafts/draft-blocks.ts';
import { Drafts } from './drafts/drafts.ts';
import { createInstanceDriver } from './driver/driver.ts';
import { beginExpiryRounds } from './expiry-rounds.ts';
import { beginFastRestoreRounds } from './fast-restore-rounds.ts';
import { InstanceMetrics } from './metrics/instance-metrics.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { services as serviceTables } from './operations/generated/tables.ts';
import { beginPipelineRounds } from './pipeline-rounds.ts';
import type { CatalogKeeper } from './recovery/catalog-keeper.ts';
import type { StoreCopy } from './recovery/store-copy.ts';
import { beginRemoteRounds } from './remote-rounds.ts';
import type { SealedCatalogs } from './sealed-catalogs.ts';
import { taskDefinitions } from './tasks/definitions.ts';
import { createTaskRunner, type StepHook } from './tasks/runner.ts';
import type { TaskServices } from './tasks/task.ts';
import { beginVaultRounds } from './vault-rounds.ts';

interface WorkParts {
  /** Not held to the lease. */
  catalog: Catalog;
  changes: ChangeFeed;
  sealed: SealedCatalogs;
  makeRoom: Ballast['giveUp'];
  scrubDays: number | undefined;
  keeper: CatalogKeeper;
  copyStores: CopyStoreOptions | undefined;
  onStep?: StepHook;
  undo: AsyncDisposableStack;
  /** Ends when the keeper has sealed the last catalog: that goes to second stores, too. */
  afterSealing: AsyncDisposableStack;
}

const noCopies: CopyStoreOptions = { folders: [] };

export async function beginWork(services: Omit<TaskServices, 'orders'>, parts: WorkParts) {
  const { catalog, changes, makeRoom, scrubDays, keeper, onStep, undo } = parts;
  const { host, site, home } = services;
  undo.use(beginExpiryRounds({ ...services, catalog }));
  const days = scrubDays || usualScrubDays;
  const archives = new ArchiveScrubber({ ...services, catalog }, { days });
  const copies: StoreCopy[] = [];
  const others = () => copies.flatMap(({ reader }) => reader ?? []);
  const scrubber = new Scrubber({ ...services, catalog, others }, { days, archives });
  const onDiskError = (instanceId: string) => scrubber.suspect(instanceId);
  const driver = createInstanceDriver({ ...services, onDiskError });
  await driver.start();
  undo.defer(() => driver.stop());
  const drafted = draftBlocks(services.files, home, site.hostId);
  const garbage = new GarbageCollector({
    ...services,
    catalog,
    drafts: drafted,
    makeRoom,
    beforeCollection: () => keeper.settled(),
    onChange: ({ id }) => changes.tell({ table: 'collections', id: `${id}` }),
  });
  const storage = new StorageUsage({ ...services, catalog, drafts: drafted });
  const history = new StorageHistory({ ...services, catalog, storage });
  history.start();
  undo.defer(() => history.stop());
  undo.defer(() => storage.stop());
  const measured = { catalog, host, garbage, scrubber, copies };
  const serverMetrics = new ServerMetrics({
    ...measured,
    hostId: site.hostId,
    taskKinds: taskDefinitions.map(({ kind }) => kind),
    services: serviceTables,
  });
  const orders = noticeChanges(services.catalog, (noticed) => {
    driver.wake(noticed);
    if (noticed.has('tasks')) runner.wake();
  });
  const runner = createTaskRunner({
    services: { ...services, orders },
    definitions: taskDefinitions,
    onStep,
    onEnd: (task) => serverMetrics.taskEnded(task),
  });
  runner.start();
  undo.defer(() => runner.stop());
  undo.use(beginFastRestoreRounds({ ...services, wake: () => runner.wake() }));
  undo.use(beginPipelineRounds({ ...services, orders }));
  undo.use(beginVaultRounds({ ...services, orders }));
  undo.use(beginBackupRounds({ ...services, orders }));
  undo.use(beginRemoteRounds({ ...services, orders, changes }));
  garbage.start();
  undo.defer(() => garbage.stop());
  for (const each of [scrubber, archives]) {
    if (scrubDays !== 0) each.start();
    undo.defer(() => each.stop());
  }
  const drafts = new Drafts({
    ...services,
    hostId: site.hostId,
    checkRoom: async (region) => checkDiskRoom(await host.measure(), region),
  });
  await drafts.start();
  undo.defer(() => drafts.stop());
  const copying = { ...(parts.copyStores ?? noCopies), scrubDays: scrubDays ?? usualScrubDays };
  copies.push(...(await beginCopies({ ...services, catalog }, keeper, copying)));
  for (const copy of copies) {
    parts.sealed.onChanges((noticed) => copy.noticed(noticed));
    parts.afterSealing.use(copy);
  }
  const metrics = new InstanceMetrics({ ...services, folder: home.metricsFolder });
  metrics.start();
  undo.defer(() => metrics.stop());
  const look = shared(() => examine({ ...services, garbage, scrubber, keeper, copies }));
  const work = { garbage, scrubber, storage, drafts, metrics, examine: look };
  return { driver, runner, serverMetrics, ...work };
}

/**
 * What operations need, made of real parts, for their tests: a catalog in SQLite in a folder of its
 * own, a simulated host, blocks in memory; ids and the clock can be foreseen.
 */
import { createSecretKey } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { ChangeFeed } from '../catalog/change-feed.ts';
import type { AccountRow } from '../catalog/rows/account.ts';
import { openPlannedCatalog } from '../catalog/sqlite/planned-catalog.ts';
import { ArchiveScrubber } from '../collection/archive-scrubber.ts';
import { GarbageCollector } from '../collection/garbage-collector.ts';
import { Scrubber } from '../collection/scrubber.ts';
import { StorageUsage } from '../collection/storage-usage.ts';
import { examine } from '../doctor/examine.ts';
import { newCredential } from '../domain/access-keys.ts';
import { groupsOf } from '../domain/accounts.ts';
import { checkDiskRoom } from '../domain/capacity.ts';
import { ensureFirstAccount } from '../domain/first-account.ts';
import type { Ids } from '../domain/identity.ts';
import { keyBytes, MasterKey } from '../domain/master-key.ts';
import { ensureDefaultNetworks } from '../domain/networks.ts';
import type { Site } from '../domain/site.ts';
import { draftBlocks } from '../drafts/draft-blocks.ts';
import { Drafts } from '../drafts/drafts.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { testFolder } from '../files/test-folders.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import { RecentLog } from '../foundations/recent-log.ts';
import { gibBytes } from '../foundations/sizes.ts';
import type { HostMeasures } from '../host/host.ts';
import { createSimulatedHost } from '../host/simulated/simulated-host.ts';
import { Inspector } from '../inspection/inspector.ts';
import { InstanceMetrics } from '../metrics/instance-metrics.ts';
import { Archives } from '../transfers/archives.ts';
import { OfferedFiles } from '../transfers/offered-files.ts';
import type { OperationContext } from './operation.ts';

export interface TestContext extends OperationContext, AsyncDisposable {
  /** That all regions share. */
  store: MemoryBlockStore;
  /** What the host has, for the test to change. */
  measures: HostMeasures;
  /** The next times that the clock tells; it stands still. */
  now: Date;
  /** The same for another caller. */
  as(caller: Partial<OperationContext['caller']>): OperationContext;
  /** The same for a new account, with default networks and without rights of an operator. */
  asNewAccount(account?: Partial<AccountRow>): Promise<OperationContext>;
}

const hostId = 'h-0123456789abcdef0';
const roomyHost = {
  memoryMiB: 65_536,
  vcpus: 8,
  diskBytes: 1000 * gibBytes,
  freeDiskBytes: 500 * gibBytes,
};

export async function createTestContext(): Promise<TestContext> {
  const folder = await testFolder('imago-op-');
  const home = new Home(folder);
  const changes = new ChangeFeed(await openPlannedCatalog(home.catalogFile));
  const { catalog } = changes;
  const store = new MemoryBlockStore();
  const host = Object.assign(
    createSimulatedHost({ home, blocks: oneBlockStore(store), log: silentLog }),
    {
      measure: async () => context.measures,
    },
  );
  let lastAccount = 200_000_000_000;
  const archives = new Archives(nodeFiles, { own: home.archiveFolder });
  const masterKey = MasterKey.of(Buffer.alloc(keyBytes, 'test'));
  const clock = { now: () => context.now, monotonicMs: () => context.now.getTime() };
  const context: Omit<TestContext, 'caller'> & { caller?: OperationContext['caller'] } = {
    requestId: 'request-1',
    catalog,
    changes,
    now: new Date('2026-11-23T10:00:00.000Z'),
    clock,
    measures: roomyHost,
    ids: countedIds(),
    site: siteWith(folder),
    offers: new OfferedFiles(),
    archives,
    home,
    host,
    store,
    blocks: oneBlockStore(store),
    masterKey,
    tokenKey: createSecretKey(Buffer.alloc(32, 'of a test')),
    ...workOf({ archives, catalog, blocks: oneBlockStore(store), host, home, clock, masterKey }),
    recentLog: new RecentLog(),
    examine: () => examine(made),
    as: (caller) => ({ ...made, caller: { ...made.caller, ...caller } }),
    async asNewAccount(change = {}) {
      const id = String(++lastAccount);
      const createdAt = context.now.toISOString();
      const row: AccountRow = { id, name: `account ${id}`, createdAt, ...change };
      const key = newCredential(row.id, createdAt);
      await catalog.write(async ({ accounts, credentials }) => {
        await accounts.insert(row);
        await credentials.insert(key);
      });
      await ensureDefaultNetworks(catalog, [row.id], context);
      const { operator = false } = row;
      return context.as({
        account: row.id,
        accessKeyId: key.id,
        operator,
        groups: groupsOf(row),
      });
    },
    async [Symbol.asyncDispose]() {
      await context.drafts.stop();
      await context.inspector.settled();
      await catalog.close();
      await rm(folder, { recursive: true });
    },
  };
  const credential = await ensureFirstAccount(catalog, context);
  const { account, id: accessKeyId } = credential;
  const made: TestContext = Object.assign(context, {
    caller: { account, region: 'us-east-1', accessKeyId, operator: true, groups: [] },
  });
  return made;
}

/** Its operator lets disk files in from the folder, and out to it. */
function siteWith(folder: string): Site {
  return {
    regions: ['us-east-1', 'eu-west-1'],
    simulated: true,
    hostId,
    zones: 1,
    publicNetwork: '127.37.0.0/16',
    memoryOvercommit: 1,
    filePlaces: {
      importFolders: { disks: folder },
      exportFolders: { disks: folder },
      importUrls: ['https://disks.example/'],
    },
  };
}

/** What goes on beside requests; nothing of it by itself. */
function workOf(
  parts: Pick<
    OperationContext,
    'archives' | 'catalog' | 'blocks' | 'host' | 'home' | 'clock' | 'masterKey'
  >,
) {
  const { host, home, clock } = parts;
  const services = { ...parts, files: nodeFiles, log: silentLog };
  const archives = new ArchiveScrubber({ ...services, site: { hostId } }, { days: 1 });
  return {
    inspector: new Inspector(parts),
    metrics: new InstanceMetrics({ host, clock, folder: home.metricsFolder, log: silentLog }),
    drafts: new Drafts({
      ...services,
      hostId,
      checkRoom: async (region) => checkDiskRoom(await host.measure(), region),
    }),
    garbage: new GarbageCollector({ ...services, drafts: draftBlocks(nodeFiles, home, hostId) }),
    scrubber: new Scrubber(services, { days: 1, archives }),
    storage: new StorageUsage({ ...services, drafts: draftBlocks(nodeFiles, home, hostId) }),
  };
}

/** `ami-00000000000000001`, `ami-00000000000000002`, …, one count for all prefixes. */
function countedIds(): Ids {
  let count = 0;
  return {
    resource: (prefix) => `${prefix}-0${(++count).toString(16).padStart(16, '0')}`,
    uuid: () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`,
  };
}

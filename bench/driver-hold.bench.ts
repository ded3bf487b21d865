/**
 * How long the driver of 9,000 simulated instances that run holds the event loop at a time: at its
 * start, when it finds every machine again, and in its rounds, when it looks at all of them. Beside
 * it the same process at rest. The goal is at most 20 ms of computing.
 *
 *   tools/node24 bench/driver-hold.bench.ts
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { oneBlockStore } from '../server/blocks/block-stores.ts';
import { MemoryBlockStore } from '../server/blocks/memory/memory-block-store.ts';
import type { Catalog } from '../server/catalog/catalog.ts';
import { openSqliteCatalog } from '../server/catalog/sqlite/sqlite-catalog.ts';
import { instance, rootDisk } from '../server/catalog/test-rows.ts';
import { ensureFirstAccount } from '../server/domain/first-account.ts';
import { randomIds, systemClock } from '../server/domain/identity.ts';
import { launchedVolume, withSettledLayers } from '../server/domain/volumes.ts';
import { createInstanceDriver, type InstanceDriver } from '../server/driver/driver.ts';
import { Locks } from '../server/driver/locks.ts';
import { Home } from '../server/foundations/home.ts';
import { silentLog } from '../server/foundations/log.ts';
import { createSimulatedHost } from '../server/host/simulated/simulated-host.ts';
import { identity, region } from './catalog-of-images.ts';
import { load } from './figures.ts';
import { type Hold, longestHold, showHolds } from './holds.ts';

const instanceCount = 9000;
const rounds = 3;
/** A round every 15 seconds, and the time that it takes. */
const roundMs = 20_000;
const pollMs = 1000;

const { site } = identity;
const folder = mkdtempSync(path.join(tmpdir(), 'im-driven-'));
const home = new Home(folder);
mkdirSync(home.instancesFolder, { recursive: true });
const catalog = await openSqliteCatalog(home.catalogFile);
try {
  await fillInstances(catalog);
  await startAll();
  const starts: Hold[] = [];
  const looks: Hold[] = [];
  const rests: Hold[] = [];
  for (let round = 0; round < rounds; round++) {
    rests.push(await longestHold(() => sleep(pollMs)));
    const driver = newDriver();
    starts.push(await longestHold(() => driver.start()));
    looks.push(await longestHold(() => sleep(roundMs)));
    await driver.stop();
  }
  showHolds('start', starts);
  showHolds('rounds', looks);
  showHolds('at rest', rests);
  console.log(load());
} finally {
  await catalog.close();
  rmSync(folder, { recursive: true });
}

/** As a launch leaves them: nothing is started yet. */
async function fillInstances(catalog: Catalog): Promise<void> {
  const { account } = await ensureFirstAccount(catalog, {
    site,
    clock: systemClock,
    ids: randomIds,
  });
  await catalog.write(async ({ instances, securityGroups, subnets, volumes }) => {
    const [group] = await securityGroups.list({ where: { account } });
    const [subnet] = await subnets.list({ where: { account } });
    const [mapping] = rootDisk(8);
    if (!group || !subnet || !mapping) throw new Error('the account has no network');
    for (let number = 0; number < instanceCount; number++) {
      const digits = String(number).padStart(17, '0');
      const row = instance(`i-${digits}`, {
        account,
        region,
        host: site.hostId,
        state: 'pending',
        vpcId: subnet.vpcId,
        subnetId: subnet.id,
        securityGroupIds: [group.id],
      });
      const about = { instance: row, index: 0, availabilityZone: `${region}a`, tags: {} };
      await instances.insert(row);
      await volumes.insert(launchedVolume(mapping, { ...about, id: `vol-${digits}` }));
    }
  });
}

function newDriver(): InstanceDriver {
  const host = createSimulatedHost({
    home,
    blocks: oneBlockStore(new MemoryBlockStore()),
    log: silentLog,
  });
  return createInstanceDriver({
    catalog,
    host,
    site,
    clock: systemClock,
    log: silentLog,
    locks: new Locks(),
  });
}

/**
 * By the driver itself, so that code is compiled; what it made is called settled, since syncs are
 * no look's usual work.
 */
async function startAll(): Promise<void> {
  const driver = newDriver();
  await driver.start();
  const where = { state: 'running' };
  while ((await catalog.read(({ instances }) => instances.count({ where }))) < instanceCount) {
    await sleep(pollMs);
  }
  await driver.stop();
  await catalog.write(async ({ volumes }) => {
    for (const row of await volumes.list()) await volumes.update(withSettledLayers(row, [0]));
  });
}

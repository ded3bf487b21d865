/**
 * What `imago doctor` finds, as far as an Imago that runs can say it. Left to the command are the
 * ports of the host, which the guests have by now, and whether their users get to the home: it
 * takes a process that everybody would wait for, and was looked at when Imago started.
 */
import manifest from '../../package.json' with { type: 'json' };
import type { Catalog } from '../catalog/catalog.ts';
import type { GarbageCollector } from '../collection/garbage-collector.ts';
import type { Scrubber } from '../collection/scrubber.ts';
import { committed, memoryOf } from '../domain/capacity.ts';
import type { Site } from '../domain/site.ts';
import type { Finding } from '../foundations/finding.ts';
import type { Home } from '../foundations/home.ts';
import { mibBytes } from '../foundations/sizes.ts';
import { identitiesInUse } from '../foundations/unprivileged.ts';
import type { Host } from '../host/host.ts';
import type { CatalogKeeper } from '../recovery/catalog-keeper.ts';
import type { StoreCopy } from '../recovery/store-copy.ts';
import { checkArchive, checkBlocks } from './blocks.ts';
import { checkPrograms } from './programs.ts';
import { checkCopy, checkRecovery } from './recovery.ts';
import { checkDisk, checkHome, checkMemory, checkStores } from './room.ts';

export interface Examined {
  home: Home;
  site: Site;
  host: Host;
  catalog: Catalog;
  garbage: GarbageCollector;
  scrubber: Scrubber;
  /** Absent: nothing is said of recovery. */
  keeper?: Pick<CatalogKeeper, 'describe'>;
  copies?: readonly StoreCopy[];
}

export async function examine(examined: Examined): Promise<Finding[]> {
  const { home, site, host, catalog, garbage, scrubber, keeper } = examined;
  const measures = await host.measure();
  const { memoryMiB: committedMiB } = await catalog.read(committed);
  const { budgetMiB: forInstancesMiB } = memoryOf(measures, site);
  const { simulated, blockCacheBytes = 0 } = site;
  const blockCacheMiB = blockCacheBytes / mibBytes;
  return [
    ...(await checkPrograms(identitiesInUse().at(-1))),
    checkHome(home.folder),
    checkDisk(measures, home.folder, garbage.usage()),
    ...(await checkStores(home)),
    checkBlocks(scrubber.describe()),
    ...checkArchive(scrubber.archives?.describe()),
    ...(examined.copies ?? []).map((copy) => checkCopy(copy.describe())),
    ...(keeper ? [checkRecovery(keeper.describe())] : []),
    checkMemory(measures, { simulated, forInstancesMiB, committedMiB, blockCacheMiB }),
    {
      name: 'Imago',
      state: 'good',
      detail: `${manifest.version} runs as pid ${process.pid}`,
    },
  ];
}

/** Whoever asks while it is found out is told the same. */
export function shared<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
}

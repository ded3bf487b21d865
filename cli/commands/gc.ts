/**
 * `imago gc`: removes blocks that nothing needs any more, and files of guests and volumes that no
 * row names, in two steps with a time between; see docs/decisions/0004. Asks the Imago that runs
 * with the home, or does it itself where none runs.
 */
import type { BlockSum, Collection } from '../../api/imago-collections.ts';
import { collectStores } from '../../server/collection/collect-stores.ts';
import { usualGraceMs } from '../../server/collection/garbage-collector.ts';
import { Pace } from '../../server/collection/pace.ts';
import { removeStrays } from '../../server/collection/strays.ts';
import type { CatalogDatabase } from '../../server/config.ts';
import { randomIds, systemClock } from '../../server/domain/identity.ts';
import { draftBlocks } from '../../server/drafts/draft-blocks.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import type { Home } from '../../server/foundations/home.ts';
import { jsonLog } from '../../server/foundations/log.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { unprivilegedIdentity } from '../../server/foundations/unprivileged.ts';
import { HomeInUseError, type HomeLock, lockHome } from '../../server/home-lock.ts';
import { hostAtRest } from '../../server/host-at-rest.ts';
import { hostIdOf } from '../../server/host-id.ts';
import { openCatalog } from '../../server/open-catalog.ts';
import { openStoresAtRest } from '../../server/open-stores.ts';
import { type CollectionSums, sumsShape } from '../../server/operations/shapes/collection.ts';
import { catalogOfHome } from '../catalog-of.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { poll } from '../poll.ts';
import { explainStorage } from './explain-storage.ts';

export interface GcOptions {
  dryRun?: boolean;
  grace?: number;
  /** Where it is not in the home. */
  catalog?: string;
}

type Collected = CollectionSums & Pick<Collection, 'RemovedInstanceIds' | 'RemovedVolumeIds'>;

const pollEveryMs = 300;
/** A large store on a slow disk. */
const timeoutMs = 6 * 3_600_000;

export async function gcCommand(context: CommandContext, options: GcOptions): Promise<void> {
  const { output, progress } = context;
  const database = catalogOfHome(context, options.catalog);
  const sums = await progress.step('What nothing needs', async () => {
    using lock = await tryLock(context.home);
    return lock
      ? await collectHere(context, options, database)
      : await collectThere(context, options);
  });
  if (output.json) output.document(sums);
  else for (const line of sentences(sums, options)) output.line(line);
}

async function tryLock(home: Home): Promise<HomeLock | undefined> {
  try {
    return await lockHome(home);
  } catch (error) {
    if (error instanceof HomeInUseError) return undefined;
    throw error;
  }
}

async function collectThere(context: CommandContext, options: GcOptions): Promise<Collected> {
  const client = connect(context);
  const { Collection: begun } = await client.imago('CollectGarbage', {
    GraceSeconds: options.grace,
    ReportOnly: options.dryRun,
  });
  const what = 'the collection';
  const ended = await poll({ everyMs: pollEveryMs, timeoutMs, what }, async () => {
    const { Collection: seen } = await client.imago('DescribeCollection', {});
    return seen && (seen.Id !== begun.Id || seen.State !== 'running') ? seen : undefined;
  });
  if (ended.State === 'failed') throw nothingCollected(ended.Error);
  return ended;
}

async function collectHere(
  { home }: CommandContext,
  { grace, dryRun }: GcOptions,
  database: CatalogDatabase | undefined,
): Promise<Collected> {
  const graceMs = grace === undefined ? usualGraceMs : grace * 1000;
  const catalog = await openCatalog(home, database).catch(explainStorage);
  const readerGid = unprivilegedIdentity()?.gid;
  const stores = await openStoresAtRest(home, { readerGid }).catch(explainStorage);
  try {
    const drafts = draftBlocks(nodeFiles, home, await hostIdOf(home, nodeFiles, randomIds));
    const { blocks } = stores;
    const services = { blocks, catalog, drafts, home, clock: systemClock, files: nodeFiles };
    const log = jsonLog((line) => process.stderr.write(line));
    const host = hostAtRest(home);
    const wanted = { graceMs, reportOnly: dryRun };
    const { instanceIds, volumeIds } = await removeStrays({ ...services, host, log }, wanted);
    const report = await collectStores(services, { ...wanted, pace: new Pace(0) });
    return {
      ...sumsShape(report),
      RemovedInstanceIds: instanceIds,
      RemovedVolumeIds: volumeIds,
    };
  } catch (error) {
    throw nothingCollected((error as Error).message);
  } finally {
    await catalog.close();
    await stores.close();
  }
}

function nothingCollected(why: string | undefined): CommandError {
  return new CommandError(
    `Nothing was collected: ${why}.`,
    'Where a block map cannot be read nothing is removed; `imago fsck` says what is wrong.',
  );
}

function sentences(sums: Collected, { dryRun }: GcOptions): string[] {
  const tell = (sum: BlockSum = { Blocks: 0, Bytes: 0 }) =>
    `${sum.Blocks} blocks, ${formatBytes(sum.Bytes)}`;
  const { RemovedInstanceIds: guests = [], RemovedVolumeIds: volumes = [] } = sums;
  const strays = `files of ${guests.length} guests and ${volumes.length} volumes without a row`;
  if (dryRun) {
    return [
      `Needed:                ${tell(sums.Kept)}`,
      `Would be condemned:    ${tell(sums.Found)}`,
      `Condemned earlier:     ${tell(sums.Waiting)}`,
      `Would be removed:      ${tell(sums.Freed)}; ${strays}`,
    ];
  }
  return [
    `Needed:                ${tell(sums.Kept)}`,
    `Condemned now:         ${tell(sums.Condemned)}`,
    `Condemned and waiting: ${tell(sums.Waiting)}`,
    `Removed:               ${tell(sums.Freed)}; ${strays}`,
  ];
}

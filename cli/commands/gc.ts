/**
 * `imago gc`: removes blocks that nothing needs any more, in two steps with a time between; see
 * docs/decisions/0004. Asks the Imago that runs with the home, or does it itself where none runs.
 */
import { existsSync } from 'node:fs';
import type { BlockSum, Collection } from '../../api/imago.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { collectTwice } from '../../server/collection/collector.ts';
import { Pace } from '../../server/collection/pace.ts';
import type { CatalogDatabase } from '../../server/config.ts';
import { systemClock } from '../../server/domain/identity.ts';
import { unprivilegedIdentity } from '../../server/foundations/unprivileged.ts';
import { HomeInUseError, lockHome } from '../../server/home-lock.ts';
import { openCatalog } from '../../server/open-catalog.ts';
import { catalogOf } from '../catalog-of.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { formatBytes } from '../output.ts';
import { poll } from '../poll.ts';
import { explainCatalog } from './explain-catalog.ts';

export interface GcOptions {
  dryRun?: boolean;
  grace?: number;
  /** Where it is not in the home. */
  catalog?: string;
}

type Sums = Pick<Collection, 'Kept' | 'Found' | 'Condemned' | 'Waiting' | 'Freed'>;

const defaultGraceSeconds = 3600;
const pollEveryMs = 300;
/** A large store on a slow disk. */
const timeoutMs = 6 * 3_600_000;

export async function gcCommand(context: CommandContext, options: GcOptions): Promise<void> {
  const { home, output, progress, environment } = context;
  const database = catalogOf(environment, options.catalog);
  const known = [home.catalogFile, home.catalogPlaceFile].some((file) => existsSync(file));
  if (!database && !known) {
    throw new CommandError(`There is no Imago in ${home.folder}.`, 'Name its home with --home.');
  }
  const sums = await progress.step('Blocks that nothing needs', async () => {
    const lock = tryLock(context);
    if (!lock) return collectThere(context, options);
    using _lock = lock;
    return await collectHere(context, options, database);
  });
  if (output.json) output.document(sums);
  else for (const line of sentences(sums, options)) output.line(line);
}

function tryLock({ home }: CommandContext): Disposable | undefined {
  try {
    const held = lockHome(home);
    return { [Symbol.dispose]: () => held.release() };
  } catch (error) {
    if (error instanceof HomeInUseError) return undefined;
    throw error;
  }
}

async function collectThere(context: CommandContext, options: GcOptions): Promise<Sums> {
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
  if (ended.State === 'failed') {
    throw new CommandError(
      `Nothing was collected: ${ended.Error}.`,
      'Where a block map cannot be read nothing is removed; `imago fsck` says what is wrong.',
    );
  }
  return ended;
}

async function collectHere(
  { home }: CommandContext,
  { grace = defaultGraceSeconds, dryRun }: GcOptions,
  database: CatalogDatabase | undefined,
): Promise<Sums> {
  const catalog = await openCatalog(home, database).catch(explainCatalog);
  const blocks = await FsBlockStore.open(home.blocksFolder, {
    readerGid: unprivilegedIdentity()?.gid,
  });
  try {
    const report = await collectTwice(
      { blocks, catalog, clock: systemClock },
      { graceMs: grace * 1000, reportOnly: dryRun, pace: new Pace(0) },
    );
    const sum = ({ blocks: count, bytes }: { blocks: number; bytes: number }): BlockSum => ({
      Blocks: count,
      Bytes: bytes,
    });
    return {
      Kept: sum(report.kept),
      Found: sum(report.found),
      Condemned: sum(report.condemned),
      Waiting: sum(report.waiting),
      Freed: sum(report.freed),
    };
  } catch (error) {
    throw new CommandError(
      `Nothing was collected: ${(error as Error).message}.`,
      'Where a block map cannot be read nothing is removed; `imago fsck` says what is wrong.',
    );
  } finally {
    await catalog.close();
    await blocks.close();
  }
}

function sentences(sums: Sums, { dryRun }: GcOptions): string[] {
  const tell = (sum: BlockSum = { Blocks: 0, Bytes: 0 }) =>
    `${sum.Blocks} blocks, ${formatBytes(sum.Bytes)}`;
  if (dryRun) {
    return [
      `Needed:                ${tell(sums.Kept)}`,
      `Would be condemned:    ${tell(sums.Found)}`,
      `Condemned earlier:     ${tell(sums.Waiting)}`,
      `Would be removed:      ${tell(sums.Freed)}`,
    ];
  }
  return [
    `Needed:                ${tell(sums.Kept)}`,
    `Condemned now:         ${tell(sums.Condemned)}`,
    `Condemned and waiting: ${tell(sums.Waiting)}`,
    `Removed:               ${tell(sums.Freed)}`,
  ];
}

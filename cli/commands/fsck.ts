/**
 * `imago fsck`: reads and verifies every block of a home whose Imago is stopped, then every block
 * map that the catalog names. It reports and repairs nothing. Exit code 1 when something is wrong.
 */
import { type FsckFinding, fsck } from '../../server/blocks/fsck.ts';
import type { CatalogDatabase } from '../../server/config.ts';
import { blockRoots } from '../../server/domain/block-roots.ts';
import type { Home } from '../../server/foundations/home.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { HomeInUseError, type HomeLock, lockHome } from '../../server/home-lock.ts';
import { openCatalog } from '../../server/open-catalog.ts';
import { openStoresAtRest } from '../../server/open-stores.ts';
import { catalogOfHome } from '../catalog-of.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import type { StepProgress } from '../progress.ts';
import { explainCatalog } from './explain-catalog.ts';

export async function fsckCommand(context: CommandContext, catalogUrl?: string): Promise<number> {
  const { home, output, progress } = context;
  const database = catalogOfHome(context, catalogUrl);
  using _lock = lock(home);
  const findings = await progress.step('Blocks and block maps', (step) =>
    check(home, database, step),
  );
  const damage = findings.filter(({ kind }) => kind !== 'summary');
  const summary = summaryOf(findings);
  if (output.json) output.document({ Findings: damage, Summary: summary });
  else {
    for (const finding of damage) output.line(`  ${sentence(finding)}`);
    if (summary) {
      output.line(
        `${summary.blocks} blocks (${formatBytes(summary.plainBytes)} plain), ` +
          `${summary.unreferencedBlocks} of them referenced by no map.`,
      );
    }
    output.line(damage.length === 0 ? 'All is well.' : `${damage.length} problems.`);
  }
  return damage.length === 0 ? 0 : 1;
}

/** Of all stores. */
function summaryOf(findings: readonly FsckFinding[]) {
  const summaries = findings.filter((finding) => finding.kind === 'summary');
  return summaries.reduce((a, b) => ({
    kind: 'summary',
    blocks: a.blocks + b.blocks,
    plainBytes: a.plainBytes + b.plainBytes,
    unreferencedBlocks: a.unreferencedBlocks + b.unreferencedBlocks,
  }));
}

function lock(home: Home): HomeLock {
  try {
    return lockHome(home);
  } catch (error) {
    if (!(error instanceof HomeInUseError)) throw error;
    throw new CommandError(
      `Imago is running with the home ${home.folder}.`,
      'Stop it for the check; its guests go on meanwhile.',
    );
  }
}

async function check(
  home: Home,
  database: CatalogDatabase | undefined,
  step: StepProgress,
): Promise<FsckFinding[]> {
  const findings: FsckFinding[] = [];
  const { blocks, absent, close } = await openStoresAtRest(home);
  if (absent.length > 0) {
    throw new CommandError(
      `The blocks of regions are not there: ${absent.join(', ')}.`,
      `${home.regionStoresFile} says where they were.`,
    );
  }
  const onProgress = (count: number) => step.doing(`${count} blocks`);
  for (const { store, holds } of blocks.list()) {
    const roots = await rootsOf(home, database, holds);
    for await (const finding of fsck({ store, roots, onProgress })) findings.push(finding);
  }
  await close();
  return findings;
}

/**
 * Every block map that somebody may read: of snapshots, and of the bases of volumes whose snapshot
 * is gone.
 */
async function rootsOf(
  home: Home,
  database: CatalogDatabase | undefined,
  holds: (region: string) => boolean,
): Promise<string[]> {
  const catalog = await openCatalog(home, database).catch(explainCatalog);
  try {
    return [...(await catalog.read((reader) => blockRoots(reader, holds))).roots];
  } finally {
    await catalog.close();
  }
}

function sentence(finding: FsckFinding): string {
  switch (finding.kind) {
    case 'missing':
      return `missing: block ${finding.digest}, needed by map ${finding.root}`;
    case 'corrupt':
    case 'malformed': {
      const where = finding.root ? `, needed by map ${finding.root}` : '';
      return `${finding.kind}: block ${finding.digest}: ${finding.detail}${where}`;
    }
    case 'summary':
      return '';
  }
}

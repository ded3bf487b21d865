/**
 * `imago fsck`: reads and verifies every block of a home whose Imago is stopped, then every block
 * map that the catalog names, and every archived snapshot. With `--repair` it brings lost and
 * damaged blocks back from another store, or from files that have their bytes; otherwise it reports
 * and changes nothing. Exit code 1 when something is wrong, or still is.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { BlockStore, Digest } from '../../server/blocks/block-store.ts';
import { FsBlockReader } from '../../server/blocks/fs/fs-block-reader.ts';
import { type FsckFinding, fsck } from '../../server/blocks/fsck.ts';
import {
  type BlockSource,
  folderSource,
  healBlocks,
  storeSource,
} from '../../server/blocks/repair.ts';
import {
  type ArchiveFinding,
  type CheckedArchives,
  checkArchives,
} from '../../server/check-archives.ts';
import type { CatalogDatabase } from '../../server/config.ts';
import { blockRoots } from '../../server/domain/block-roots.ts';
import { randomIds } from '../../server/domain/identity.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import type { Home } from '../../server/foundations/home.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { unprivilegedIdentity } from '../../server/foundations/unprivileged.ts';
import { HomeInUseError, type HomeLock, lockHome } from '../../server/home-lock.ts';
import { plainBytesOf } from '../../server/host/host.ts';
import { PlainFiles } from '../../server/host/local/plain-files.ts';
import { hostIdOf } from '../../server/host-id.ts';
import { openCatalog } from '../../server/open-catalog.ts';
import { openStoresAtRest } from '../../server/open-stores.ts';
import { sealedCatalogRoots } from '../../server/recovery/catalog-record.ts';
import { Archives } from '../../server/transfers/archives.ts';
import { catalogOfHome } from '../catalog-of.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import type { StepProgress } from '../progress.ts';
import { explainStorage } from './explain-storage.ts';

export interface FsckCommandOptions {
  /** Where it is not in the home. */
  catalog?: string;
  repair?: boolean;
  /** What blocks are brought back from. */
  from?: string;
  /** Of archived snapshots, where it is not in the home. */
  archiveFolder?: string;
}

/** Pages of a map that come back tell of further blocks: its root, its leaves, their blocks. */
const repairsMax = 3;

export async function fsckCommand(
  context: CommandContext,
  options: FsckCommandOptions,
): Promise<number> {
  const { home, output, progress } = context;
  const { repair = false, from } = options;
  if (repair !== (from !== undefined)) {
    throw new CommandError(
      '--repair and --from belong together.',
      'Say where whole blocks are: another block store or home, or a folder of raw images.',
    );
  }
  const source = from === undefined ? undefined : await sourceAt(from);
  const database = catalogOfHome(context, options.catalog);
  using _lock = await lock(home);
  const { findings, healed } = await progress.step('Blocks and block maps', (step) =>
    check(home, database, source, step),
  );
  const archived = await progress.step('Archived snapshots', (step) =>
    checkArchived(home, { ...options, database }, step),
  );
  const damage = [...findings.filter(({ kind }) => kind !== 'summary'), ...archived.findings];
  const summary = summaryOf(findings);
  const { count: archives } = archived;
  const plainBytes = plainBytesOf(await new PlainFiles(home.basesFolder).list());
  if (output.json) {
    output.document({
      Findings: damage,
      Summary: { ...summary, archives, plainBaseBytes: plainBytes },
      Repaired: healed,
    });
  } else {
    for (const finding of damage) output.line(`  ${sentence(finding)}`);
    if (summary) {
      output.line(
        `${summary.blocks} blocks (${formatBytes(summary.plainBytes)} plain), ` +
          `${summary.unreferencedBlocks} of them referenced by no map.`,
      );
    }
    if (archives > 0) {
      output.line(`${archives} archived snapshots (${formatBytes(archived.bytes)} whole).`);
    }
    if (plainBytes > 0) {
      output.line(`Besides, ${formatBytes(plainBytes)} of plain bases: a cache, not verified.`);
    }
    if (repair) output.line(`${healed.length} blocks were brought back.`);
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

async function lock(home: Home): Promise<HomeLock> {
  try {
    return await lockHome(home);
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
  source: BlockSource | undefined,
  step: StepProgress,
): Promise<{ findings: FsckFinding[]; healed: Digest[] }> {
  const findings: FsckFinding[] = [];
  const healed: Digest[] = [];
  const readerGid = source && unprivilegedIdentity()?.gid;
  const opened = openStoresAtRest(home, { readerGid }).catch(explainStorage);
  const { blocks, absent, close } = await opened;
  if (absent.length > 0) {
    throw new CommandError(
      `The blocks of regions are not there: ${absent.join(', ')}.`,
      `${home.regionStoresFile} says where they were.`,
    );
  }
  const onProgress = (count: number) => step.doing(`${count} blocks`);
  for (const { store, holds } of blocks.list()) {
    const sealed = await sealedCatalogRoots(store);
    const roots = [...(await rootsOf(home, database, holds)), ...sealed];
    const look = () => Array.fromAsync(fsck({ store, roots, onProgress }));
    let found = await look();
    for (let repairs = 0; source && repairs < repairsMax; repairs++) {
      const back = await bringBack(store, found, source);
      if (back.length === 0) break;
      healed.push(...back);
      found = await look();
    }
    findings.push(...found);
  }
  await close();
  return { findings, healed };
}

async function bringBack(
  store: BlockStore,
  findings: readonly FsckFinding[],
  source: BlockSource,
): Promise<Digest[]> {
  const lost = findings.filter(({ kind }) => kind === 'missing' || kind === 'corrupt');
  const wanted = new Set(lost.flatMap((finding) => ('digest' in finding ? [finding.digest] : [])));
  return wanted.size === 0 ? [] : healBlocks(store, wanted, source);
}

async function checkArchived(
  home: Home,
  { database, archiveFolder }: FsckCommandOptions & { database: CatalogDatabase | undefined },
  step: StepProgress,
): Promise<CheckedArchives> {
  const named = archiveFolder === undefined ? undefined : path.resolve(archiveFolder);
  const archives = new Archives(nodeFiles, { own: home.archiveFolder, named });
  const hostId = await hostIdOf(home, nodeFiles, randomIds);
  const catalog = await openCatalog(home, database).catch(explainStorage);
  try {
    const onProgress = (id: string) => step.doing(id);
    return await checkArchives(catalog, archives, { hostId, onProgress });
  } finally {
    await catalog.close();
  }
}

/** A home, a block store, or a folder of files. */
async function sourceAt(from: string): Promise<BlockSource> {
  const isFolder = (folder: string) =>
    stat(folder).then(
      (status) => status.isDirectory(),
      () => false,
    );
  if (!(await isFolder(from))) {
    throw new CommandError(`${from} is no folder.`, 'Name one that has the blocks, or raw images.');
  }
  for (const folder of [path.join(from, 'blocks'), from]) {
    const isStore = await isFolder(path.join(folder, '00'));
    if (isStore) return storeSource(new FsBlockReader(folder));
  }
  return folderSource(nodeFiles, from);
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
  const catalog = await openCatalog(home, database).catch(explainStorage);
  try {
    return [...(await catalog.read((reader) => blockRoots(reader, holds))).roots];
  } finally {
    await catalog.close();
  }
}

function sentence(finding: FsckFinding | ArchiveFinding): string {
  switch (finding.kind) {
    case 'archive':
      return `archive: snapshot ${finding.snapshotId} of ${finding.account}: ${finding.detail}`;
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

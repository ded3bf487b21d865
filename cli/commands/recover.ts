/**
 * `imago recover`: makes a home of the newest catalog that is sealed into a block store, on a host
 * that has nothing else. It says what came back and, one by one, what did not. Exit code 1 where
 * something is lost, though all else is there.
 */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { recordCatalogPlace } from '../../server/catalog-place.ts';
import type { CatalogDatabase } from '../../server/config.ts';
import { randomIds, systemClock } from '../../server/domain/identity.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { Home } from '../../server/foundations/home.ts';
import { isRunning, readProcessRecord } from '../../server/foundations/process-record.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { HomeInUseError, lockHome } from '../../server/home-lock.ts';
import { openCatalog } from '../../server/open-catalog.ts';
import { CatalogRecordError } from '../../server/recovery/catalog-record.ts';
import { RecoveryError } from '../../server/recovery/newest-catalog.ts';
import { type Recovered, recover } from '../../server/recovery/recover.ts';
import type { RecoveryReport } from '../../server/recovery/recovery-plan.ts';
import { NoStoreError, storeToRecover } from '../../server/recovery/stores-to-recover.ts';
import { Archives } from '../../server/transfers/archives.ts';
import { catalogOf } from '../catalog-of.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { archiveFolderOf } from '../file-places.ts';
import { type KeyOptions, recoveryKeyOf } from '../master-key-of.ts';
import { momentIn } from '../moment.ts';
import type { Output } from '../output.ts';
import type { StepProgress } from '../progress.ts';
import { explainStorage } from './explain-storage.ts';

export interface RecoverCommandOptions extends KeyOptions {
  from: string[];
  at?: string;
  dryRun?: boolean;
  verify?: boolean;
  catalog?: string;
  archiveFolder?: string;
}

export async function recoverCommand(
  context: CommandContext,
  options: RecoverCommandOptions,
): Promise<number> {
  const { output, progress, environment } = context;
  const database = catalogOf(environment, options.catalog);
  const at = readAt(options.at);
  const key = recoveryKeyOf(environment, options);
  // Of a folder that is mistyped, or whose disk is not mounted, nobody has to look for a key.
  for (const folder of options.from) await storeToRecover(nodeFiles, folder).catch(explain);
  if (!key) {
    throw new CommandError(
      'The catalog is sealed.',
      'Name its key file with --recovery-key-file, or give its passphrase by --recovery-passphrase-fd.',
    );
  }
  const title = options.dryRun ? 'What would come back' : 'What is brought back';
  const recovered = await progress.step(title, (step) =>
    recoverHome(context, { ...options, at, key, database }, step).catch(explain),
  );
  if (output.json) output.document(documentOf(recovered));
  else tell(output, context.home.folder, recovered, options);
  return isAllThere(recovered) ? 0 : 1;
}

async function recoverHome(
  { home }: CommandContext,
  options: RecoverCommandOptions & {
    key: { file?: string; passphrase?: string };
    database: CatalogDatabase | undefined;
  },
  step: StepProgress,
): Promise<Recovered> {
  const { from, key, at, database, verify = false, dryRun = false } = options;
  if (!dryRun) for (const folder of from) checkNobodyServes(folder);
  const named = archiveFolderOf(options);
  const archives = new Archives(nodeFiles, { own: home.archiveFolder, named });
  const archived = new Set(await archives.list());
  const isNew = !existsSync(home.folder);
  using _lock = dryRun ? undefined : await lockHome(home);
  try {
    return await recover({
      home,
      files: nodeFiles,
      from: from.map((folder) => path.resolve(folder)),
      key,
      ...(at !== undefined && { at }),
      verify,
      dryRun,
      isArchived: async (snapshotId) => archived.has(snapshotId),
      openCatalog: () => openCatalog(home, database).catch(explainStorage),
      recordPlace: () => recordCatalogPlace(home, nodeFiles, database),
      clock: systemClock,
      ids: randomIds,
      onProgress: (doing) => step.doing(doing),
    });
  } catch (error) {
    // It was refused before anything was begun. What is there is the lock that is held.
    const isUnbegun = isNew && !dryRun && !existsSync(home.recoveringFile);
    if (isUnbegun) rmSync(home.folder, { recursive: true, force: true });
    throw error;
  }
}

/** Whose blocks it are would be another's while it runs. */
function checkNobodyServes(folder: string): void {
  const homes = [folder, path.dirname(path.resolve(folder))].map((each) => new Home(each));
  for (const { folder: home, runFolder } of homes) {
    const record = readProcessRecord(path.join(runFolder, 'imago.pid'));
    if (!record || !isRunning(record)) continue;
    throw new CommandError(
      `An Imago (pid ${record.pid}) runs with ${home}: it would lose its block store.`,
      'Stop it first. To try a recovery, take --dry-run, or a copy of the folder.',
    );
  }
}

/** A number as it is, a moment whose zone is said. */
function readAt(at: string | undefined): string | undefined {
  if (at === undefined || /^\d{1,9}$/.test(at)) return at;
  const moment = momentIn(at);
  if (moment) return moment.toISOString();
  throw new CommandError(
    `--at ${at} is neither the number of a sealed catalog nor a time.`,
    'Give one such as 12, or 2026-11-26T08:00Z.',
    2,
  );
}

function explain(error: unknown): never {
  if (error instanceof RecoveryError) throw new CommandError(error.message, error.advice);
  if (error instanceof HomeInUseError) throw new CommandError(`${error.message}.`);
  if (error instanceof NoStoreError) {
    throw new CommandError(`${error.message}.`, 'Name a folder of blocks, or a home, with --from.');
  }
  if (error instanceof CatalogRecordError) {
    throw new CommandError(
      `The store cannot be recovered from: ${error.message}.`,
      'Name another store with --from.',
    );
  }
  throw error;
}

function isAllThere({ catalog, unreadable, report }: Recovered): boolean {
  const { lostImages, lostSnapshots, instances, volumes } = report;
  if (unreadable.some(({ createdAt }) => createdAt > catalog.createdAt)) return false;
  const lacking = [...volumes, ...instances.flatMap((instance) => instance.volumes)].some(
    ({ snapshotId }) => snapshotId === undefined,
  );
  return lostImages.length === 0 && lostSnapshots.length === 0 && !lacking;
}

function documentOf({ catalog, facts, report, unreadable }: Recovered) {
  const { number, createdAt, rows } = catalog;
  const { imago, zones } = facts;
  return { catalog: { number, createdAt, rows }, imago, zones, ...report, unreadable };
}

function tell(
  output: Output,
  home: string,
  { catalog, facts, report, unreadable }: Recovered,
  { dryRun, recoveryKeyFile }: RecoverCommandOptions,
): void {
  const { wholeImages, wholeSnapshots, instances, endedTasks } = report;
  for (const { number, createdAt, folder, problem } of unreadable) {
    output.line(`Catalog ${number} of ${createdAt} in ${folder} cannot be read: ${problem}`);
  }
  output.line(
    `Catalog ${catalog.number} of ${catalog.createdAt}: ${report.rows} rows, ${formatBytes(catalog.plainBytes)}. What was changed later is not in it.`,
  );
  output.line(
    `${wholeImages} images, ${wholeSnapshots} snapshots and ${instances.length} instances are there.`,
  );
  for (const line of losses(report)) output.line(`  ${line}`);
  for (const { id, name, volumes, starts } of instances) {
    const root = volumes.find(({ snapshotId }) => snapshotId !== undefined);
    if (!starts || !root) continue;
    output.line(`  ${titled(id, name)} starts from ${root.snapshotId} of ${root.takenAt}`);
  }
  for (const { kind, subject } of endedTasks) {
    output.line(`  what was under way ends as failed: ${kind} of ${subject}`);
  }
  if (dryRun) return;
  const regions = facts.regions.map((region) => ` --region ${region}`).join('');
  const zones = facts.zones === 1 ? '' : ` --zones ${facts.zones}`;
  const key = recoveryKeyFile === undefined ? '' : ` --recovery-key-file ${recoveryKeyFile}`;
  output.line(`It is ready to be served: imago serve --home ${home}${regions}${zones}${key}`);
  if (recoveryKeyFile === undefined) {
    output.line(
      'Give it the key again that this was opened with, or its catalog is sealed no more.',
    );
  }
}

function* losses(report: RecoveryReport): Generator<string> {
  for (const [region, folder] of Object.entries(report.regions)) {
    if (folder === undefined) yield `the blocks of ${region} are in none of the stores`;
  }
  for (const { id, name, snapshotIds } of report.lostImages) {
    yield `the image ${titled(id, name)} is lost: ${snapshotIds.join(', ')} is not whole`;
  }
  const ofImages = new Set(report.lostImages.flatMap(({ snapshotIds }) => snapshotIds));
  for (const { id, name } of report.lostSnapshots) {
    if (!ofImages.has(id)) yield `the snapshot ${titled(id, name)} is lost`;
  }
  for (const { id, name, volumes, starts } of report.instances) {
    if (!starts) yield `the instance ${titled(id, name)} has no backup of its root`;
    for (const { volumeId, deviceName, snapshotId } of volumes) {
      if (snapshotId === undefined) yield `${deviceName} of ${id}, ${volumeId}, has no backup`;
    }
  }
  for (const { id, name, snapshotId } of report.volumes) {
    if (snapshotId === undefined) yield `the volume ${titled(id, name)} has no backup`;
  }
}

function titled(id: string, name: string | undefined): string {
  return name === undefined ? id : `${id} (${name})`;
}

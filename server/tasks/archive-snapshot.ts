/**
 * ModifySnapshotTier: a snapshot becomes one file in the archive, compressed as far as Zstandard
 * can, and read once more before anything relies on it; then its row names that file in place of a
 * map, and its blocks are garbage where nobody else needs them. Sealed blocks stay as they are, and
 * need no key for it. Until then the snapshot is used as before.
 */
import { blockMaxBytes } from '../blocks/block-store.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import {
  type ArchiveSnapshotInput,
  becomeArchived,
  checkNotNeeded,
  isUnderWay,
  removeUnnamedArchive,
  tieringFailed,
  unarchived,
} from '../domain/snapshot-tiers.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import { verifyStoredImage, writeStoredImage } from '../transfers/stored-image.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { explainUnreadable } from './layers-below.ts';
import { defineTask, orFailAsync, type StepContext, TaskFailure } from './task.ts';
import { changedMeanwhile, tellTiering, unlessSilentTiering } from './tiering-steps.ts';

interface Outputs {
  write: null;
  publish: null;
}

type Context = StepContext<ArchiveSnapshotInput, Partial<Outputs>>;

export const archiveSnapshot = defineTask<ArchiveSnapshotInput, Outputs>({
  kind: 'archive-snapshot',
  steps: [
    { name: 'write', run: write, undo: remove },
    { name: 'publish', run: publish, undo: withdraw },
  ],
  async failed({ services, input }, { message }) {
    await services.catalog.write(async ({ snapshots }) => {
      const row = await snapshots.get(input.snapshotId);
      if (isUnderWay(row, input)) await snapshots.update(tieringFailed(row, message));
    });
  },
});

async function write(context: Context): Promise<null> {
  const { services, input, signal } = context;
  const { archives } = services;
  const work = (whileRoom: AbortSignal) =>
    unlessSilentTiering(services, input.snapshotId, whileRoom, (options) =>
      writeInto(context, options),
    );
  await services.uploads
    .run(() =>
      // Into a folder elsewhere a snapshot is moved in order to make room.
      archives.isIn(services.home.folder)
        ? whileThereIsRoom(services, undefined, signal, work)
        : work(signal),
    )
    .catch((error) => {
      if (!isDiskFull(error)) return explainUnreadable(error);
      const code = 'Server.InsufficientVolumeCapacity';
      throw new TaskFailure(code, `${code}: The disk of the archive is full.`);
    });
  return null;
}

async function writeInto(
  { services, input, task }: Context,
  { onProgress: goesOn, signal }: { onProgress: () => void; signal: AbortSignal },
): Promise<void> {
  const { archives, blocks } = services;
  const { snapshotId, root } = input;
  const tell = tellTiering(services, input);
  const onProgress = (done: number, total: number) => {
    goesOn();
    tell(done / total);
  };
  const manifest = await manifestOf(services.catalog, input);
  await archives.write(snapshotId, async (file) => {
    let at = 0;
    const append = async (bytes: Buffer) => {
      await file.write(bytes, at);
      at += bytes.length;
    };
    const disks = [{ reader: blocks.of(task.region), root }];
    await writeStoredImage(append, manifest, disks, { onProgress, signal, level: archives.level });
  });
  await archives.withPart(snapshotId, (file) =>
    verifyStoredImage(file, [root], { onProgress: goesOn, signal, blockMaxBytes }),
  );
}

/** For whoever finds the file: its row says the same, and more. */
async function manifestOf(
  catalog: StepContext<never, never>['services']['catalog'],
  { snapshotId, startedAt, root }: ArchiveSnapshotInput,
): Promise<object> {
  const row = await catalog.read(({ snapshots }) => snapshots.get(snapshotId));
  if (!isUnderWay(row, { startedAt })) throw changedMeanwhile(snapshotId);
  const { account, region, volumeId, volumeSizeGiB, description, encryption } = row;
  return {
    kind: 'imago-snapshot',
    storedAt: startedAt,
    owner: { account, region },
    snapshotId,
    volumeId,
    description,
    ...(encryption && { encryption }),
    disks: [{ root, volumeSizeGiB }],
  };
}

async function publish({ services, input, signal }: Context): Promise<null> {
  const { archives, catalog, clock, site } = services;
  const { snapshotId, root } = input;
  const sizeBytes = await unlessSilentTiering(services, snapshotId, signal, () =>
    archives.publish(snapshotId),
  );
  await catalog.write(async (transaction) => {
    const row = await transaction.snapshots.get(snapshotId);
    if (isArchivedBy(row, input)) return;
    if (!isUnderWay(row, input)) throw changedMeanwhile(snapshotId);
    // It was used as before, and so perhaps for an image.
    await orFailAsync(() => checkNotNeeded(transaction, row));
    const archive = { map: root, host: site.hostId, sizeBytes };
    await becomeArchived(transaction, row, archive, clock.now());
  });
  return null;
}

function isArchivedBy(row: SnapshotRow | undefined, { startedAt }: ArchiveSnapshotInput): boolean {
  return row?.archive !== undefined && row.tiering?.startedAt === startedAt;
}

/** Its blocks are still there, as the task names its map. */
async function withdraw(context: Context): Promise<void> {
  const { services, input } = context;
  await services.catalog.write(async ({ snapshots }: CatalogTransaction) => {
    const row = await snapshots.get(input.snapshotId);
    const before = row && unarchived(row, input.startedAt);
    if (before) await snapshots.update(before);
  });
  await remove(context);
}

/** What names it now is of another time. */
function remove({ services, input: { snapshotId }, signal }: Context): Promise<void> {
  return unlessSilentTiering(services, snapshotId, signal, () =>
    removeUnnamedArchive(services.catalog, services.archives, snapshotId),
  );
}

/**
 * RestoreSnapshotTier: the blocks of an archived snapshot are read, verified and put, and then its
 * row names its map again: for a time, with the file kept, or for good, without it.
 */
import { blockMaxBytes } from '../blocks/block-store.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import {
  isUnderWay,
  type RestoreSnapshotInput,
  removeUnnamedArchive,
  restored,
  tieringFailed,
} from '../domain/snapshot-tiers.ts';
import { isAbsent } from '../files/files.ts';
import { readStoredImage, StoredImageError } from '../transfers/stored-image.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';
import { changedMeanwhile, tellTiering, unlessSilentTiering } from './tiering-steps.ts';

interface Outputs {
  read: { root: string };
  publish: null;
  /** The file, where it is needed no longer. */
  remove: null;
}

type Context = StepContext<RestoreSnapshotInput, Partial<Outputs>>;

export const restoreSnapshot = defineTask<RestoreSnapshotInput, Outputs>({
  kind: 'restore-snapshot',
  steps: [
    { name: 'read', run: read },
    {
      name: 'publish',
      async run({ services, input }) {
        await services.catalog.write(async ({ snapshots }) => {
          const row = await snapshots.get(input.snapshotId);
          if (isRestoredBy(row, input)) return;
          if (!isUnderWay(row, input)) throw changedMeanwhile(input.snapshotId);
          await snapshots.update(restored(row, { days: input.days, now: services.clock.now() }));
        });
        return null;
      },
    },
    {
      name: 'remove',
      async run({ services, input: { snapshotId }, signal }) {
        await unlessSilentTiering(services, snapshotId, signal, () =>
          removeUnnamedArchive(services.catalog, services.archives, snapshotId),
        );
        return null;
      },
    },
  ],
  async failed({ services, input }, { message }) {
    await services.catalog.write(async ({ snapshots }) => {
      const row = await snapshots.get(input.snapshotId);
      if (isUnderWay(row, input)) await snapshots.update(tieringFailed(row, message));
    });
  },
});

function isRestoredBy(row: SnapshotRow | undefined, { startedAt }: RestoreSnapshotInput): boolean {
  return row?.tiering?.state === 'completed' && row.tiering.startedAt === startedAt;
}

async function read(context: Context): Promise<Outputs['read']> {
  const { services, input, task, signal } = context;
  const row = await services.catalog.read(({ snapshots }) => snapshots.get(input.snapshotId));
  // It is restored for a time, and is to stay.
  if (row?.root !== undefined) return { root: row.root };
  return services.uploads.run(() =>
    whileThereIsRoom(services, task.region, signal, (whileRoom) =>
      unlessSilentTiering(services, input.snapshotId, whileRoom, (options) =>
        readInto(context, options),
      ),
    ),
  );
}

async function readInto(
  { services, input, task }: Context,
  { onProgress: goesOn, signal }: { onProgress: () => void; signal: AbortSignal },
): Promise<Outputs['read']> {
  const { snapshotId, map } = input;
  const tell = tellTiering(services, input);
  const onProgress = (done: number, total: number) => {
    goesOn();
    tell(done / total);
  };
  try {
    await using writer = services.blocks.of(task.region).begin();
    await services.archives.with(snapshotId, (file) =>
      readStoredImage(file, writer, [map], { onProgress, signal, blockMaxBytes }),
    );
    return { root: map };
  } catch (error) {
    const code = 'Server.InternalError';
    if (error instanceof StoredImageError) {
      throw new TaskFailure(code, `${code}: The archive of ${snapshotId} is damaged.`);
    }
    if (!isAbsent(error)) throw error;
    throw new TaskFailure(code, `${code}: The archive of ${snapshotId} is not there.`);
  }
}

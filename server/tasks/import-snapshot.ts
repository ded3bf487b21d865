/**
 * ImportSnapshot: a disk file becomes a snapshot. Its blocks are put part by part; an import that
 * was interrupted goes on after the last part. There is no row of a snapshot before the end, and
 * what an import that is undone has put is garbage.
 */
import { bootModeOf } from '../contents/boot-mode.ts';
import { UnreadableContents } from '../contents/bounded-reader.ts';
import { endImport, type ImportSnapshotInput, importedSnapshot } from '../domain/imports.ts';
import {
  checkpointOf,
  type ImportWork,
  type LookedFile,
  lookAtFile,
  openDisk,
  type StoredDisk,
  storeDisk,
  tellImport,
  tellPhase,
  withFile,
} from './import-disk.ts';
import { lookAtStored, type Stored } from './stored-disk.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';

interface Outputs {
  look: LookedFile;
  /** With what starts it, where anything would. */
  read: StoredDisk & { bootMode?: string };
  publish: { snapshotId: string };
}

type Context = StepContext<ImportSnapshotInput, Outputs>;

export const importSnapshot = defineTask<ImportSnapshotInput, Outputs>({
  kind: 'import-snapshot',
  steps: [
    {
      name: 'look',
      async run(context) {
        const work = workOf(context);
        await tellPhase(work, 'validating');
        return lookAtFile(work, (await importOf(context)).disk);
      },
    },
    { name: 'read', run: read },
    { name: 'publish', run: publish, undo: unpublish },
  ],
  async failed({ input, services }, reason) {
    await services.catalog.write((transaction) => endImport(transaction, input.importId, reason));
  },
});

function workOf({ services, task, input, signal }: Context): ImportWork {
  return { services, task, importId: input.importId, signal };
}

async function importOf({ services, input: { importId } }: Pick<Context, 'services' | 'input'>) {
  const row = await services.catalog.read((reader) => reader.importSnapshotTasks.get(importId));
  if (!row) throw new TaskFailure('Client.UserInitiated', `The import ${importId} is gone.`);
  return row;
}

async function read(context: Context): Promise<Outputs['read']> {
  const work = workOf(context);
  const { services } = context;
  const { validator, sizeBytes } = context.outputs.look;
  const { disk, encryption } = await importOf(context);
  await tellPhase(work, 'converting');
  const tell = tellImport(work, sizeBytes);
  const stored = await services.uploads.run(() =>
    withFile(
      work,
      disk,
      async (file, { onProgress: goesOn, signal }) => {
        const { disk: opened } = await openDisk(disk.format, file);
        const onProgress = (doneBytes: number) => {
          goesOn();
          tell(doneBytes);
        };
        const checkpoint = await checkpointOf(services, context.task);
        return storeDisk({ ...work, signal }, opened, { onProgress, checkpoint, encryption });
      },
      validator,
    ),
  );
  const bootMode = await bootModeIn(context, { root: stored.root, encryption });
  return { ...stored, ...(bootMode && { bootMode }) };
}

/** Of a disk that cannot be read it is not known. */
async function bootModeIn(
  { services, task: { region }, signal }: Context,
  stored: Omit<Stored, 'region'>,
) {
  try {
    return await lookAtStored(services, { ...stored, region, signal }, bootModeOf);
  } catch (error) {
    if (error instanceof UnreadableContents) return undefined;
    throw error;
  }
}

async function publish(context: Context): Promise<{ snapshotId: string }> {
  const { services, input, outputs } = context;
  const { importId, snapshotId } = input;
  const { look, read: stored } = outputs;
  const now = services.clock.now();
  await services.catalog.write(async ({ importSnapshotTasks, snapshots }) => {
    const row = await importSnapshotTasks.get(importId);
    if (row?.state === 'completed') return;
    if (row?.state !== 'active') throw new TaskFailure('Client.UserInitiated', 'It is cancelled.');
    const { sizeBytes } = look;
    await snapshots.insert(importedSnapshot(row, { snapshotId, sizeBytes, ...stored }, now));
    await importSnapshotTasks.update({
      ...row,
      state: 'completed',
      progressPercent: 100,
      // What looks like a mistake is said.
      statusMessage: look.notes.length > 0 ? look.notes.join(' ') : undefined,
      disk: { ...row.disk, snapshotId, fileBytes: look.fileBytes },
    });
  });
  return { snapshotId };
}

/** Takes back what a failed write has written after all, unless somebody has used it since. */
async function unpublish({
  services,
  input: { importId, snapshotId },
}: Pick<Context, 'services' | 'input'>): Promise<void> {
  await services.catalog.write(async ({ images, importSnapshotTasks, snapshots }) => {
    const row = await importSnapshotTasks.get(importId);
    if (row?.state === 'completed') {
      await importSnapshotTasks.update({ ...row, state: 'active', progressPercent: 99 });
    }
    if (await images.count({ where: { snapshot: snapshotId } })) return;
    await snapshots.delete(snapshotId);
  });
}

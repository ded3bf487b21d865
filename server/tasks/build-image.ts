/**
 * BuildImage: a provider image, built from Debian's packages in a work folder, brought into the
 * block store and offered to everybody in the regions that were asked for. Until the last step
 * there is no row but the task's; blocks of a build that is undone are garbage.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { BlockStore } from '../blocks/block-store.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { openRawFileDisk } from '../disk/raw-file-disk.ts';
import { type UploadOptions, type UploadResult, uploadDisk } from '../disk/upload-layers.ts';
import { providerAccount } from '../domain/accounts.ts';
import type { BuildImageInput } from '../domain/provider-images.ts';
import { nextProviderVersion } from '../domain/public-parameters.ts';
import { noVolumeId } from '../domain/snapshots.ts';
import type { Files } from '../files/files.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { BuildImpossible } from '../provider-images/build-tools.ts';
import {
  buildProviderImage,
  nextImageName,
  type ProviderImage,
} from '../provider-images/provider-image.ts';
import { CommandFailed } from '../provider-images/run-command.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { defineTask, TaskFailure, type TaskServices } from './task.ts';

/** Ids are given out before, so that registering twice is registering once. */
interface Place {
  region: string;
  imageId: string;
  snapshotId: string;
}

/** An older Imago, whose task may go on here, knew one place: the task's own region. */
type BuildOutput = ProviderImage & ({ places: Place[] } | Omit<Place, 'region'>);

/** Into the store of this region. */
type ImportOutput = UploadResult & { region: string };

interface Outputs {
  build: BuildOutput;
  /** In each store once, under the same root; an older Imago had one store. */
  import: ImportOutput[] | UploadResult;
  /** By region. */
  register: { imageIds: Record<string, string> };
}

export const buildImage = defineTask<BuildImageInput, Outputs>({
  kind: 'build-image',
  steps: [
    {
      name: 'build',
      async run({ task, input, services, signal }) {
        const { clock, ids, log } = services;
        const onProgress = (step: string, detail?: string) =>
          log.info('building an image', { image: input.name, task: task.id, step, detail });
        try {
          const build = { name: input.name, workFolder: workFolder(services, task) };
          const built = await whileThereIsRoom(services, undefined, signal, (whileRoom) =>
            buildProviderImage({ ...build, now: clock.now(), onProgress, signal: whileRoom }),
          );
          await ofDisk(services, signal, () =>
            syncUpTo(services.files, built.diskPath, services.home.folder),
          );
          const { regions = [task.region] } = input;
          const places = regions.map((region) => ({
            region,
            imageId: ids.resource('ami'),
            snapshotId: ids.resource('snap'),
          }));
          return { ...built, places };
        } catch (error) {
          if (error instanceof BuildImpossible) {
            throw new TaskFailure('Client.Unsupported', error.message);
          }
          // Building takes minutes: who ordered it hears the tool's own words at once and decides
          // about another try.
          if (error instanceof CommandFailed) {
            throw new TaskFailure('Server.InternalError', error.message);
          }
          throw error;
        }
      },
      undo: ({ task, services }) => removeWorkFolder(services, task),
    },
    {
      name: 'import',
      async run({ task, outputs, services, signal }) {
        const imported: ImportOutput[] = [];
        for (const region of distinctStores(services, placesOf(task, outputs.build))) {
          const result = await services.uploads.run(() =>
            whileThereIsRoom(services, region, signal, (whileRoom) =>
              ofDisk(services, whileRoom, (options) =>
                importDisk(services.blocks.of(region), outputs.build.diskPath, options),
              ),
            ),
          );
          imported.push({ ...result, region });
        }
        return imported;
      },
    },
    {
      name: 'register',
      async run({ task, input, outputs, services }) {
        const places = placesOf(task, outputs.build);
        const now = services.clock.now().toISOString();
        await services.catalog.write(async (transaction) => {
          for (const place of places) {
            await register(transaction, place, { ...outputs, name: input.name }, now);
          }
        });
        await removeWorkFolder(services, task);
        const ids = places.map(({ region, imageId }) => [region, imageId]);
        return { imageIds: Object.fromEntries(ids) };
      },
      async undo({ task, outputs: { build }, services }) {
        if (!build) return;
        await services.catalog.write(async (transaction) => {
          for (const place of placesOf(task, build)) await unregister(transaction, place);
        });
      },
    },
  ],
  // Nobody waits for anything but the task's own row.
  async failed() {},
});

/**
 * Given up when it shows no progress, or at once when Imago stops; what hangs then has the disk
 * open still.
 */
function ofDisk<T>(
  { silenceMs = usualTimeLimits.silenceMs }: TaskServices,
  signal: AbortSignal,
  work: Parameters<typeof unlessSilent<T>>[0],
): Promise<T> {
  const silent = () => new Error('what is done with the disk of a build shows no progress');
  return unlessSilent(work, { silenceMs, signal, silent });
}

async function importDisk(
  store: BlockStore,
  diskPath: string,
  options: Pick<UploadOptions, 'onProgress' | 'signal'>,
): Promise<UploadResult> {
  const disk = await openRawFileDisk(diskPath);
  try {
    return await uploadDisk({ store, disk, ...options });
  } finally {
    await disk.close();
  }
}

/** A region for each store that the image comes into. */
function distinctStores({ blocks }: TaskServices, places: readonly Place[]): string[] {
  const regions = new Map(places.map(({ region }) => [blocks.of(region), region]));
  return [...regions.values()];
}

function placesOf({ region }: TaskRow, build: BuildOutput): Place[] {
  return 'places' in build ? build.places : [{ ...build, region }];
}

async function register(
  transaction: CatalogTransaction,
  { region, imageId, snapshotId }: Place,
  outputs: Pick<Outputs, 'build' | 'import'> & { name: string },
  now: string,
): Promise<void> {
  const { images, snapshots } = transaction;
  const { build } = outputs;
  const [imported] = [outputs.import].flat();
  if (!imported) throw new Error(`the disk of ${imageId} is in no store`);
  const { root, fullSizeBytes } = imported;
  if (await images.get(imageId)) return;
  const account = providerAccount.id;
  let name = build.imageName;
  while (await images.count({ where: { account, region, name } })) name = nextImageName(name);
  const owned = { account, region, createdAt: now, ownerAlias: providerAccount.alias, tags: {} };
  const volumeSizeGiB = Math.ceil(build.sizeBytes / gibBytes);
  const snapshot: SnapshotRow = {
    ...owned,
    id: snapshotId,
    state: 'completed',
    progressPercent: 100,
    description: `Provider image ${name}`,
    volumeId: noVolumeId,
    volumeSizeGiB,
    startedAt: now,
    completedAt: now,
    root,
    fullSizeBytes,
    // Who may launch it may copy it, too.
    createVolumePermissions: ['all'],
  };
  const { description, architecture, rootDeviceName, bootMode } = build;
  const { enaSupport, sriovNetSupport } = build;
  const ebs = { snapshotId, volumeSizeGiB, deleteOnTermination: true, volumeType: 'gp3' };
  const image: ImageRow = {
    ...owned,
    id: imageId,
    name,
    description,
    state: 'available',
    launchPermissions: ['all'],
    architecture,
    rootDeviceName,
    bootMode,
    imdsSupport: 'v2.0',
    provider: await nextProviderVersion(transaction, region, outputs.name),
    ...(enaSupport && { enaSupport }),
    ...(sriovNetSupport && { sriovNetSupport }),
    blockDeviceMappings: [{ deviceName: rootDeviceName, ebs }],
  };
  await snapshots.insert(snapshot);
  await images.insert(image);
}

/**
 * Takes back what a failed write has written after all; what somebody has used or changed since
 * then stays.
 */
async function unregister(
  { images, instances, snapshots }: CatalogTransaction,
  { imageId, snapshotId }: Place,
): Promise<void> {
  const image = await images.get(imageId);
  if ((image?.version ?? 1) > 1) return;
  if (await instances.count({ where: { image: imageId } })) return;
  await images.delete(imageId);
  if (await images.count({ where: { snapshot: snapshotId } })) return;
  await snapshots.delete(snapshotId);
}

/**
 * The tools that write the disk sync parts of it at most. Once the step is on record it is not run
 * again, so by then all of the disk must survive a power cut, with the names of the folders that
 * lead to it.
 */
async function syncUpTo(files: Files, file: string, top: string): Promise<void> {
  {
    await using handle = await files.open(file, 'read');
    await handle.sync();
  }
  let folder = file;
  do {
    folder = path.dirname(folder);
    await files.syncFolder(folder);
  } while (folder !== top);
}

function workFolder({ home }: TaskServices, task: TaskRow): string {
  return path.join(home.buildsFolder, task.id);
}

async function removeWorkFolder(services: TaskServices, task: TaskRow): Promise<void> {
  await rm(workFolder(services, task), { recursive: true, force: true });
}

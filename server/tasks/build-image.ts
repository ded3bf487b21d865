/**
 * BuildImage: a provider image, built from Debian's packages in a work folder, brought into the
 * block store and offered to everybody in the regions that were asked for; MakeImage: the same with
 * what a recipe adds, for its owner alone. Until the last step
 * there is no row but the task's; blocks of a build that is undone are garbage.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { BlockStore } from '../blocks/block-store.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { openRawFileDisk } from '../disk/raw-file-disk.ts';
import {
  addBlocksOf,
  type UploadOptions,
  type UploadResult,
  uploadDisk,
} from '../disk/upload-layers.ts';
import type { MadeImage } from '../domain/made-images.ts';
import type { BuildImageInput } from '../domain/provider-images.ts';
import type { Files } from '../files/files.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { AdditionImpossible, type Additions } from '../provider-images/additions.ts';
import { BuildImpossible } from '../provider-images/build-tools.ts';
import { type DataRange, dataOf } from '../provider-images/disk-data.ts';
import { lockDifferences, type PackageLock } from '../provider-images/package-lock.ts';
import { buildProviderImage, type ProviderImage } from '../provider-images/provider-image.ts';
import { CommandFailed } from '../provider-images/run-command.ts';
import { whileThereIsRoom } from './disk-room.ts';
import {
  type ImportOutput,
  importIntoStores,
  newPlaces,
  type Place,
  registerInPlaces,
  unregisterPlaces,
} from './provider-places.ts';
import { defineTask, TaskFailure, type TaskServices } from './task.ts';

/**
 * An older Imago, whose task may go on here, knew one place: the task's own region; and did not ask
 * where there is data.
 */
type BuildOutput = Built & ({ places: Place[] } | Omit<Place, 'region'>);
type Built = ProviderImage & { data?: DataRange[] };

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
          const additions = input.made && additionsOf(input.made);
          const work = workFolder(services, task);
          const build = { name: input.name, workFolder: work, additions };
          const built = await whileThereIsRoom(services, undefined, signal, (whileRoom) =>
            buildProviderImage({ ...build, now: clock.now(), onProgress, signal: whileRoom }),
          );
          checkLock(input.made, built.lock);
          await ofDisk(services, signal, () =>
            syncUpTo(services.files, built.diskPath, services.home.folder),
          );
          const { regions = [task.region] } = input;
          const data = await dataOf(built.diskPath, signal);
          return { ...built, data, places: newPlaces(regions, ids) };
        } catch (error) {
          if (error instanceof BuildImpossible || error instanceof AdditionImpossible) {
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
        return importIntoStores(services, placesOf(task, outputs.build), (region) =>
          whileThereIsRoom(services, region, signal, (whileRoom) =>
            ofDisk(services, whileRoom, (options) =>
              importDisk(services.blocks.of(region), outputs.build, options),
            ),
          ),
        );
      },
    },
    {
      name: 'register',
      async run({ task, input, outputs, services }) {
        const places = placesOf(task, outputs.build);
        const imported = [outputs.import].flat();
        const { made } = input;
        const disk = { ...outputs.build, name: input.name, imported, made };
        const imageIds = await registerInPlaces(services, places, disk);
        await removeWorkFolder(services, task);
        return { imageIds };
      },
      async undo({ task, outputs: { build }, services }) {
        if (build) await unregisterPlaces(services, placesOf(task, build));
      },
    },
  ],
  // Nobody waits for anything but the task's own row.
  async failed() {},
});

function additionsOf({ packages, files }: MadeImage): Additions {
  return {
    packages,
    files: files.map((file) => ({ ...file, content: Buffer.from(file.content, 'base64') })),
  };
}

/** Of a recipe that is locked. */
function checkLock(made: MadeImage | undefined, built: PackageLock): void {
  if (made?.lock === undefined) return;
  const differences = lockDifferences(JSON.parse(made.lock) as PackageLock, built);
  if (differences.length === 0) return;
  const shown = differences.slice(0, differencesShown).join(' ');
  const more = differences.length - differencesShown;
  throw new TaskFailure(
    'Client.LockMismatch',
    `What it would be made of is not what is locked. ${shown}${more > 0 ? ` And ${more} more.` : ''} Build it without the lock to get a new one.`,
  );
}

const differencesShown = 5;

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
  { diskPath, data }: BuildOutput,
  options: Pick<UploadOptions, 'onProgress' | 'signal'>,
): Promise<UploadResult> {
  const disk = await openRawFileDisk(diskPath);
  try {
    return await uploadDisk({ store, disk, indexes: data && blocksOf(data), ...options });
  } finally {
    await disk.close();
  }
}

/** Their indexes, each once. */
function blocksOf(data: readonly DataRange[]): number[] {
  const indexes = new Set<number>();
  for (const range of data) addBlocksOf(range, indexes);
  return [...indexes];
}

function placesOf({ region }: TaskRow, build: BuildOutput): Place[] {
  return 'places' in build ? build.places : [{ ...build, region }];
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

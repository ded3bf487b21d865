/**
 * PullImage: a vendor's cloud image, fetched and verified, read by our own reader of its format,
 * and offered to everybody as an image of the provider in the regions that were asked for. Until
 * the last step there is no row but the task's. What was fetched before something failed is kept:
 * the next order goes on there. What turned out not to be the vendor's, or no image, is not.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { bootModeOf } from '../contents/boot-mode.ts';
import { UnreadableContents } from '../contents/bounded-reader.ts';
import type { Disk } from '../disk/disk.ts';
import { uploadDisk } from '../disk/upload-layers.ts';
import { DiskFormatError } from '../disk-formats/disk-format-error.ts';
import { openDiskFile } from '../disk-formats/open-disk-file.ts';
import { accessOfFile } from '../disk-formats/random-access.ts';
import type { VendorImage } from '../domain/vendor-images/vendor-image.ts';
import type { PullImageInput } from '../domain/vendor-images.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { imageNameAt } from '../provider-images/provider-image.ts';
import { type FetchedImage, fetchImage } from '../vendor-images/fetch-image.ts';
import { VendorImageRefused } from '../vendor-images/refused.ts';
import { whileThereIsRoom } from './disk-room.ts';
import {
  type ImportOutput,
  importIntoStores,
  newPlaces,
  type Place,
  type ProviderDisk,
  registerInPlaces,
  unregisterPlaces,
} from './provider-places.ts';
import { defineTask, TaskFailure, type TaskServices } from './task.ts';
import { tellProgress } from './task-progress.ts';

/** Vendors' are a tenth of it; one that says it is larger is no cloud image. */
const diskMaxBytes = 128 * gibBytes;

type FetchOutput = Omit<ProviderDisk, 'name' | 'imported'> & {
  diskPath: string;
  signedBy: string;
  places: Place[];
};

interface Outputs {
  fetch: FetchOutput;
  import: ImportOutput[];
  /** By region. */
  register: { imageIds: Record<string, string> };
}

export const pullImage = defineTask<PullImageInput, Outputs>({
  kind: 'pull-image',
  steps: [
    {
      name: 'fetch',
      async run({ task, input, services, signal }) {
        const { image, regions } = input;
        const tell = tellProgress(services, task, 'fetch');
        const fetched = await refusing(services, image, () =>
          whileThereIsRoom(services, undefined, signal, (whileRoom) =>
            unlessIdle(
              services,
              whileRoom,
              () => silentMirror(input),
              ({ onProgress, signal: wanted }) => {
                const told = (done: number, total = done) => {
                  onProgress();
                  tell(done, total);
                };
                return fetchImage({
                  ...fetchRequest(services, input),
                  signal: wanted,
                  onProgress: told,
                });
              },
            ),
          ),
        );
        const says = await refusing(services, image, () => readImage(services, image, fetched));
        const imageName = imageNameAt(`${image.name}-amd64`, services.clock.now());
        return { ...says, imageName, places: newPlaces(regions, services.ids) };
      },
    },
    {
      name: 'import',
      async run({ task, input, outputs, services, signal }) {
        const { places, diskPath } = outputs.fetch;
        const tell = tellProgress(services, task, 'import');
        return refusing(services, input.image, () =>
          importIntoStores(services, places, (region) =>
            whileThereIsRoom(services, region, signal, (whileRoom) =>
              unlessIdle(
                services,
                whileRoom,
                silentDisk,
                async ({ onProgress, signal: wanted }) => {
                  const told = (done: number, total: number) => {
                    onProgress();
                    tell(done * blockSizeBytes, total * blockSizeBytes);
                  };
                  const store = services.blocks.of(region);
                  return await withImage(services, diskPath, (disk) =>
                    uploadDisk({ store, disk, onProgress: told, signal: wanted }),
                  );
                },
              ),
            ),
          ),
        );
      },
    },
    {
      name: 'register',
      async run({ input, outputs, services }) {
        const { name } = input.image;
        const disk = { ...outputs.fetch, name, imported: outputs.import };
        const imageIds = await registerInPlaces(services, outputs.fetch.places, disk);
        await removeFetched(services, input.image);
        return { imageIds };
      },
      async undo({ outputs: { fetch }, services }) {
        if (fetch) await unregisterPlaces(services, fetch.places);
      },
    },
  ],
  // Nobody waits for anything but the task's own row.
  async failed() {},
});

function fetchRequest(services: TaskServices, { image, from, keyring }: PullImageInput) {
  return {
    image,
    folder: folderOf(services, image),
    files: services.files,
    ...(from !== undefined && { from }),
    ...(keyring !== undefined && { keyring: Buffer.from(keyring, 'base64') }),
  };
}

/** What is silent is given up, a mirror or a disk, and so is all of it when Imago stops. */
function unlessIdle<T>(
  { silenceMs = usualTimeLimits.silenceMs }: TaskServices,
  signal: AbortSignal,
  silent: () => Error,
  work: Parameters<typeof unlessSilent<T>>[0],
): Promise<T> {
  return unlessSilent(work, { silenceMs, signal, silent });
}

/** Whoever ordered it knows another mirror; another try would wait as long. */
function silentMirror({ image, from = image.folder }: PullImageInput): Error {
  return new VendorImageRefused(
    `${from} does not answer. What is there of ${image.file} is kept: run the same command again to go on, or name another mirror with --from.`,
  );
}

const silentDisk = () => new Error("reading a vendor's image shows no progress");

/** What it is, by its own bytes, and by what the vendor says of it. */
async function readImage(
  services: TaskServices,
  image: VendorImage,
  { path: diskPath, checksum, signedBy }: FetchedImage,
): Promise<Omit<FetchOutput, 'imageName' | 'places'>> {
  return await withImage(services, diskPath, async (disk) => {
    const { sizeBytes } = disk;
    if (sizeBytes % 512 !== 0) {
      throw new UnreadableContents(`it has a disk of ${sizeBytes} bytes`);
    }
    const bootMode = await bootModeOf(disk);
    if (!bootMode) throw new UnreadableContents('it has nothing to boot');
    const { enaSupport, sriovNetSupport } = image;
    const algorithm = checksum.algorithm.replace('sha', 'SHA-');
    return {
      diskPath,
      sizeBytes,
      signedBy,
      description: `${image.title} (${image.file}, ${algorithm} ${checksum.hex})`,
      architecture: 'x86_64',
      bootMode,
      rootDeviceName: '/dev/xvda',
      ...(enaSupport && { enaSupport }),
      ...(sriovNetSupport && { sriovNetSupport }),
    };
  });
}

async function withImage<T>(
  { files }: TaskServices,
  diskPath: string,
  work: (disk: Disk) => Promise<T>,
): Promise<T> {
  await using file = await files.open(diskPath, 'read');
  const limits = { maxSizeBytes: diskMaxBytes };
  const { disk } = await openDiskFile('qcow2', await accessOfFile(file), limits);
  return await work(disk);
}

/** What the bytes are is not changed by another try, and such bytes are not kept. */
async function refusing<T>(
  services: TaskServices,
  image: VendorImage,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof DiskFormatError || error instanceof UnreadableContents) {
      await removeFetched(services, image);
      throw new TaskFailure('Client.InvalidImage', `${image.file} was not taken: ${message}.`);
    }
    if (error instanceof VendorImageRefused) throw new TaskFailure('Client.InvalidImage', message);
    throw error;
  }
}

function folderOf({ home }: TaskServices, { name }: VendorImage): string {
  return path.join(home.pullsFolder, name);
}

async function removeFetched(services: TaskServices, image: VendorImage): Promise<void> {
  await rm(folderOf(services, image), { recursive: true, force: true });
}

/**
 * A provider image from recipe to AMI: `build` makes the disk in a work folder of its own, `import` puts its blocks into the
 * store, `register` makes the snapshot and the public image in one transaction and removes the folder. Killed anywhere, it goes on
 * with the step it was in: a build starts anew, an import finds its blocks there, a registration is there or not.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ImageRow, SnapshotRow, TaskRow } from '../catalog/rows.ts';
import { captureDisk } from '../disk/capture.ts';
import { openRawFileDisk } from '../disk/raw-file-disk.ts';
import { providerAccount } from '../domain/accounts.ts';
import type { BuildImageInput } from '../domain/provider-images.ts';
import type { Home } from '../home.ts';
import {
  buildProviderImage,
  isProviderImageName,
  type ProviderImage,
} from '../provider-images/provider-image.ts';
import { type TaskDefinition, TaskFailure } from './task.ts';

interface Outputs {
  build: ProviderImage;
  import: { root: string; fullSizeBytes: number; storedBytes: number };
  register: { imageId: string; imageName: string; storedBytes: number };
}

const gibibyteBytes = 1024 ** 3;
/** What EC2 says of a snapshot that came from no volume. */
const noVolumeId = 'vol-ffffffff';

export const buildImage: TaskDefinition<BuildImageInput, Outputs> = {
  kind: 'build-image',
  steps: {
    build: {
      async run({ input: { name }, task, services, signal }) {
        if (!isProviderImageName(name)) {
          throw new TaskFailure('Client.UnknownImage', `This Imago has no recipe for ${name}.`);
        }
        const { home, clock, log } = services;
        const onProgress = (step: string, detail?: string) =>
          log.info('building image', { name, step, detail });
        const workFolder = workFolderOf(home, task);
        return buildProviderImage({ name, workFolder, now: clock.now(), onProgress, signal });
      },
      async undo({ task, services }) {
        await removeWorkFolder(services.home, task);
      },
    },
    import: {
      async run({ outputs, services, signal }) {
        const disk = await openRawFileDisk(outputs.build.diskPath);
        try {
          const captured = await captureDisk({ store: services.blocks, disk, signal });
          const { root, fullSizeBytes, storedBytes } = captured;
          return { root, fullSizeBytes, storedBytes };
        } finally {
          await disk.close();
        }
      },
    },
    register: {
      async run({ task, outputs, services }) {
        const { imageName } = outputs.build;
        const { storedBytes } = outputs.import;
        const { region } = task;
        const account = providerAccount.id;
        const imageId = await services.catalog.write(async ({ images, snapshots }) => {
          const [made] = await images.list({ where: { account, region, name: imageName } });
          if (made) return made.id;
          const now = services.clock.now().toISOString();
          const snapshot = snapshotRow(services.ids.resource('snap'), task, outputs, now);
          const image = imageRow(services.ids.resource('ami'), snapshot, outputs.build, now);
          await snapshots.insert(snapshot);
          await images.insert(image);
          return image.id;
        });
        await removeWorkFolder(services.home, task);
        return { imageId, imageName, storedBytes };
      },
    },
  },
  async failed({ input, services }, reason) {
    services.log.error('image was not built', { name: input.name, reason });
  },
};

function workFolderOf(home: Home, task: TaskRow): string {
  return path.join(home.buildsFolder, task.id);
}

async function removeWorkFolder(home: Home, task: TaskRow): Promise<void> {
  await rm(workFolderOf(home, task), { recursive: true, force: true });
}

function snapshotRow(
  id: string,
  { region }: TaskRow,
  outputs: Pick<Outputs, 'build' | 'import'>,
  now: string,
): SnapshotRow {
  return {
    ...{ id, account: providerAccount.id, ownerAlias: providerAccount.alias, region },
    ...{ createdAt: now, startedAt: now, completedAt: now },
    state: 'completed',
    description: outputs.build.description,
    volumeId: noVolumeId,
    volumeSizeGiB: Math.ceil(outputs.build.sizeBytes / gibibyteBytes),
    progressPercent: 100,
    root: outputs.import.root,
    fullSizeBytes: outputs.import.fullSizeBytes,
    tags: {},
  };
}

function imageRow(
  id: string,
  snapshot: SnapshotRow,
  build: ProviderImage,
  createdAt: string,
): ImageRow {
  const { account, ownerAlias, region } = snapshot;
  return {
    ...{ id, account, ownerAlias, region, createdAt },
    name: build.imageName,
    description: build.description,
    state: 'available',
    public: true,
    architecture: build.architecture,
    rootDeviceName: build.rootDeviceName,
    blockDeviceMappings: [
      {
        deviceName: build.rootDeviceName,
        ebs: {
          snapshotId: snapshot.id,
          volumeSizeGiB: snapshot.volumeSizeGiB,
          deleteOnTermination: true,
          volumeType: 'gp3',
        },
      },
    ],
    // No boot mode: EC2's default is BIOS. The disk has a loader for UEFI too, but BIOS reaches SSH seconds earlier.
    tags: {},
  };
}

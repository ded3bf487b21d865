/**
 * ImportImage: disk files become snapshots, and those an image. The first disk has to hold a system
 * that is known, and what starts it decides the boot mode. Until all of it is there no row but the
 * import's own says anything of it.
 */

import type { ImportedDisk, ImportImageTaskRow } from '../catalog/rows/import-task.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { type BootMode, bootModeOf } from '../contents/boot-mode.ts';
import { UnreadableContents } from '../contents/bounded-reader.ts';
import { type System, systemOnDisk } from '../contents/system.ts';
import {
  endImport,
  type ImportedHardware,
  type ImportedImageParts,
  type ImportImageInput,
  importedImage,
  importedSnapshot,
} from '../domain/imports.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { encodeUefiData } from '../foundations/uefi-data.ts';
import { withDisksIn } from './disks-in-file.ts';
import { clientError } from './export-folder.ts';
import {
  checkpointOf,
  type ImportWork,
  keepCheckpoint,
  type StoredDisk,
  storeDisk,
  tellImport,
  tellPhase,
  withFile,
} from './import-disk.ts';
import { lookAtStored } from './stored-disk.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';

/** One of the files that are named, or the snapshot in its place. */
interface LookedContainer {
  fileBytes: number;
  validator: string;
  disks: { snapshotId: string; sizeBytes: number; format: string; notes: string[] }[];
}

interface Outputs {
  /** Of a snapshot that is there already: null. */
  look: (LookedContainer | null)[];
  /** Of all files, in order. */
  read: StoredDisk[];
  inspect: { bootMode: BootMode; system: System };
  register: { imageId: string };
}

type Context = StepContext<ImportImageInput, Outputs>;

export const importImage = defineTask<ImportImageInput, Outputs>({
  kind: 'import-image',
  steps: [
    { name: 'look', run: look },
    { name: 'read', run: read },
    { name: 'inspect', run: inspect },
    { name: 'register', run: register, undo: unregister },
  ],
  async failed({ input, services }, reason) {
    await services.catalog.write((transaction) => endImport(transaction, input.importId, reason));
  },
});

function workOf({ services, task, input, signal }: Context): ImportWork {
  return { services, task, importId: input.importId, signal };
}

async function importOf({ services, input: { importId } }: Context): Promise<ImportImageTaskRow> {
  const row = await services.catalog.read((reader) => reader.importImageTasks.get(importId));
  if (!row) throw new TaskFailure('Client.UserInitiated', `The import ${importId} is gone.`);
  return row;
}

async function look(context: Context): Promise<Outputs['look']> {
  const work = workOf(context);
  await tellPhase(work, 'validating');
  const containers: (LookedContainer | null)[] = [];
  for (const disk of (await importOf(context)).disks) {
    containers.push(disk.source ? await lookInto(work, disk) : null);
  }
  return containers;
}

function lookInto(work: ImportWork, container: ImportedDisk): Promise<LookedContainer> {
  const { format } = container;
  return withFile(work, container, (file, whileThere) =>
    withDisksIn(work, { format, file, ...whileThere }, async (found) => {
      const { sizeBytes: fileBytes, validator } = file;
      const disks = found.map((each) => ({
        snapshotId: work.services.ids.resource('snap'),
        sizeBytes: each.disk.sizeBytes,
        format: each.format,
        notes: each.notes,
      }));
      return { fileBytes, validator, disks };
    }),
  );
}

async function read(context: Context): Promise<StoredDisk[]> {
  const { services, outputs } = context;
  const work = workOf(context);
  await tellPhase(work, 'converting');
  const { disks, encryption } = await importOf(context);
  const tell = tellImport(work, Math.max(1, sum(outputs.look.map(bytesIn))));
  return services.uploads.run(async () => {
    let first = 0;
    for (const [index, container] of disks.entries()) {
      const looked = outputs.look[index];
      if (!looked) continue;
      const before = sum(outputs.look.slice(0, index).map(bytesIn));
      await storeContainer(work, { container, looked, first, encryption }, (done) =>
        tell(before + done),
      );
      first += looked.disks.length;
    }
    return (await checkpointOf(services, context.task)).stored;
  });
}

interface ContainerToStore extends Pick<ImportImageTaskRow, 'encryption'> {
  container: ImportedDisk;
  looked: LookedContainer;
  /** How many disks there are before those of this file. */
  first: number;
}

/** Those of its disks that are not stored yet. */
async function storeContainer(
  work: ImportWork,
  { container, looked, first, encryption }: ContainerToStore,
  tell: (doneBytes: number) => void,
): Promise<void> {
  const { services, task } = work;
  let checkpoint = await checkpointOf(services, task);
  if (checkpoint.stored.length >= first + looked.disks.length) return;
  const { format } = container;
  await withFile(
    work,
    container,
    (file, whileThere) =>
      withDisksIn(work, { format, file, isVerified: true, ...whileThere }, async (found) => {
        for (const { disk } of found.slice(checkpoint.stored.length - first)) {
          const before = sum(
            found.slice(0, checkpoint.stored.length - first).map((each) => each.disk.sizeBytes),
          );
          const onProgress = (doneBytes: number) => {
            whileThere.onProgress();
            tell(before + doneBytes);
          };
          const { signal } = whileThere;
          const options = { onProgress, checkpoint, encryption };
          const stored = await storeDisk({ ...work, signal }, disk, options);
          checkpoint = { stored: [...checkpoint.stored, stored] };
          await keepCheckpoint(services, task, checkpoint);
        }
      }),
    looked.validator,
  );
}

function bytesIn(looked: LookedContainer | null): number {
  return sum(looked?.disks.map(({ sizeBytes }) => sizeBytes) ?? []);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The first disk is what the machine starts from. */
async function inspect(context: Context): Promise<Outputs['inspect']> {
  const { services, input, outputs, task, signal } = context;
  const row = await importOf(context);
  const isRead = outputs.look[0] !== null;
  const root = (isRead ? outputs.read[0]?.root : input.disks[0]?.root) ?? '';
  const encryption = isRead ? row.encryption : input.disks[0]?.encryption;
  await tellPhase(workOf(context), 'validating');
  const { region } = task;
  try {
    return await lookAtStored(services, { region, root, encryption, signal }, async (disk) => {
      const { system, isBare } = await systemOnDisk(disk);
      if (isBare) throw clientError('No valid partitions. Not a valid volume.');
      if (!system) throw clientError('Unknown OS / Missing OS files.');
      checkSystem(row, system);
      const found = startedBy(system, await bootModeOf(disk));
      return { system, bootMode: checkedBootMode(row, found) };
    });
  } catch (error) {
    if (error instanceof UnreadableContents) {
      throw clientError(`Unsupported configuration - ${error.message}`);
    }
    throw error;
  }
}

function checkSystem({ platform }: ImportImageTaskRow, system: System): void {
  if (platform === undefined || platform === system) return;
  throw clientError(
    `Unsupported configuration - the platform ${platform} was given, and the disk has ${system}.`,
  );
}

/** There is code for a BIOS on every disk of Windows, which starts from an MBR alone. */
function startedBy(system: System, found: BootMode | undefined): BootMode | undefined {
  return system === 'Windows' && found === 'uefi-preferred' ? 'uefi' : found;
}

/** Windows expects a TPM and secure boot where UEFI starts it: as far as this host has them. */
async function hardwareOf({ services, outputs }: Context): Promise<ImportedHardware> {
  const { system, bootMode } = outputs.inspect;
  if (system !== 'Windows' || bootMode !== 'uefi') return {};
  const { host } = services;
  const keys = await host.secureBootKeys();
  return {
    ...(host.describe().tpm && { tpmSupport: 'v2.0' }),
    ...(keys.length > 0 && { uefiData: encodeUefiData(keys).toString('base64') }),
  };
}

function checkedBootMode({ bootMode }: ImportImageTaskRow, found: BootMode | undefined): BootMode {
  if (found === undefined) throw clientError('No bootable partition found.');
  if (bootMode === undefined) return found;
  if (found === bootMode || found === 'uefi-preferred') return bootMode;
  throw clientError(
    `Unsupported configuration - the boot mode ${bootMode} was given, and the disk starts with ${found}.`,
  );
}

async function register(context: Context): Promise<{ imageId: string }> {
  const { services, input, outputs } = context;
  const { importId, imageId } = input;
  const { catalog, clock, masterKey } = services;
  const now = clock.now();
  const hardware = await hardwareOf(context);
  await catalog.write(async (transaction) => {
    const { images, importImageTasks, snapshots } = transaction;
    const row = await importImageTasks.get(importId);
    if (row?.state === 'completed') return;
    if (row?.state !== 'active') throw new TaskFailure('Client.UserInitiated', 'It is cancelled.');
    const made: SnapshotRow[] = [];
    const disks: ImportedDisk[] = [];
    const sizes: ImportedImageParts['disks'][number][] = [];
    let next = 0;
    for (const [index, container] of row.disks.entries()) {
      const looked = outputs.look[index];
      if (!looked) {
        const known = input.disks[index];
        if (!known) throw new Error(`${importId} has no disk ${index}`);
        sizes.push({ ...known, deviceName: container.deviceName, encrypted: !!known.encryption });
        disks.push(container);
        continue;
      }
      for (const { snapshotId, sizeBytes, format } of looked.disks) {
        const stored = outputs.read[next++];
        if (!stored) throw new Error(`a disk of ${importId} is not stored`);
        made.push(importedSnapshot(row, { snapshotId, sizeBytes, ...stored }, now));
        const { deviceName } = container;
        sizes.push({ snapshotId, sizeBytes, deviceName, encrypted: !!row.encryption });
        disks.push({ ...container, format, fileBytes: looked.fileBytes, snapshotId });
      }
    }
    for (const snapshot of made) await snapshots.insert(snapshot);
    const parts = { imageId, disks: sizes, ...outputs.inspect, hardware };
    const image = importedImage(row, parts, now);
    await images.insert(image);
    await recordManifest(transaction, image, { masterKey, now });
    const mappings = image.blockDeviceMappings;
    await importImageTasks.update({
      ...row,
      state: 'completed',
      progressPercent: 100,
      statusMessage: notesOf(outputs.look),
      imageId,
      platform: outputs.inspect.system,
      bootMode: image.bootMode,
      disks: disks.map((disk, index) => ({ ...disk, deviceName: mappings[index]?.deviceName })),
    });
  });
  return { imageId };
}

/** What looks like a mistake is said. */
function notesOf(looked: Outputs['look']): string | undefined {
  const notes = looked.flatMap((container) => container?.disks.flatMap((disk) => disk.notes) ?? []);
  return notes.length > 0 ? notes.join(' ') : undefined;
}

/** Takes back what a failed write has written after all, unless somebody has used it since. */
async function unregister({
  services,
  input: { importId, imageId },
  outputs: { look: looked = [] },
}: StepContext<ImportImageInput, Partial<Outputs>>): Promise<void> {
  const ids = looked.flatMap((container) => container?.disks.map((disk) => disk.snapshotId) ?? []);
  await services.catalog.write(async (transaction) => {
    const { images, imageManifests, importImageTasks, instances, snapshots } = transaction;
    const row = await importImageTasks.get(importId);
    if (row?.state === 'completed') {
      await importImageTasks.update({ ...row, state: 'active', progressPercent: 99 });
    }
    if (await instances.count({ where: { image: imageId } })) return;
    await images.delete(imageId);
    await imageManifests.delete(imageId);
    for (const id of ids) {
      if ((await images.count({ where: { snapshot: id } })) === 0) await snapshots.delete(id);
    }
  });
}

/**
 * Where an image of the provider comes: its blocks into each store once, its rows into each of its
 * regions, public. For what is built here and what is pulled from vendors.
 */

import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { UploadResult } from '../disk/upload-layers.ts';
import { providerAccount } from '../domain/accounts.ts';
import type { Ids } from '../domain/identity.ts';
import type { MadeImage } from '../domain/made-images.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import type { Signing } from '../domain/provenance/signing-keys.ts';
import { nextProviderVersion } from '../domain/public-parameters.ts';
import { noVolumeId } from '../domain/snapshots.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { nextImageName } from '../provider-images/provider-image.ts';
import { TaskFailure, type TaskServices } from './task.ts';

/** Ids are given out before, so that registering twice is registering once. */
export interface Place {
  region: string;
  imageId: string;
  snapshotId: string;
}

/** Into the store of this region. */
export type ImportOutput = UploadResult & { region: string };

/** What the image says of itself, and where its blocks are. */
export interface ProviderDisk
  extends Pick<
    ImageRow,
    'architecture' | 'bootMode' | 'rootDeviceName' | 'enaSupport' | 'sriovNetSupport'
  > {
  /** What it becomes a version of, or is made of. */
  name: string;
  imageName: string;
  description: string;
  sizeBytes: number;
  /** In each store once, under the same root; an older Imago had one store, and did not say it. */
  imported: readonly UploadResult[];
  /** It is somebody's own. */
  made?: MadeImage;
  /** What was installed in it; what is pulled from vendors has none, nor older builds. */
  lock?: object;
}

export function newPlaces(regions: readonly string[], ids: Ids): Place[] {
  return regions.map((region) => ({
    region,
    imageId: ids.resource('ami'),
    snapshotId: ids.resource('snap'),
  }));
}

export async function importIntoStores(
  services: TaskServices,
  places: readonly Place[],
  importInto: (region: string) => Promise<UploadResult>,
): Promise<ImportOutput[]> {
  const imported: ImportOutput[] = [];
  for (const region of distinctStores(services, places)) {
    const result = await services.uploads.run(() => importInto(region));
    imported.push({ ...result, region });
  }
  return imported;
}

/** A region for each store that the image comes into. */
function distinctStores({ blocks }: TaskServices, places: readonly Place[]): string[] {
  const regions = new Map(places.map(({ region }) => [blocks.of(region), region]));
  return [...regions.values()];
}

/** Image ids by region. */
export async function registerInPlaces(
  { catalog, clock, masterKey }: TaskServices,
  places: readonly Place[],
  disk: ProviderDisk,
): Promise<Record<string, string>> {
  const signing = { masterKey, now: clock.now() };
  await catalog.write(async (transaction) => {
    for (const place of places) await register(transaction, place, disk, signing);
  });
  return Object.fromEntries(places.map(({ region, imageId }) => [region, imageId]));
}

export async function unregisterPlaces(
  { catalog }: TaskServices,
  places: readonly Place[],
): Promise<void> {
  await catalog.write(async (transaction) => {
    for (const place of places) await unregister(transaction, place);
  });
}

async function register(
  transaction: CatalogTransaction,
  { region, imageId, snapshotId }: Place,
  disk: ProviderDisk,
  signing: Signing,
): Promise<void> {
  const now = signing.now.toISOString();
  const { images, snapshots } = transaction;
  const [imported] = disk.imported;
  if (!imported) throw new Error(`the disk of ${imageId} is in no store`);
  const { root, fullSizeBytes } = imported;
  if (await images.get(imageId)) return;
  const { made } = disk;
  const name = await freeName(transaction, region, disk);
  const owned = { ...ownerOf(disk), region, createdAt: now, tags: {} };
  const volumeSizeGiB = Math.ceil(disk.sizeBytes / gibBytes);
  const snapshot: SnapshotRow = {
    ...owned,
    id: snapshotId,
    state: 'completed',
    progressPercent: 100,
    description: made ? `Of the image ${name}` : `Provider image ${name}`,
    volumeId: noVolumeId,
    volumeSizeGiB,
    startedAt: now,
    completedAt: now,
    root,
    fullSizeBytes,
    // Who may launch the provider's may copy them, too.
    ...(!made && { createVolumePermissions: ['all'] }),
  };
  const { description, architecture, rootDeviceName, bootMode } = disk;
  const { enaSupport, sriovNetSupport } = disk;
  const ebs = { snapshotId, volumeSizeGiB, deleteOnTermination: true, volumeType: 'gp3' };
  const image: ImageRow = {
    ...owned,
    id: imageId,
    name,
    description: made?.description ?? description,
    state: 'available',
    launchPermissions: made ? [] : ['all'],
    architecture,
    rootDeviceName,
    bootMode,
    imdsSupport: 'v2.0',
    ...(!made && { provider: await nextProviderVersion(transaction, region, disk.name) }),
    ...(enaSupport && { enaSupport }),
    ...(sriovNetSupport && { sriovNetSupport }),
    blockDeviceMappings: [{ deviceName: rootDeviceName, ebs }],
  };
  await snapshots.insert(snapshot);
  await images.insert(image);
  await recordManifest(transaction, image, signing, {
    ...(made && { recipe: made.recipe }),
    ...(disk.lock && { lock: JSON.stringify(disk.lock, undefined, 2) }),
  });
}

function ownerOf({ made }: ProviderDisk): Pick<ImageRow, 'account' | 'ownerAlias'> {
  if (made) return { account: made.account };
  return { account: providerAccount.id, ownerAlias: providerAccount.alias };
}

/** Of the provider's the name is counted up; somebody has to choose another of his own. */
async function freeName(
  { images }: CatalogTransaction,
  region: string,
  disk: ProviderDisk,
): Promise<string> {
  const { account } = ownerOf(disk);
  const isTaken = (name: string) => images.count({ where: { account, region, name } });
  if (!disk.made) {
    let name = disk.imageName;
    while (await isTaken(name)) name = nextImageName(name);
    return name;
  }
  const name = disk.made.imageName;
  if (await isTaken(name)) {
    throw new TaskFailure('InvalidAMIName.Duplicate', `AMI name ${name} is already in use.`);
  }
  return name;
}

/**
 * Takes back what a failed write has written after all; what somebody has used or changed since
 * then stays.
 */
async function unregister(
  { images, imageManifests, instances, snapshots }: CatalogTransaction,
  { imageId, snapshotId }: Place,
): Promise<void> {
  const image = await images.get(imageId);
  if ((image?.version ?? 1) > 1) return;
  if (await instances.count({ where: { image: imageId } })) return;
  await images.delete(imageId);
  await imageManifests.delete(imageId);
  if (await images.count({ where: { snapshot: snapshotId } })) return;
  await snapshots.delete(snapshotId);
}

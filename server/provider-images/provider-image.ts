/**
 * Provider images: bootable whole disks built on this machine from Debian's packages. One recipe
 * per image makes the root folder, whole-disk.ts the disk. Works as root and as an ordinary user
 * alike.
 * It knows nothing of the catalog, snapshots or tasks: tasks/build-image.ts brings the disk in.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ProviderImageName } from '../../api/imago.ts';
import { type Additions, addFiles } from './additions.ts';
import { findTools, type Tools } from './build-tools.ts';
import { debian12, debian13 } from './debian.ts';
import { micro } from './micro.ts';
import { type NetworkDrivers, networkDrivers } from './network-drivers.ts';
import { type InstalledPackage, lockOf, type PackageLock } from './package-lock.ts';
import { type DiskIdentity, makeWholeDisk } from './whole-disk.ts';

export interface RecipeContext {
  tools: Tools;
  /** Empty, the recipe's own. */
  workFolder: string;
  progress(step: string, detail?: string): void;
  /** To the packages of the image. */
  packages: readonly string[];
  signal?: AbortSignal;
}

export interface RootTree {
  rootFolder: string;
  /** State of the fakeroot session that knows the owners; without it root owns everything. */
  fakerootState?: string;
  /** What is installed in it, and apt's lists of what it is from. */
  installed: readonly InstalledPackage[];
  lists: string;
}

export interface ProviderImageRecipe {
  /** Image name before the date, such as `debian-12-amd64`. */
  namePrefix: string;
  description: string;
  sizeBytes: number;
  makeRoot(context: RecipeContext): Promise<RootTree>;
}

const recipes = { 'debian-12': debian12, 'debian-13': debian13, micro } satisfies Record<
  ProviderImageName,
  ProviderImageRecipe
>;

export interface BuildRequest {
  name: ProviderImageName;
  /** Emptied first; the finished disk is left in it. */
  workFolder: string;
  now: Date;
  additions?: Additions;
  onProgress?(step: string, detail?: string): void;
  signal?: AbortSignal;
}

export interface ProviderImage extends NetworkDrivers {
  /** Raw and sparse. */
  diskPath: string;
  sizeBytes: number;
  imageName: string;
  description: string;
  /** Both boot loaders are in it. */
  bootMode: 'uefi-preferred';
  rootDeviceName: '/dev/xvda';
  architecture: 'x86_64';
  lock: PackageLock;
}

export async function buildProviderImage(request: BuildRequest): Promise<ProviderImage> {
  const recipe: ProviderImageRecipe = recipes[request.name];
  const { workFolder, signal } = request;
  const progress = request.onProgress ?? (() => {});
  const tools = await findTools();
  await rm(workFolder, { recursive: true, force: true });
  const recipeFolder = path.join(workFolder, 'root-of-image');
  await mkdir(recipeFolder, { recursive: true });
  const { packages, files } = request.additions ?? { packages: [], files: [] };
  const context = { tools, workFolder: recipeFolder, progress, signal };
  const root = await recipe.makeRoot({ ...context, packages });
  const lock = await lockOf(request.name, root.installed, root.lists);
  await addFiles(root, files, context);
  const drivers = await networkDrivers(root.rootFolder);
  progress('disk', 'partitions, file systems, boot loaders');
  const diskPath = path.join(workFolder, 'disk.raw');
  const { sizeBytes } = recipe;
  const identity = diskIdentity(request.name);
  await makeWholeDisk({ tools, diskPath, sizeBytes, workFolder, identity, signal, ...root });
  await rm(recipeFolder, { recursive: true, force: true });
  return {
    diskPath,
    sizeBytes,
    imageName: imageNameAt(recipe.namePrefix, request.now),
    description: recipe.description,
    bootMode: 'uefi-preferred',
    rootDeviceName: '/dev/xvda',
    architecture: 'x86_64',
    lock,
    ...drivers,
  };
}

/**
 * As Debian names its images: `debian-12-amd64-20260131-2359`; the last part is the time of the
 * build in UTC.
 */
export function imageNameAt(prefix: string, now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${prefix}-${date.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}`;
}

/** The name that a second build in the same minute gets. */
export function nextImageName(name: string): string {
  const serial = Number(name.slice(-4)) + 1;
  return `${name.slice(0, -4)}${String(serial).padStart(4, '0')}`;
}

/** Ids that depend on the recipe only: two builds of the same packages are the same blocks. */
function diskIdentity(name: string): DiskIdentity {
  const guid = (part: string) => {
    const hex = createHash('sha256').update(`imago ${name} ${part}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
  return {
    diskGuid: guid('disk'),
    rootPartitionGuid: guid('root partition'),
    fileSystemUuid: guid('root file system'),
  };
}

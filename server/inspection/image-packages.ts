/** The packages of an image, as they are kept under the digests of its disks. */
import { licenseOf } from '../contents/copyright-file.ts';
import type { Package } from '../contents/installed-package.ts';
import { type OsRelease, readOsRelease } from '../contents/os-release.ts';
import { readPackages } from '../contents/packages.ts';
import type { SystemTree } from '../contents/system-tree.ts';
import type { Inspector, MappedDisk } from './inspector.ts';

export interface PackagesOfImage {
  system?: OsRelease;
  /** By name. */
  packages: Package[];
}

/** To be raised whenever what is read, or how it is told, changes. */
const version = 2;

export function packagesOf(
  inspector: Inspector,
  disks: readonly MappedDisk[],
  { licenses }: { licenses: boolean },
): Promise<PackagesOfImage> {
  const kind = `packages-${version}${licenses ? '-licenses' : ''}`;
  return inspector.kept(kind, disks, (tree) => readImagePackages(tree, licenses));
}

async function readImagePackages(tree: SystemTree, licenses: boolean): Promise<PackagesOfImage> {
  const system = await readOsRelease(tree);
  const packages = await readPackages(tree);
  if (licenses) {
    for (const each of packages) {
      if (each.manager !== 'dpkg') continue;
      const license = await licenseOf(tree, each);
      if (license !== undefined) each.license = license;
    }
  }
  return { ...(system && { system }), packages };
}

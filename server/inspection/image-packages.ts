/** The packages of an image, as they are kept under the digests of its disks. */
import { licenseOf } from '../contents/copyright-file.ts';
import { dpkgStatus, readDpkgStatus } from '../contents/dpkg-packages.ts';
import type { Package } from '../contents/installed-package.ts';
import { type OsRelease, readOsRelease } from '../contents/os-release.ts';
import { readPackages } from '../contents/packages.ts';
import type { Inspector, MappedDisk, OpenedImage } from './inspector.ts';

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
  return inspector.kept(kind, disks, (_, image) => readImagePackages(inspector, image, licenses));
}

async function readImagePackages(
  inspector: Inspector,
  image: OpenedImage,
  licenses: boolean,
): Promise<PackagesOfImage> {
  const { tree } = image;
  const system = await readOsRelease(tree);
  // Of images of one lineage it is often the same, though others of their blocks are not.
  const status = await inspector.keptOfFile(`dpkg-status-${version}`, image, dpkgStatus, () =>
    readDpkgStatus(tree),
  );
  const packages = await readPackages(tree, status);
  if (licenses) {
    for (const [index, each] of packages.entries()) {
      if (each.manager !== 'dpkg') continue;
      const license = await licenseOf(tree, each);
      if (license !== undefined) packages[index] = { ...each, license };
    }
  }
  return { ...(system && { system }), packages };
}

/**
 * The packages that are installed in a system, by the databases of dpkg, apk and rpm. Each is as its
 * manager names it; where there is no database there are none.
 */
import { readApkPackages } from './apk-packages.ts';
import { readDpkgPackages } from './dpkg-packages.ts';
import type { Package } from './installed-package.ts';
import { readRpmPackages } from './rpm-packages.ts';
import type { SystemTree } from './system-tree.ts';

/** By name, then architecture; with those of dpkg's status, where they are known already. */
export async function readPackages(
  tree: SystemTree,
  dpkgStatus?: readonly Package[],
): Promise<Package[]> {
  const packages = [
    ...(await readDpkgPackages(tree, dpkgStatus)),
    ...(await readApkPackages(tree)),
    ...(await readRpmPackages(tree)),
  ];
  const key = ({ name, architecture, version }: Package) => `${name}\0${architecture}\0${version}`;
  const order = new Map(packages.map((each) => [each, key(each)]));
  return packages.sort((a, b) => ((order.get(a) ?? '') < (order.get(b) ?? '') ? -1 : 1));
}

/** In which packages two images differ, and whose the files are that differ. */
import type { PackageChange } from '../../api/imago-differences.ts';
import { compareVersions } from '../contents/debian-version.ts';
import { dpkgFiles } from '../contents/dpkg-packages.ts';
import type { Package } from '../contents/installed-package.ts';
import type { SystemTree } from '../contents/system-tree.ts';

const keyOf = ({ manager, name, architecture }: Package) => `${manager} ${name} ${architecture}`;

/** By name. Of packages that are there several times, such as kernels, the versions count. */
export function changedPackages(
  before: readonly Package[],
  after: readonly Package[],
): PackageChange[] {
  const [was, is] = [Map.groupBy(before, keyOf), Map.groupBy(after, keyOf)];
  const changes: PackageChange[] = [];
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [old = [], now = []] = [was.get(key), is.get(key)];
    const versions = (of: Package[]) => new Set(of.map(({ version }) => version));
    const [gone, come] = [
      old.filter(({ version }) => !versions(now).has(version)),
      now.filter(({ version }) => !versions(old).has(version)),
    ];
    for (let index = 0; index < Math.max(gone.length, come.length); index++) {
      changes.push(changeOf(gone[index], come[index]));
    }
  }
  return changes.sort((a, b) => (a.Name < b.Name ? -1 : a.Name > b.Name ? 1 : 0));
}

function changeOf(before: Package | undefined, after: Package | undefined): PackageChange {
  const { manager, name, architecture } = (after ?? before) as Package;
  return {
    Manager: manager,
    Name: name,
    Architecture: architecture,
    Change: wordOf(before, after),
    ...(before && { Before: before.version }),
    ...(after && { After: after.version }),
  };
}

function wordOf(before: Package | undefined, after: Package | undefined): PackageChange['Change'] {
  if (!before) return 'added';
  if (!after) return 'removed';
  if (after.manager !== 'dpkg') return 'changed';
  return compareVersions(before.version, after.version) < 0 ? 'upgraded' : 'downgraded';
}

/** What of `/` may be a link into `/usr`, where packages say that their files are outside it. */
const merged = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Whose files are, by paths as latin1; what was not asked for is not read. */
export class FileOwnership {
  readonly #owners = new Map<string, string>();
  readonly #read = new Set<string>();

  /** Those of dpkg among these; the first to have a file counts. */
  async read(tree: SystemTree, packages: readonly Package[]): Promise<void> {
    const moved = await movedFolders(tree);
    for (const each of packages) {
      if (each.manager !== 'dpkg') continue;
      const key = `${keyOf(each)} ${each.version}`;
      if (this.#read.has(key)) continue;
      this.#read.add(key);
      for (const path of await dpkgFiles(tree, each)) {
        const [, first = ''] = /^\/([^/]+)\//.exec(path) ?? [];
        const real = moved.has(first) ? `/usr${path}` : path;
        if (!this.#owners.has(real)) this.#owners.set(real, each.name);
      }
    }
  }

  of(path: Buffer): string | undefined {
    return this.#owners.get(path.toString('latin1'));
  }
}

async function movedFolders(tree: SystemTree): Promise<Set<string>> {
  const moved = new Set<string>();
  for (const name of merged) {
    const found = await tree.find(`/${name}`, { link: true });
    if (found?.inode.kind !== 'link') continue;
    const target = (await found.fileSystem.target(found.inode)).toString();
    if (target.replace(/^\//, '') === `usr/${name}`) moved.add(name);
  }
  return moved;
}

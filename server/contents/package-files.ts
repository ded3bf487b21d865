/**
 * Which files of a system packages brought, and what they held, by the lists of dpkg, apk and rpm.
 * Paths are where the files really are: behind links of folders (`/bin`), and where diversions put
 * them.
 */
import { apkFiles } from './apk-packages.ts';
import { UnreadableContents } from './bounded-reader.ts';
import {
  dpkgChecksums,
  dpkgConffiles,
  dpkgDiversions,
  dpkgFiles,
  readDpkgPackages,
} from './dpkg-packages.ts';
import { rpmFiles } from './rpm-packages.ts';
import type { SystemTree } from './system-tree.ts';

export interface Sum {
  algorithm: string;
  /** In hex. */
  digest: string;
}

export interface PackageFile {
  package: string;
  /** Any of them; none where it is not known, or for its administrator to change. */
  sums: Sum[];
}

/** Of a system with everything in it. */
const filesMax = 2_000_000;
const algorithms = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']);

/** By path, as latin1. Undefined where there is no manager of packages. */
export async function readPackageFiles(
  tree: SystemTree,
): Promise<Map<string, PackageFile> | undefined> {
  const files = new FilesByPlace(tree);
  await addDpkg(tree, files);
  for (const { of, path, sha1 } of await apkFiles(tree)) {
    // What is in /etc is kept as it is when a package is upgraded.
    const isKept = sha1 === undefined || path.startsWith('/etc/');
    await files.add(path, of, isKept ? undefined : { algorithm: 'sha1', digest: sha1 });
  }
  for await (const { of, files: ofPackage } of rpmFiles(tree)) {
    for (const { path, digest, algorithm, isConfiguration, isGhost } of ofPackage) {
      const isKnown = digest && !isConfiguration && !isGhost;
      const sum = isKnown && algorithms.has(algorithm) ? { algorithm, digest } : undefined;
      await files.add(Buffer.from(path).toString('latin1'), of.name, sum);
    }
  }
  return files.byPlace.size > 0 ? files.byPlace : undefined;
}

async function addDpkg(tree: SystemTree, files: FilesByPlace): Promise<void> {
  const diversions = await dpkgDiversions(tree);
  for (const of of await readDpkgPackages(tree)) {
    const sums = await dpkgChecksums(tree, of);
    const configuration = await dpkgConffiles(tree, of);
    // Of a file that another package took over only the checksum is left.
    for (const path of await dpkgFiles(tree, of)) {
      const diversion = diversions.get(path);
      const place = diversion && diversion.by !== of.name ? diversion.to : path;
      const digest = configuration.has(path) ? undefined : sums.get(path);
      await files.add(place, of.name, digest ? { algorithm: 'md5', digest } : undefined);
    }
  }
}

class FilesByPlace {
  readonly byPlace = new Map<string, PackageFile>();
  readonly #tree: SystemTree;
  readonly #folders = new Map<string, string>();

  constructor(tree: SystemTree) {
    this.#tree = tree;
  }

  async add(path: string, name: string, sum: Sum | undefined): Promise<void> {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return;
    const place = `${await this.#folder(path.slice(0, slash))}/${path.slice(slash + 1)}`;
    const known = this.byPlace.get(place);
    if (known) {
      if (sum) known.sums.push(sum);
    } else this.byPlace.set(place, { package: name, sums: sum ? [sum] : [] });
    if (this.byPlace.size > filesMax) throw new UnreadableContents('packages have too many files');
  }

  /** The same where there is none. */
  async #folder(path: string): Promise<string> {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const found = await this.#tree.find(Buffer.from(path, 'latin1'));
    const place = (found?.path.toString('latin1') ?? path).replace(/^\/$/, '');
    this.#folders.set(path, place);
    return place;
  }
}

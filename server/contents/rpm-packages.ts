/**
 * What rpm says is installed: its database in SQLite, which is that of Fedora, of Red Hat's systems
 * since 9, and of Amazon Linux 2023. Older forms (Berkeley DB) and SUSE's (NDB) are named and not
 * read.
 */
import { UnreadableContents } from './bounded-reader.ts';
import type { Package } from './installed-package.ts';
import { damaged, RpmHeader, tags } from './rpm-header.ts';
import { withLog } from './sqlite-log.ts';
import { SqliteFile, type SqliteSource } from './sqlite-tables.ts';
import type { SystemTree } from './system-tree.ts';

/** The second is a link to the first, or the other way round; others are of rpm-ostree. */
const folders = ['/usr/lib/sysimage/rpm', '/var/lib/rpm', '/usr/share/rpm'];
const otherForms = { Packages: 'Berkeley DB', 'Packages.db': 'NDB' };
/** Thousands of packages with all their files. */
const databaseBytesMax = 1024 ** 3;
const packagesMax = 50_000;
const filesMax = 1_000_000;

export interface RpmFile {
  path: string;
  mode: number;
  sizeBytes: number;
  user: string;
  group: string;
  /** In hex, by `algorithm`; only regular files have one. */
  digest?: string;
  algorithm: string;
  /** Of a link. */
  target?: string;
  isConfiguration: boolean;
  /** It is no more in the package than by its name: a log, for instance. */
  isGhost: boolean;
}

/** None where there is no database. */
export async function readRpmPackages(tree: SystemTree): Promise<Package[]> {
  const packages: Package[] = [];
  for await (const header of headersOf(tree)) packages.push(packageOf(header));
  return packages;
}

/** Of every package: what it brought, with what it was like. */
export async function* rpmFiles(
  tree: SystemTree,
): AsyncGenerator<{ of: Package; files: RpmFile[] }> {
  for await (const header of headersOf(tree)) {
    yield { of: packageOf(header), files: filesOf(header) };
  }
}

async function findDatabase(tree: SystemTree): Promise<SqliteSource | undefined> {
  for (const folder of folders) {
    const file = await sourceAt(tree, `${folder}/rpmdb.sqlite`);
    if (!file) continue;
    const log = await sourceAt(tree, `${folder}/rpmdb.sqlite-wal`);
    return log ? withLog(file, log) : file;
  }
  for (const folder of folders) {
    for (const [name, form] of Object.entries(otherForms)) {
      if ((await tree.find(`${folder}/${name}`))?.inode.kind !== 'file') continue;
      throw new UnreadableContents(`the database of rpm is one of ${form}, which is not read`);
    }
  }
  return undefined;
}

async function sourceAt(tree: SystemTree, path: string): Promise<SqliteSource | undefined> {
  const file = await tree.find(path);
  if (file?.inode.kind !== 'file') return undefined;
  const { fileSystem, inode } = file;
  const { sizeBytes } = inode;
  if (sizeBytes > databaseBytesMax) {
    throw new UnreadableContents('the database of rpm is too large');
  }
  return { sizeBytes, read: (offset, length) => fileSystem.content(inode, offset, length) };
}

async function* headersOf(tree: SystemTree): AsyncGenerator<RpmHeader> {
  const source = await findDatabase(tree);
  if (!source) return;
  const database = await SqliteFile.open(source);
  let count = 0;
  // Its columns are a number, and the header.
  for await (const { values } of (await database.table('Packages')) ?? []) {
    if (!Buffer.isBuffer(values[1]) || ++count > packagesMax) throw damaged();
    yield new RpmHeader(values[1]);
    await tree.step();
  }
}

function packageOf(header: RpmHeader): Package {
  const [name, version, release] = [
    header.text(tags.name),
    header.text(tags.version),
    header.text(tags.release),
  ];
  if (name === undefined || version === undefined || release === undefined) throw damaged();
  const epoch = header.number(tags.epoch);
  const [, source, sourceVersion] =
    /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(header.text(tags.source) ?? '') ?? [];
  const size = header.number(tags.longSize) ?? header.number(tags.size) ?? 0;
  const said = {
    source: source === name ? undefined : source,
    sourceVersion: sourceVersion === `${version}-${release}` ? undefined : sourceVersion,
    license: header.text(tags.license),
    maintainer: header.text(tags.packager) ?? header.text(tags.vendor),
    homepage: header.text(tags.url),
    summary: header.text(tags.summary),
  };
  return {
    manager: 'rpm',
    name,
    version: `${epoch ? `${epoch}:` : ''}${version}-${release}`,
    architecture: header.text(tags.architecture) ?? '',
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value)) as typeof said),
    ...(size > 0 && { installedSizeBytes: size }),
  };
}

const flags = { configuration: 1, ghost: 64 };
/** As OpenPGP numbers them; where nothing is said it is the first. */
const algorithms: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};

function filesOf(header: RpmHeader): RpmFile[] {
  const names = header.texts(tags.baseNames);
  if (names.length > filesMax) throw damaged();
  const folderNames = header.texts(tags.folderNames);
  const indexes = header.numbers(tags.folderIndexes);
  const sizes = header.numbers(tags.longFileSizes);
  const of = {
    sizes: sizes.length > 0 ? sizes : header.numbers(tags.fileSizes),
    modes: header.numbers(tags.fileModes),
    flags: header.numbers(tags.fileFlags),
    digests: header.texts(tags.fileDigests),
    targets: header.texts(tags.fileTargets),
    users: header.texts(tags.fileUsers),
    groups: header.texts(tags.fileGroups),
  };
  const algorithm = algorithms[header.number(tags.fileDigestKind) ?? 1] ?? 'unknown';
  return names.map((name, index) => {
    const folder = folderNames[indexes[index] ?? -1];
    if (folder === undefined) throw damaged();
    const [digest, target, flag] = [of.digests[index], of.targets[index], of.flags[index] ?? 0];
    return {
      path: folder + name,
      mode: of.modes[index] ?? 0,
      sizeBytes: of.sizes[index] ?? 0,
      user: of.users[index] ?? '',
      group: of.groups[index] ?? '',
      algorithm,
      ...(digest && { digest }),
      ...(target && { target }),
      isConfiguration: (flag & flags.configuration) !== 0,
      isGhost: (flag & flags.ghost) !== 0,
    };
  });
}

/** What the system in an image is, all in all, as it is answered. */
import type {
  DescribeImageContentsResult,
  ImagePartition,
  ImageService,
  ImageUser,
} from '../../api/imago-systems.ts';
import { readAccounts, type User } from '../contents/account-files.ts';
import { bootModeOf } from '../contents/boot-mode.ts';
import { UnreadableContents } from '../contents/bounded-reader.ts';
import { readCrontabs } from '../contents/crontabs.ts';
import type { DiskPart } from '../contents/disk-contents.ts';
import type { Package } from '../contents/installed-package.ts';
import { readOsRelease } from '../contents/os-release.ts';
import { readServices, type Service } from '../contents/services.ts';
import {
  readFolderSizes,
  readHostname,
  readKernels,
  readSshSettings,
  readSudoRules,
  readTimeZone,
} from '../contents/system-facts.ts';
import type { SystemTree } from '../contents/system-tree.ts';
import { packagesOf } from './image-packages.ts';
import type { Inspector, MappedDisk, OpenedImage } from './inspector.ts';

/** To be raised whenever what is read, or how it is told, changes. */
const version = 1;

export async function contentsOf(
  inspector: Inspector,
  disks: readonly MappedDisk[],
  { folderSizes }: { folderSizes: boolean },
): Promise<DescribeImageContentsResult> {
  const counts = await packageCounts(inspector, disks);
  const [told, Folders] = [
    await inspector.kept(`contents-${version}`, disks, readContents),
    folderSizes && (await inspector.kept(`folders-${version}`, disks, readFolders)),
  ];
  return { ...told, ...counts, ...(Folders && { Folders }) };
}

/** A database that is not read bars nothing else. */
async function packageCounts(
  inspector: Inspector,
  disks: readonly MappedDisk[],
): Promise<Pick<DescribeImageContentsResult, 'Packages' | 'PackagesUnreadable'>> {
  try {
    const { packages } = await packagesOf(inspector, disks, { licenses: false });
    return { Packages: counted(packages) };
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    return { Packages: [], PackagesUnreadable: error.message };
  }
}

async function readContents(
  tree: SystemTree,
  { parts, disks: [rootDisk] }: OpenedImage,
): Promise<Omit<DescribeImageContentsResult, 'Packages' | 'Folders'>> {
  const { users, groups } = await readAccounts(tree);
  const bootMode = rootDisk && (await bootModeOf(rootDisk));
  return {
    System: await readSystem(tree),
    ...(bootMode && { BootMode: bootMode }),
    Partitions: parts.map((part) => partitionShape(part, tree)),
    Kernels: (await readKernels(tree)).map((each) => ({
      Version: each.version,
      ...(each.image !== undefined && { Image: each.image }),
      Modules: each.hasModules,
    })),
    Users: users.map(userShape),
    Groups: groups.map(({ name, gid, members }) => ({ Name: name, Gid: gid, Members: members })),
    Services: (await readServices(tree)).map(serviceShape),
    Crontab: (await readCrontabs(tree)).map(({ schedule, user, command, file }) => ({
      Schedule: schedule,
      User: user,
      Command: command,
      File: file,
    })),
    Ssh: (await readSshSettings(tree)).map(({ name, value, file, conditional }) => ({
      Name: name,
      Value: value,
      File: file,
      Conditional: conditional,
    })),
    Sudo: (await readSudoRules(tree)).map(({ line, file }) => ({ Line: line, File: file })),
  };
}

async function readSystem(tree: SystemTree): Promise<DescribeImageContentsResult['System']> {
  const {
    id,
    prettyName,
    name = prettyName,
    versionId,
    codename,
  } = (await readOsRelease(tree)) ?? {};
  const said = {
    Id: id,
    Name: prettyName ?? name,
    Version: versionId,
    Codename: codename,
    Hostname: await readHostname(tree),
    TimeZone: await readTimeZone(tree),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

async function readFolders(tree: SystemTree) {
  return (await readFolderSizes(tree)).map(({ path, sizeBytes, files }) => ({
    Path: path,
    SizeBytes: sizeBytes,
    Files: files,
  }));
}

function counted(packages: readonly Package[]): DescribeImageContentsResult['Packages'] {
  const managers = Map.groupBy(packages, ({ manager }) => manager);
  return [...managers].map(([Manager, { length: Count }]) => ({ Manager, Count }));
}

function partitionShape(part: DiskPart, tree: SystemTree): ImagePartition {
  const { partition, fileSystem, kind, refused, isDamaged } = part;
  const mount = tree.mounts.find((each) => each.fileSystem === fileSystem);
  const said = {
    Number: partition.number,
    Name: partition.name,
    Type: partition.type,
    Id: partition.id,
    Label: fileSystem?.label,
    Uuid: fileSystem?.id,
    MountPath: mount?.path.toString(),
    Unclean: fileSystem?.isUnclean,
    // What has no file system has nothing to read.
    Unreadable: isDamaged || !['nothing', 'swap'].includes(kind) ? refused : undefined,
  };
  return {
    Disk: part.disk + 1,
    ...(Object.fromEntries(
      Object.entries(said).filter(([, value]) => value !== undefined),
    ) as Partial<ImagePartition>),
    StartBytes: partition.start,
    SizeBytes: part.sizeBytes,
    FileSystem: kind,
  };
}

function userShape({ name, uid, gid, home, shell, password, groups }: User): ImageUser {
  return {
    Name: name,
    Uid: uid,
    Gid: gid,
    Home: home,
    Shell: shell,
    Password: password,
    Groups: groups,
  };
}

function serviceShape(service: Service): ImageService {
  return {
    Name: service.name,
    Manager: service.manager,
    State: service.state,
    For: service.for,
  };
}

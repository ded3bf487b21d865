/** In what the systems on the disks of two images differ, as it is answered. */
import { isUtf8 } from 'node:buffer';
import type { Differences, FileChange, FileFacts } from '../../api/imago-differences.ts';
import { capabilitiesOf } from '../contents/capabilities.ts';
import type { Package } from '../contents/installed-package.ts';
import { readPackages } from '../contents/packages.ts';
import type { SystemTree, TreeFile } from '../contents/system-tree.ts';
import { changedPackages, FileOwnership } from './changed-packages.ts';
import { compareTrees, type FileChange as Found, type SameBlocks } from './compare-trees.ts';
import { unifiedDiff } from './text-diff.ts';

/** Of what two images have in common there may be nothing: then it is told up to here. */
const changesMax = 200_000;
/** Of a text, and of all that is told of texts. */
const textMaxBytes = 64 * 1024;
const diffsMaxChars = 2 * 1024 ** 2;
const textFolder = Buffer.from('/etc/');

export interface Side {
  tree: SystemTree;
  /** Where it is known already. */
  packages?: readonly Package[];
}

export async function differencesOf(
  before: Side,
  after: Side,
  blocks: SameBlocks,
  filesMax = changesMax,
): Promise<Omit<Differences, 'NextToken'>> {
  const was = before.packages ?? (await readPackages(before.tree));
  const is = after.packages ?? (await readPackages(after.tree));
  const Packages = changedPackages(was, is);
  const found: Found[] = [];
  for await (const each of compareTrees(before.tree, after.tree, blocks)) {
    found.push(each);
    if (found.length === filesMax) break;
  }
  const owners = await ownersOf(found, { before, after, was, is }, Packages);
  const Files: FileChange[] = [];
  let charsLeft = diffsMaxChars;
  for (const each of found) {
    await after.tree.step();
    const text = charsLeft > 0 ? await textDiff(each) : undefined;
    charsLeft -= text?.length ?? 0;
    const owner = owners.of(each.path);
    Files.push({
      ...(await changeShape(each)),
      ...(owner !== undefined && { Package: owner }),
      ...(text !== undefined && { TextDiff: text }),
    });
  }
  return { Same: Packages.length === 0 && Files.length === 0, Packages, Files };
}

/** The lists of packages that did not change are read only where something is none of the others'. */
async function ownersOf(
  found: readonly Found[],
  sides: { before: Side; after: Side; was: readonly Package[]; is: readonly Package[] },
  changes: Differences['Packages'],
): Promise<FileOwnership> {
  const { before, after, was, is } = sides;
  const owners = new FileOwnership();
  const names = new Set(changes.map(({ Name }) => Name));
  const isChanged = ({ name }: Package) => names.has(name);
  await owners.read(after.tree, is.filter(isChanged));
  await owners.read(before.tree, was.filter(isChanged));
  const isUnowned = ({ path, before: old }: Found) => old !== undefined && !owners.of(path);
  if (found.some(isUnowned)) await owners.read(before.tree, was);
  return owners;
}

async function changeShape({ path, before, after, differences }: Found): Promise<FileChange> {
  return {
    Path: path.toString(),
    ...(!isUtf8(path) && { PathBytes: path.toString('base64') }),
    Change: before && after ? 'changed' : before ? 'removed' : 'added',
    ...(differences.length > 0 && { Differences: differences }),
    ...(before && { Before: await factsOf(before) }),
    ...(after && { After: await factsOf(after) }),
  };
}

async function factsOf({ fileSystem, inode }: TreeFile): Promise<FileFacts> {
  const { kind, mode, uid, gid, sizeBytes, device } = inode;
  const isRead = kind === 'link' && !inode.isEncrypted;
  const target = isRead ? await fileSystem.target(inode) : undefined;
  const capabilities =
    kind === 'file' ? capabilitiesOf(await fileSystem.attributes(inode)) : undefined;
  return {
    Kind: kind,
    Mode: mode.toString(8).padStart(4, '0'),
    Uid: uid,
    Gid: gid,
    SizeBytes: sizeBytes,
    ...(target && { Target: target.toString() }),
    ...(target && !isUtf8(target) && { TargetBytes: target.toString('base64') }),
    ...(capabilities !== undefined && { Capabilities: capabilities }),
    ...(device && { Device: `${device.major}:${device.minor}` }),
  };
}

/** Of configuration, where both are texts; what was not there is an empty one. */
async function textDiff({ path, before, after, differences }: Found): Promise<string | undefined> {
  if (!path.subarray(0, textFolder.length).equals(textFolder)) return undefined;
  if (before && after && !differences.includes('content')) return undefined;
  const [was, is] = [await textOf(before), await textOf(after)];
  if (was === undefined || is === undefined) return undefined;
  const diff = unifiedDiff(was, is);
  return diff.length > 0 && diff.length <= 2 * textMaxBytes ? diff : undefined;
}

async function textOf(file: TreeFile | undefined): Promise<string | undefined> {
  if (!file) return '';
  const { fileSystem, inode } = file;
  if (inode.kind !== 'file' || inode.isEncrypted || inode.sizeBytes > textMaxBytes) {
    return undefined;
  }
  const bytes = await fileSystem.content(inode, 0, inode.sizeBytes);
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
}

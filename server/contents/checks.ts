/**
 * What must not be left in an image that others launch, looked for in its files without booting it:
 * keys and passwords that would let somebody in, identities that all machines would share, and what
 * its maker did. Each finding says what to do. What it cannot read it says so of.
 */
import type { Disk } from '../disk/disk.ts';
import { budgets, UnreadableContents } from './bounded-reader.ts';
import { type DiskPart, openDisk } from './disk-contents.ts';
import { FileTree } from './file-tree.ts';
import { Findings, type Found } from './findings.ts';
import { checkAccounts, checkHomes } from './home-checks.ts';
import { checkSystem } from './system-checks.ts';

const withoutFiles = ['nothing', 'lvm', 'swap'];
/** What a machine that runs has in use, such as its EFI partition, and no journal of. */
const withoutJournal = 'vfat';

/** Of one disk of an image; the root device has a system on it. */
export async function checkDisk(disk: Disk, { isRoot }: { isRoot: boolean }): Promise<Found[]> {
  const found = new Findings();
  let hasSystem = false;
  try {
    for (const part of await openDisk(disk, budgets.look)) {
      hasSystem = (await checkPart(part, found)) || hasSystem;
    }
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    found.add('file-system-unreadable', error.message);
  }
  if (isRoot && !hasSystem) found.add('root-missing');
  return found.list();
}

/** Answers whether there is a system on it. */
async function checkPart(
  { partition, volume, kind, fileSystem, refused, isDamaged }: DiskPart,
  found: Findings,
): Promise<boolean> {
  const where = volume
    ? `logical volume ${volume.group}/${volume.name}`
    : `partition ${partition.number ?? 1}`;
  if (!fileSystem) {
    if (isDamaged) found.add('file-system-unreadable', refused);
    else if (!withoutFiles.includes(kind)) found.add('file-system-unknown', where);
    return false;
  }
  if (fileSystem.isUnclean && kind !== withoutJournal) found.add('file-system-unclean', where);
  const files = new FileTree(fileSystem);
  const isSystem = (await files.list('/etc')) !== undefined;
  await (isSystem ? checkRoot(files, found) : checkHomes(files, found, await topFolders(files)));
  return isSystem;
}

async function checkRoot(files: FileTree, found: Findings): Promise<void> {
  const homes = await checkAccounts(files, found);
  await checkHomes(files, found, homes);
  await checkSystem(files, found);
}

/** Of a file system that may be mounted at /home, or hold a home itself. */
async function topFolders(files: FileTree): Promise<string[]> {
  const entries = (await files.list('/')) ?? [];
  return ['/', ...entries.slice(0, foldersMax).map(({ name }) => `/${name.toString()}`)];
}

const foldersMax = 200;

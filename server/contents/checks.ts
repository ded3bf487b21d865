/**
 * What must not be left in an image that others launch, looked for in its files without booting it:
 * keys and passwords that would let somebody in, identities that all machines would share, and what
 * its maker did. Each finding says what to do. It knows file systems of the ext family; what it
 * cannot read it says so of.
 */
import type { Disk } from '../disk/disk.ts';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';
import { fileSystemOf } from './file-system-kinds.ts';
import { Findings, type Found } from './findings.ts';
import { checkAccounts, checkHomes } from './home-checks.ts';
import { readPartitions } from './partition-table.ts';
import { checkSystem } from './system-checks.ts';

/** Of one disk of an image; the root device has a system on it. */
export async function checkDisk(disk: Disk, { isRoot }: { isRoot: boolean }): Promise<Found[]> {
  const found = new Findings();
  let hasSystem = false;
  try {
    const reader = BoundedReader.of(disk);
    for (const [index, { start, sizeBytes }] of (await readPartitions(reader)).entries()) {
      const part = reader.part(start, sizeBytes);
      const kind = await fileSystemOf(part);
      if (kind === 'unknown') found.add('file-system-unknown', `partition ${index + 1}`);
      if (kind !== 'ext4') continue;
      const files = await Ext4.open(part);
      if (files.isUnclean) found.add('file-system-unclean', `partition ${index + 1}`);
      const isSystem = (await files.list('/etc')) !== undefined;
      hasSystem ||= isSystem;
      await (isSystem
        ? checkRoot(files, found)
        : checkHomes(files, found, await topFolders(files)));
    }
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    found.add('file-system-unreadable', error.message);
  }
  if (isRoot && !hasSystem) found.add('root-missing');
  return found.list();
}

async function checkRoot(files: Ext4, found: Findings): Promise<void> {
  const homes = await checkAccounts(files, found);
  await checkHomes(files, found, homes);
  await checkSystem(files, found);
}

/** Of a file system that may be mounted at /home, or hold a home itself. */
async function topFolders(files: Ext4): Promise<string[]> {
  const entries = (await files.list('/')) ?? [];
  return ['/', ...entries.slice(0, foldersMax).map(({ name }) => `/${name.toString()}`)];
}

const foldersMax = 200;

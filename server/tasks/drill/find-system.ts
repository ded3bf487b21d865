/**
 * Whether a machine boots from what a drill tries. Of an image that is known. Of a snapshot it is
 * said by the image, or the instance, whose root it is, and else by what is on it. What no machine
 * boots from is a disk of data: whoever wants to see a machine of it gets no verdict.
 */
import type { DrillRow } from '../../catalog/rows/drill.ts';
import { type BootMode, bootModeOf } from '../../contents/boot-mode.ts';
import { budgets, UnreadableContents } from '../../contents/bounded-reader.ts';
import { type DiskPart, openDisk } from '../../contents/disk-contents.ts';
import { SystemTree } from '../../contents/system-tree.ts';
import type { Disk } from '../../disk/disk.ts';
import {
  foundSystem,
  knownSystem,
  type SnapshotSystem,
} from '../../domain/drills/system-of-snapshot.ts';
import { isDamage } from '../../inspection/verify-blocks.ts';
import { withDisksOfSnapshots } from '../image-disks.ts';
import { type RunContext, TaskFailure } from '../task.ts';
import { ownerAsViewer } from '../task-machine.ts';
import { triedSnapshot } from './tried-backup.ts';

export interface Found {
  boots: boolean;
  /** Of a snapshot that boots. */
  system?: SnapshotSystem;
}

/** Where nothing starts unless a partition of an MBR is active. */
const ofWindows = ['ntfs', 'exfat', 'refs', 'bitlocker'];
/** What there is where a system, or what starts one, is. */
const signs = ['/etc', '/bin', '/boot', '/grub', '/grub2', '/EFI'];

export async function findSystem(context: RunContext, drill: DrillRow): Promise<Found> {
  const { services, signal } = context;
  const snapshot = await triedSnapshot(context, drill);
  if (!snapshot) return { boots: true };
  const known = await services.catalog.read(async (reader) =>
    knownSystem(reader, await ownerAsViewer(reader, drill), snapshot),
  );
  if (known) return { boots: true, system: known };
  try {
    const bootMode = await withDisksOfSnapshots(services, [snapshot], signal, async ([opened]) =>
      opened ? startOf(opened.disk) : undefined,
    );
    if (bootMode) return { boots: true, system: foundSystem(bootMode) };
  } catch (error) {
    // What is damaged is told when all of it is read.
    if (isDamage(error)) return { boots: false };
    throw error;
  }
  checkNeedsNoMachine(drill);
  return { boots: false };
}

/**
 * A partition for UEFI is there to be started from. Code for a BIOS is what tools write before any
 * table of partitions: with nothing but file systems of data it starts nothing.
 */
async function startOf(disk: Disk): Promise<BootMode | undefined> {
  const found = await bootModeOf(disk).catch(unreadable);
  if (found !== 'legacy-bios') return found;
  const parts = await openDisk(disk, budgets.look).catch(unreadable);
  if (!parts || (await hasActive(disk))) return found;
  for (const part of parts) if (await mayStart(part)) return found;
  return undefined;
}

const entriesAt = 446;
const entryBytes = 16;
const active = 0x80;

async function hasActive(disk: Disk): Promise<boolean> {
  const entries = await disk.pread(entriesAt, 4 * entryBytes);
  return [0, 1, 2, 3].some((index) => entries[index * entryBytes] === active);
}

/** What is not read here may be anything. */
async function mayStart({ kind, fileSystem }: DiskPart): Promise<boolean> {
  if (!fileSystem) return !['nothing', 'swap', ...ofWindows].includes(kind);
  const tree = new SystemTree(fileSystem);
  for (const sign of signs) {
    const file = await tree.find(sign, { link: true }).catch(unreadable);
    if (file) return true;
  }
  return false;
}

function unreadable(error: unknown): undefined {
  if (!(error instanceof UnreadableContents)) throw error;
}

export function checkNeedsNoMachine({ snapshotId, plan: { checks, consoleText } }: DrillRow): void {
  const other = checks.find(({ kind }) => kind !== 'file');
  if (!other && consoleText === undefined) return;
  const what = other ? `the check “${other.name}”` : 'what its console says';
  const code = 'Client.NothingBoots';
  throw new TaskFailure(
    code,
    `${code}: Nothing boots from ${snapshotId}, and ${what} is asked of a machine.`,
  );
}

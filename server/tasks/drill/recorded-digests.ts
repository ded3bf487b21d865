/**
 * What the disks of a backup have in files, read without booting it: its booted guest has to say the
 * same of them.
 */
import { createHash } from 'node:crypto';
import type { DrillCheck, DrillRow } from '../../catalog/rows/drill.ts';
import { budgets, UnreadableContents } from '../../contents/bounded-reader.ts';
import { openDisks } from '../../contents/disk-contents.ts';
import { systemTree } from '../../contents/mount-points.ts';
import type { SystemTree } from '../../contents/system-tree.ts';
import { type RunContext, TaskFailure } from '../task.ts';
import { withDisksOfDrill } from './tried-backup.ts';

const pieceBytes = 256 * 1024;
const nameMaxChars = 128;
/** Of one file, in an emulated guest. */
const compareSeconds = 600;

/** As checks of the guest; of a disk that is not booted, which files are to be read. */
export async function comparisons(
  context: RunContext,
  drill: DrillRow,
  { boots }: { boots: boolean },
): Promise<DrillCheck[]> {
  const { compare = [] } = drill.plan;
  if (compare.length === 0) return [];
  if (!boots) return compare.map((path) => comparison(path));
  return withDisksOfDrill(context, drill, async (opened) => {
    const disks = opened.map(({ disk }) => disk);
    const tree = await readable(async () => systemTree(await openDisks(disks, budgets.walk)));
    if (!tree) throw unreadable('there is no file system on its disks');
    const checks: DrillCheck[] = [];
    for (const path of compare) {
      const sha256 = await readable(() => digestOf(tree, path));
      if (sha256 === undefined) throw unreadable(`it has no regular file ${path}`);
      const inUse = (await tree.find(path))?.fileSystem.isUnclean;
      checks.push({ ...comparison(path, sha256), ...(inUse && { inUse }) });
    }
    return checks;
  });
}

function comparison(path: string, sha256?: string): DrillCheck {
  const name = `compare ${path}`.slice(0, nameMaxChars);
  const times = { timeoutSeconds: compareSeconds, withinSeconds: 0 };
  return { kind: 'file', name, path, ...(sha256 !== undefined && { sha256 }), ...times };
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof UnreadableContents ? unreadable(error.message) : error;
  }
}

/** Whether the backup is as it should be nobody knows then. */
function unreadable(why: string): TaskFailure {
  const code = 'Client.UnreadableContents';
  return new TaskFailure(code, `${code}: The files of the backup cannot be compared: ${why}.`);
}

export async function digestOf(tree: SystemTree, path: string): Promise<string | undefined> {
  const file = await tree.find(path);
  if (file?.inode.kind !== 'file') return undefined;
  const { fileSystem, inode } = file;
  const hash = createHash('sha256');
  for (let at = 0; at < inode.sizeBytes; ) {
    const length = Math.min(pieceBytes, inode.sizeBytes - at);
    const piece = await fileSystem.content(inode, at, length);
    if (piece.length !== length) throw new UnreadableContents('a file ends before its length');
    hash.update(piece);
    at += length;
    await tree.step();
  }
  return hash.digest('hex');
}

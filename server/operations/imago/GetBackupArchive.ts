import type {
  GetBackupArchiveRequest,
  GetBackupArchiveResult,
} from '../../../api/imago-backups.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { UnreadableContents } from '../../contents/bounded-reader.ts';
import { isIn, type SystemTree, type TreeFile } from '../../contents/system-tree.ts';
import { tarOf } from '../../inspection/tar-of-tree.ts';
import type { Operation } from '../operation.ts';
import { disksOfBackup } from '../requests/backup-contents.ts';
import { pathOf, readably, requiredFile } from '../requests/image-contents.ts';

const slash = '/'.charCodeAt(0);
const doubtsMax = 10;
const textMax = 2000;

/** As it is read, so it may be of any size. What it would not be whole of is refused before. */
export const getBackupArchive: Operation<GetBackupArchiveRequest, GetBackupArchiveResult> = {
  accepts: ['BackupId', 'Path', 'PathBytes'],
  async run(input, context) {
    const { BackupId: id } = input;
    const path = pathOf(input);
    const disks = await disksOfBackup(context, id);
    return readably(id, async () => {
      const { tree } = await context.inspector.open(disks);
      // As programs have it: behind a slash is a folder, and no link to it.
      const top = await requiredFile(tree, id, path, { link: path.at(-1) !== slash });
      checkKind(top);
      const why = tree.whyNotWhole(top.path);
      if (why !== undefined) throw new UnreadableContents(why);
      const doubts = tree.doubtsOf(top.path);
      return {
        Content: tarOf(tree, top),
        ...(isUnclean(tree, top) && { Unclean: true }),
        ...(doubts.length > 0 && { MayLack: textOf(doubts) }),
      };
    });
  },
};

function checkKind({ path, inode }: TreeFile): void {
  if (inode.kind !== 'socket') return;
  throw new ServiceError(
    'InvalidParameterValue',
    `${path} is a socket: those have nothing that could be restored.`,
  );
}

function isUnclean(tree: SystemTree, { path, fileSystem }: TreeFile): boolean {
  const below = tree.mounts.filter((each) => isIn(each.path, path));
  return [fileSystem, ...below.map((each) => each.fileSystem)].some((each) => each.isUnclean);
}

/** Goes into a header: what an image says is in it only where it is plain and short. */
function textOf(doubts: readonly { path: Buffer; why: string }[]): string {
  const texts = doubts.map(({ path, why }) => {
    const place = path.toString('latin1');
    return /^[!-~]{1,100}$/.test(place) ? `${place} (${why})` : why;
  });
  const told = [...new Set(texts)].slice(0, doubtsMax).join(', ');
  return told.replace(/[^ -~]/g, '?').slice(0, textMax);
}

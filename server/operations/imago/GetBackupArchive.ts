import type {
  GetBackupArchiveRequest,
  GetBackupArchiveResult,
} from '../../../api/imago-backups.ts';
import { tarOf } from '../../inspection/tar-of-tree.ts';
import type { Operation } from '../operation.ts';
import { disksOfBackup } from '../requests/backup-contents.ts';
import { pathOf, readably, requiredFile } from '../requests/image-contents.ts';

/** As it is read, so it may be of any size. */
export const getBackupArchive: Operation<GetBackupArchiveRequest, GetBackupArchiveResult> = {
  accepts: ['BackupId', 'Path', 'PathBytes'],
  async run(input, context) {
    const { BackupId: id } = input;
    const path = pathOf(input);
    const disks = await disksOfBackup(context, id);
    return readably(id, async () => {
      const { tree } = await context.inspector.open(disks);
      const top = await requiredFile(tree, id, path, { link: true });
      return { Content: tarOf(tree, top) };
    });
  },
};

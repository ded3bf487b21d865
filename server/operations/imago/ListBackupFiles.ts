import type { ListBackupFilesRequest } from '../../../api/imago-backups.ts';
import type { ListImageFilesResult } from '../../../api/imago-contents.ts';
import type { Operation } from '../operation.ts';
import { disksOfBackup } from '../requests/backup-contents.ts';
import {
  fileListBounds,
  fileListMembers,
  pageOfFiles,
  wantedFiles,
} from '../requests/file-lists.ts';
import { pathOf, readably, requiredFile } from '../requests/image-contents.ts';

export const listBackupFiles: Operation<ListBackupFilesRequest, ListImageFilesResult> = {
  accepts: ['BackupId', ...fileListMembers],
  inPages: { list: 'Files', rows: fileListBounds.max },
  async run(input, context) {
    const { BackupId: id } = input;
    const path = pathOf(input);
    const { account, region } = context.caller;
    const action = `ListBackupFiles ${id} ${path.toString('base64')}`;
    const wanted = wantedFiles(input, { account, region, action });
    const disks = await disksOfBackup(context, id);
    return readably(id, () =>
      context.inspector.look(disks, async (tree) =>
        pageOfFiles(tree, await requiredFile(tree, id, path), wanted),
      ),
    );
  },
};

import type { ListImageFilesRequest, ListImageFilesResult } from '../../../api/imago-contents.ts';
import type { Operation } from '../operation.ts';
import {
  fileListBounds,
  fileListMembers,
  pageOfFiles,
  wantedFiles,
} from '../requests/file-lists.ts';
import { lookInto, pathOf, requiredFile } from '../requests/image-contents.ts';

export const listImageFiles: Operation<ListImageFilesRequest, ListImageFilesResult> = {
  accepts: ['ImageId', ...fileListMembers],
  inPages: { list: 'Files', rows: fileListBounds.max },
  async run(input, context) {
    const { ImageId: imageId } = input;
    const path = pathOf(input);
    const { account, region } = context.caller;
    const action = `ListImageFiles ${imageId} ${path.toString('base64')}`;
    const wanted = wantedFiles(input, { account, region, action });
    return lookInto(context, imageId, async (tree) =>
      pageOfFiles(tree, await requiredFile(tree, imageId, path), wanted),
    );
  },
};

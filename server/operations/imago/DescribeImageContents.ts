import type {
  DescribeImageContentsRequest,
  DescribeImageContentsResult,
} from '../../../api/imago-systems.ts';
import { contentsOf } from '../../inspection/system-contents.ts';
import type { Operation } from '../operation.ts';
import { disksOfImage, readably } from '../requests/image-contents.ts';

export const describeImageContents: Operation<
  DescribeImageContentsRequest,
  DescribeImageContentsResult
> = {
  accepts: ['ImageId', 'FolderSizes'],
  async run({ ImageId, FolderSizes: folderSizes = false }, context) {
    const disks = await disksOfImage(context, ImageId);
    return readably(ImageId, () => contentsOf(context.inspector, disks, { folderSizes }));
  },
};

import type { GetImageFileRequest, GetImageFileResult } from '../../../api/imago-contents.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { bytesOf } from '../../inspection/file-contents.ts';
import type { Operation } from '../operation.ts';
import { disksOfImage, pathOf, readably, requiredFile } from '../requests/image-contents.ts';

/** As they are read, so it may be of any size. */
export const getImageFile: Operation<GetImageFileRequest, GetImageFileResult> = {
  accepts: ['ImageId', 'Path', 'PathBytes'],
  async run(input, context) {
    const { ImageId: imageId } = input;
    const path = pathOf(input);
    const disks = await disksOfImage(context, imageId);
    return readably(imageId, async () => {
      const { tree } = await context.inspector.open(disks);
      const file = await requiredFile(tree, imageId, path);
      if (file.inode.kind !== 'file') {
        throw new ServiceError('InvalidParameterValue', `${path} is no regular file.`);
      }
      return { SizeBytes: file.inode.sizeBytes, Content: bytesOf(file) };
    });
  },
};

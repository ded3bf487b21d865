import type {
  DescribeImageFileRequest,
  DescribeImageFileResult,
} from '../../../api/imago-contents.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { sha256Of } from '../../inspection/file-contents.ts';
import type { Operation } from '../operation.ts';
import { lookInto, pathOf, requiredFile } from '../requests/image-contents.ts';
import { attributeShapes, FileOwners, imageFileShape } from '../shapes/image-file.ts';

export const describeImageFile: Operation<DescribeImageFileRequest, DescribeImageFileResult> = {
  accepts: ['ImageId', 'Path', 'PathBytes', 'FollowLinks', 'Sha256'],
  async run(input, context) {
    const { ImageId: imageId, FollowLinks = false, Sha256 = false } = input;
    const path = pathOf(input);
    return lookInto(context, imageId, async (tree) => {
      const file = await requiredFile(tree, imageId, path, { link: !FollowLinks });
      if (Sha256 && file.inode.kind !== 'file') {
        throw new ServiceError('InvalidParameterValue', `${path} is no regular file.`);
      }
      const attributes = await file.fileSystem.attributes(file.inode);
      const File = {
        ...(await imageFileShape(file, await FileOwners.of(tree))),
        Attributes: attributeShapes(attributes),
        ...(Sha256 && { Sha256: await sha256Of(tree, file) }),
      };
      return { File };
    });
  },
};

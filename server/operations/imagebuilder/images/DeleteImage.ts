import type {
  DeleteImageRequest,
  DeleteImageResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteBuild } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';

export const deleteImage: Operation<DeleteImageRequest, DeleteImageResponse> = {
  accepts: ['imageBuildVersionArn'],
  async run({ imageBuildVersionArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'imageBuildVersionArn', 'image', 'build');
    await catalog.write((transaction) => deleteBuild(transaction, caller, arn));
    return { requestId, imageBuildVersionArn: arn };
  },
};

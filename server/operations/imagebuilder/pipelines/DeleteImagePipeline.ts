import type {
  DeleteImagePipelineRequest,
  DeleteImagePipelineResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteNamed } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';

/** What it has begun to build goes on. */
export const deleteImagePipeline: Operation<
  DeleteImagePipelineRequest,
  DeleteImagePipelineResponse
> = {
  accepts: ['imagePipelineArn'],
  async run({ imagePipelineArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'imagePipelineArn', 'image-pipeline', 'none');
    await catalog.write((transaction) => deleteNamed(transaction, caller, 'image-pipeline', arn));
    return { requestId, imagePipelineArn: arn };
  },
};

import type {
  GetImagePipelineRequest,
  GetImagePipelineResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { pipelineShape } from '../../shapes/image-pipelines.ts';

export const getImagePipeline: Operation<GetImagePipelineRequest, GetImagePipelineResponse> = {
  accepts: ['imagePipelineArn'],
  async run({ imagePipelineArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'imagePipelineArn', 'image-pipeline', 'none');
    const imagePipeline = await catalog.read(async (reader) =>
      pipelineShape(reader, await requiredByArn(reader, caller, 'image-pipeline', arn)),
    );
    return { requestId, imagePipeline };
  },
};

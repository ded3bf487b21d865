import type {
  CreateImagePipelineRequest,
  CreateImagePipelineResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { insertNamed } from '../../../domain/imagebuilder/configurations.ts';
import { checkPipeline, scheduled } from '../../../domain/imagebuilder/pipelines.ts';
import type { Operation } from '../../operation.ts';
import { builderTags, made, ownedBy } from '../../requests/image-builder.ts';
import { pipelineOf } from '../../requests/image-pipeline.ts';

export const createImagePipeline: Operation<
  CreateImagePipelineRequest,
  CreateImagePipelineResponse
> = {
  accepts: [
    'name',
    'description',
    'imageRecipeArn',
    'infrastructureConfigurationArn',
    'distributionConfigurationArn',
    'imageTestsConfiguration',
    'enhancedImageMetadataEnabled',
    'schedule',
    'status',
    'imageTags',
    'clientToken',
    'tags',
  ],
  fixed: { 'imageScanningConfiguration.imageScanningEnabled': false },
  async run(input, context) {
    const { caller, catalog, clock, requestId } = context;
    const now = clock.now();
    const said = pipelineOf(input, input.name, now);
    const about = { ...ownedBy(context), consecutiveFailures: 0, tags: builderTags(input.tags) };
    const row = scheduled({ id: '', ...said, ...about }, now);
    const imagePipelineArn = await catalog.write((transaction) =>
      made(transaction, context, 'CreateImagePipeline', input, async () => {
        await checkPipeline(transaction, caller, row);
        return insertNamed(transaction, 'image-pipeline', row);
      }),
    );
    return { requestId, clientToken: input.clientToken, imagePipelineArn };
  },
};

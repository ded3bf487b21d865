import type {
  UpdateImagePipelineRequest,
  UpdateImagePipelineResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { changeNamed } from '../../../domain/imagebuilder/configurations.ts';
import { checkPipeline, scheduled } from '../../../domain/imagebuilder/pipelines.ts';
import type { Operation } from '../../operation.ts';
import { made } from '../../requests/image-builder.ts';
import { pipelineOf } from '../../requests/image-pipeline.ts';

/** What is left out is as in a new one; failures are counted anew. */
export const updateImagePipeline: Operation<
  UpdateImagePipelineRequest,
  UpdateImagePipelineResponse
> = {
  accepts: [
    'imagePipelineArn',
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
  ],
  fixed: { 'imageScanningConfiguration.imageScanningEnabled': false },
  async run(input, context) {
    const { caller, catalog, clock, requestId } = context;
    const { imagePipelineArn: arn } = input;
    const { slug } = parsedArn(arn, 'imagePipelineArn', 'image-pipeline', 'none');
    const now = clock.now();
    const { name: _, ...said } = pipelineOf(input, slug, now);
    const change = { ...said, updatedAt: now.toISOString(), consecutiveFailures: 0 };
    await catalog.write((transaction) =>
      made(transaction, context, 'UpdateImagePipeline', input, () =>
        changeNamed(transaction, caller, 'image-pipeline', arn, async (row) => {
          const changed = scheduled({ ...row, ...change }, now);
          await checkPipeline(transaction, caller, changed);
          return changed;
        }),
      ),
    );
    return { requestId, clientToken: input.clientToken, imagePipelineArn: arn };
  },
};

import type {
  StartImagePipelineExecutionRequest,
  StartImagePipelineExecutionResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { startPipeline } from '../../../domain/imagebuilder/pipelines.ts';
import type { Operation } from '../../operation.ts';
import { builderTags, made } from '../../requests/image-builder.ts';

export const startImagePipelineExecution: Operation<
  StartImagePipelineExecutionRequest,
  StartImagePipelineExecutionResponse
> = {
  accepts: ['imagePipelineArn', 'tags', 'clientToken'],
  async run(input, context) {
    const { caller, catalog, host, requestId, site } = context;
    const { imagePipelineArn: arn } = input;
    parsedArn(arn, 'imagePipelineArn', 'image-pipeline', 'none');
    const asked = { arn, tags: builderTags(input.tags) };
    checkDiskRoom(await host.measure(), caller.region);
    const place = { ...context, hostId: site.hostId };
    const imageBuildVersionArn = await catalog.write((transaction) =>
      made(transaction, context, 'StartImagePipelineExecution', input, async () => {
        return (await startPipeline(transaction, caller, asked, place)).id;
      }),
    );
    return { requestId, clientToken: input.clientToken, imageBuildVersionArn };
  },
};

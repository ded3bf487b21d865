import type {
  ListImagePipelineImagesRequest,
  ListImagePipelineImagesResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderFilter, builderPage } from '../../requests/image-builder.ts';
import { imageFilters, imageSummary } from '../../shapes/image-builds.ts';

const { name, version } = imageFilters;

export const listImagePipelineImages: Operation<
  ListImagePipelineImagesRequest,
  ListImagePipelineImagesResponse
> = {
  accepts: ['imagePipelineArn', 'filters', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const { imagePipelineArn: pipeline } = input;
    parsedArn(pipeline, 'imagePipelineArn', 'image-pipeline', 'none');
    const page = builderPage(input, caller, `ListImagePipelineImages ${pipeline}`);
    const matches = builderFilter(input.filters, { name, version });
    const { shown, nextToken } = await catalog.read(async (reader) => {
      await requiredByArn(reader, caller, 'image-pipeline', pipeline);
      const where = { account, region, pipeline };
      return readShownPage(reader.imageBuilds, where, page, (row) =>
        matches(row) ? imageSummary(row) : undefined,
      );
    });
    return { requestId, imageSummaryList: shown, nextToken };
  },
};

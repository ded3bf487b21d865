import type {
  ListImagePipelinesRequest,
  ListImagePipelinesResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { ImagePipelineRow } from '../../../catalog/rows/image-pipeline.ts';
import { readPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderFilter, builderPage, type FilterValues } from '../../requests/image-builder.ts';
import { pipelineShape } from '../../shapes/image-pipelines.ts';

const filters: FilterValues<ImagePipelineRow> = {
  description: (row) => row.description,
  distributionConfigurationArn: (row) => row.distributionArn,
  imageRecipeArn: (row) => row.recipeArn,
  infrastructureConfigurationArn: (row) => row.infrastructureArn,
  name: (row) => row.name,
  status: (row) => row.status,
};

export const listImagePipelines: Operation<ListImagePipelinesRequest, ListImagePipelinesResponse> =
  {
    accepts: ['filters', 'maxResults', 'nextToken'],
    async run(input, { catalog, caller, requestId }) {
      const { account, region } = caller;
      const page = builderPage(input, caller, 'ListImagePipelines');
      const matches = builderFilter(input.filters, filters);
      return catalog.read(async (reader) => {
        const where = { account, region };
        const { rows, nextToken } = await readPage(reader.imagePipelines, where, page, matches);
        const imagePipelineList = await Promise.all(rows.map((row) => pipelineShape(reader, row)));
        return { requestId, imagePipelineList, nextToken };
      });
    },
  };

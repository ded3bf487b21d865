import type {
  ListImageRecipesRequest,
  ListImageRecipesResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { ImageRecipeRow } from '../../../catalog/rows/image-recipe.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import {
  builderFilter,
  builderPage,
  type FilterValues,
  isOwnAsked,
} from '../../requests/image-builder.ts';

const filters: FilterValues<ImageRecipeRow> = {
  name: (row) => row.name,
  parentImage: (row) => row.parentImage,
  platform: () => 'Linux',
};

export const listImageRecipes: Operation<ListImageRecipesRequest, ListImageRecipesResponse> = {
  accepts: ['owner', 'filters', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const page = builderPage(input, caller, 'ListImageRecipes');
    const matches = builderFilter(input.filters, filters);
    if (!isOwnAsked(input.owner)) return { requestId, imageRecipeSummaryList: [] };
    const { shown, nextToken } = await catalog.read(({ imageRecipes }) =>
      readShownPage(imageRecipes, { account, region }, page, (row) =>
        matches(row) ? summary(row) : undefined,
      ),
    );
    return { requestId, imageRecipeSummaryList: shown, nextToken };
  },
};

function summary({ id, name, account, parentImage, createdAt, tags }: ImageRecipeRow) {
  return {
    arn: id,
    name,
    platform: 'Linux',
    owner: account,
    parentImage,
    dateCreated: createdAt,
    tags,
  };
}

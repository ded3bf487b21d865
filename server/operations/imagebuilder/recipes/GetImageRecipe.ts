import type {
  GetImageRecipeRequest,
  GetImageRecipeResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { latestReferences, parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { recipeShape } from '../../shapes/image-builder.ts';

export const getImageRecipe: Operation<GetImageRecipeRequest, GetImageRecipeResponse> = {
  accepts: ['imageRecipeArn'],
  async run({ imageRecipeArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'imageRecipeArn', 'image-recipe', 'version');
    const row = await catalog.read((reader) => requiredByArn(reader, caller, 'image-recipe', arn));
    return {
      requestId,
      imageRecipe: recipeShape(row, row),
      latestVersionReferences: latestReferences(row, 'image-recipe', row.slug, row.semanticVersion),
    };
  },
};

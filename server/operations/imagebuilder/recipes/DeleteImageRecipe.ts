import type {
  DeleteImageRecipeRequest,
  DeleteImageRecipeResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteRecipe } from '../../../domain/imagebuilder/recipes.ts';
import type { Operation } from '../../operation.ts';

export const deleteImageRecipe: Operation<DeleteImageRecipeRequest, DeleteImageRecipeResponse> = {
  accepts: ['imageRecipeArn'],
  async run({ imageRecipeArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'imageRecipeArn', 'image-recipe', 'version');
    await catalog.write((transaction) => deleteRecipe(transaction, caller, arn));
    return { requestId, imageRecipeArn: arn };
  },
};

import type {
  CreateImageRecipeRequest,
  CreateImageRecipeResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { latestReferences } from '../../../domain/imagebuilder/arns.ts';
import { insertRecipe } from '../../../domain/imagebuilder/recipes.ts';
import type { Operation } from '../../operation.ts';
import { builderTags, made, ownedBy } from '../../requests/image-builder.ts';
import { recipeOf } from '../../requests/image-recipe.ts';

export const createImageRecipe: Operation<CreateImageRecipeRequest, CreateImageRecipeResponse> = {
  accepts: [
    'name',
    'description',
    'semanticVersion',
    'components',
    'parentImage',
    'blockDeviceMappings.deviceName',
    'blockDeviceMappings.ebs',
    'blockDeviceMappings.noDevice',
    'tags',
    'workingDirectory',
    'additionalInstanceConfiguration',
    'amiTags',
    'clientToken',
  ],
  async run(input, context) {
    const { caller, clock } = context;
    const recipe = recipeOf(input);
    const asked = { ...ownedBy(context), ...recipe, tags: builderTags(input.tags) };
    const imageRecipeArn = await context.catalog.write((transaction) =>
      made(transaction, context, 'CreateImageRecipe', input, async () => {
        const { id } = await insertRecipe(transaction, caller, asked, clock.now());
        return id;
      }),
    );
    return {
      requestId: context.requestId,
      clientToken: input.clientToken,
      imageRecipeArn,
      latestVersionReferences: latestReferences(
        caller,
        'image-recipe',
        recipe.slug,
        recipe.semanticVersion,
      ),
    };
  },
};
